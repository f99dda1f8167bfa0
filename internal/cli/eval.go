package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/evidence"
	"aupd/internal/policy"

	"github.com/spf13/cobra"
)

func (a *app) evalCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "eval DIR", Short: "Measure the classifier on labelled mail, or on what was decided", Args: cobra.MaximumNArgs(1),
		Long: `Classify the .eml files of DIR that its labels.tsv names (tab-separated, with
the columns file, primary, required and acceptable) and compare. With --history
the recorded findings are compared with the decisions instead. Printed are the
accuracy of the primary clause, precision, recall and F1 by clause, how reliable
the scores are, what is taken for what, and the surest misses with their
reasons.`,
	}
	history := cmd.Flags().Bool("history", false, "compare what was found with what was decided")
	asJSON := cmd.Flags().Bool("json", false, "print the result as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		if *history == (len(args) == 1) {
			return usageError{errors.New("eval: name a folder of labelled mail, or use --history")}
		}
		result, err := a.eval(cmd.Context(), args)
		if err != nil {
			return err
		}
		if *asJSON {
			return a.jsonLine(result)
		}
		return result.Print(a.out)
	})
	return cmd
}

func (a *app) eval(ctx context.Context, args []string) (classify.Eval, error) {
	if len(args) == 0 {
		return a.evalHistory(ctx)
	}
	p, ev, err := a.reader()
	if err != nil {
		return classify.Eval{}, err
	}
	return evaluate(p, ev, args[0])
}

// evalHistory compares what was found in the reports with what was decided.
func (a *app) evalHistory(ctx context.Context) (classify.Eval, error) {
	b, err := a.open(ctx, readOnly)
	if err != nil {
		return classify.Eval{}, err
	}
	defer b.Close()
	var labels []classify.Label
	var verdicts []aup.Verdict
	q := aup.Query{Limit: listPage}
	for {
		page, err := b.Reports(ctx, q)
		if err != nil {
			return classify.Eval{}, err
		}
		for _, r := range page.Reports {
			if r.Decision == nil {
				continue
			}
			labels = append(labels, labelOf(r))
			verdicts = append(verdicts, aup.Verdict{Outcome: r.Outcome, Primary: r.Primary, Clauses: r.Clauses, Review: r.Review, Findings: r.Findings})
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(labels) == 0 {
		return classify.Eval{}, fmt.Errorf("no report has been decided on yet: %w", aup.ErrNotFound)
	}
	return classify.Evaluate(labels, verdicts), nil
}

// labelOf is the label that a decision gives.
func labelOf(r aup.Report) classify.Label {
	l := classify.Label{File: string(r.ID), Primary: aup.None}
	for _, pin := range r.Decision.Clauses {
		l.Required = append(l.Required, pin.Clause)
	}
	if len(l.Required) > 0 {
		l.Primary = l.Required[0]
	}
	return l
}

func evaluate(p *policy.Set, ev evidence.Options, dir string) (classify.Eval, error) {
	c, err := classify.NewPanel(p)
	if err != nil {
		return classify.Eval{}, err
	}
	labels, err := readLabels(filepath.Join(dir, "labels.tsv"))
	if err != nil {
		return classify.Eval{}, err
	}
	verdicts := make([]aup.Verdict, len(labels))
	for i, l := range labels {
		if verdicts[i], err = classifyFile(c, ev, filepath.Join(dir, l.File)); err != nil {
			return classify.Eval{}, err
		}
	}
	return classify.Evaluate(labels, verdicts), nil
}

func classifyFile(c *classify.Panel, ev evidence.Options, path string) (aup.Verdict, error) {
	f, err := os.Open(path)
	if err != nil {
		return aup.Verdict{}, noFile(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return aup.Verdict{}, err
	}
	doc := evidence.Parse(f, info.Size(), ev)
	return c.Classify(&doc), nil
}

// readLabels reads a labels.tsv.
func readLabels(path string) ([]classify.Label, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, noFile(path, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: want a header row with file, primary, required and acceptable: %w", path, err)
	}
	column := make(map[string]int)
	for i, name := range head {
		column[name] = i
	}
	for _, need := range []string{"file", "primary", "required", "acceptable"} {
		if _, ok := column[need]; !ok {
			return nil, fmt.Errorf("%s: the header row lacks the column %s: %w", path, need, aup.ErrInvalid)
		}
	}
	var out []classify.Label
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, classify.Label{
			File: row[column["file"]], Primary: aup.ClauseID(row[column["primary"]]),
			Required: clauseList(row[column["required"]]), Acceptable: clauseList(row[column["acceptable"]]),
		})
	}
}

func clauseList(s string) []aup.ClauseID {
	var out []aup.ClauseID
	for id := range strings.SplitSeq(s, ",") {
		if id = strings.TrimSpace(id); id != "" {
			out = append(out, aup.ClauseID(id))
		}
	}
	return out
}
