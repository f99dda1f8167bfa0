package cli

import (
	"errors"
	"fmt"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/evidence"
	"aupd/internal/ingest"

	"github.com/spf13/cobra"
)

// classified is the JSON of one classified file.
type classified struct {
	File string `json:"file"`
	aup.Verdict
}

func (a *app) classifyCmd() *cobra.Command {
	var asJSON, why bool
	cmd := &cobra.Command{
		Use: "classify FILE|DIR …", Short: "Classify mail without recording it", Args: cobra.MinimumNArgs(1),
		Example: "  aupd classify report.eml --why\n  aupd classify --json reports/ | jq -r '[.file, .primary] | @tsv'",
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a file")
	cmd.Flags().BoolVar(&why, "why", false, "print each clause's score with the words that earned it")
	cmd.MarkFlagsMutuallyExclusive("json", "why")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		p, ev, err := a.reader()
		if err != nil {
			return err
		}
		c, err := classify.NewPanel(p)
		if err != nil {
			return err
		}
		return a.eachMail(cmd, args, func(m *aup.Mail) error {
			doc := evidence.Parse(m.Raw, m.Size, ev)
			v := c.Classify(&doc)
			if asJSON {
				return a.jsonLine(classified{m.Source.Folder, v})
			}
			a.verdict(m.Source.Folder, v)
			if why {
				a.why(v.Findings, &doc, p.Policy)
				fmt.Fprintln(a.out)
			}
			return nil
		})
	})
	return cmd
}

// eachMail calls f with every message in the named files, one after the other.
// What cannot be read is named on standard error and does not stop the rest.
func (a *app) eachMail(cmd *cobra.Command, paths []string, f func(*aup.Mail) error) error {
	done, failed := 0, 0
	var last error
	for m, err := range ingest.Files(paths) {
		if err == nil {
			err = errors.Join(f(m), m.Close())
		}
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		if err != nil {
			failed++
			last = err
			a.complain(err)
			continue
		}
		done++
	}
	switch {
	case failed == 0:
		return nil
	case done == 0 && failed == 1:
		return printed{last}
	}
	return printed{errSome}
}

func (a *app) verdict(file string, v aup.Verdict) {
	ids := make([]string, len(v.Clauses))
	for i, c := range v.Clauses {
		ids[i] = string(c)
	}
	what := string(v.Outcome)
	if len(ids) > 0 {
		what += " " + strings.Join(ids, " ")
	}
	if v.Review && v.Outcome != aup.OutcomeReview {
		what += " (needs a look)"
	}
	line := clean(file) + ": " + paint(a.out, what, outcomeColour(v.Outcome))
	if v.Urgent != "" {
		line += "; urgent: " + v.Urgent
	}
	if v.Reason != "" {
		line += "; " + clean(v.Reason)
	}
	fmt.Fprintln(a.out, line)
}
