package cli

import (
	"fmt"
	"time"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) statsCmd() *cobra.Command {
	var since string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "stats", Short: "Count the reports, the decisions and the time they took", Args: cobra.NoArgs,
		Long: `Count what there is by state, and since a time what came in and what was
decided: by outcome, by clause, how much of it as classified, and the median
time from the recording of a report to its decision.`,
	}
	cmd.Flags().StringVar(&since, "since", "30d", "count from `TIME` on: 2026-03-31, or an age such as 7d; at most a year back")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the numbers as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		from, err := aup.ParseTime(since, time.Now())
		if err != nil {
			return usageError{fmt.Errorf("--since: %w", err)}
		}
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		s, err := b.Status(cmd.Context())
		if err != nil {
			return err
		}
		n, err := b.Numbers(cmd.Context(), from)
		if err != nil {
			return err
		}
		if asJSON {
			return a.jsonLine(struct {
				ByState map[aup.State]int `json:"by_state"`
				Urgent  int               `json:"urgent"`
				Overdue int               `json:"overdue"`
				aup.Numbers
			}{s.ByState, s.Urgent, s.Overdue, n})
		}
		a.stats(s, n)
		return nil
	})
	return cmd
}

func (a *app) stats(s aup.Status, n aup.Numbers) {
	fmt.Fprintln(a.out, "states    ", counts(s.ByState))
	fmt.Fprintf(a.out, "open       %d urgent, %d overdue\n", s.Urgent, s.Overdue)
	fmt.Fprintln(a.out, "since     ", n.Since.UTC().Format(time.RFC3339))
	fmt.Fprintf(a.out, "received   %s: %s\n", humanize.Comma(int64(n.Received)), counts(n.ByOutcome))
	fmt.Fprintf(a.out, "decided    %s, %s as classified, after a median of %s\n",
		humanize.Comma(int64(n.Decided)), share(n.AsClassified, n.Decided), median(n.Median, n.Decided))
	if len(n.Clauses) > 0 {
		fmt.Fprintln(a.out)
		t := newTable(a.out, "clause", "received", "decided", "as classified", "median")
		for _, c := range n.Clauses {
			t.AppendRow(table.Row{string(c.Clause), c.Received, c.Decided, share(c.AsClassified, c.Decided), median(c.Median, c.Decided)})
		}
		t.Render()
	}
	if len(n.Reporters) > 0 {
		fmt.Fprintln(a.out)
		t := newTable(a.out, "reporter", "reports")
		for _, r := range n.Reporters {
			t.AppendRow(table.Row{clean(r.Address), r.Reports})
		}
		t.Render()
	}
}

// share writes a part of a whole in per cent.
func share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%d %%", (100*part+whole/2)/whole)
}

func median(d time.Duration, of int) string {
	if of == 0 {
		return "–"
	}
	return d.Round(time.Second).String()
}
