package cli

import (
	"encoding/csv"
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
		Use: "eval DIR", Short: "Measure the classifier on a folder of labelled mail", Args: cobra.ExactArgs(1),
		Long: `Classify the .eml files of DIR that its labels.tsv names (tab-separated, with the
columns file, primary, required and acceptable) and compare. Printed are the
accuracy of the primary clause, precision, recall and F1 by clause, how reliable
the scores are, what is taken for what, and the surest misses with their reasons.`,
	}
	asJSON := cmd.Flags().Bool("json", false, "print the result as one JSON object")
	cmd.RunE = run(func(_ *cobra.Command, args []string) error {
		p, ev, err := a.reader()
		if err != nil {
			return err
		}
		result, err := evaluate(p, ev, args[0])
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
