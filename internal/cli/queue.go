package cli

import (
	"fmt"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

func (a *app) queueCmd() *cobra.Command {
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "queue", Short: "List the open reports in the order to work on them", Args: cobra.NoArgs,
		Long: `List the open reports in the order to work on them: urgent ones first, then by
priority, then by deadline, then by age.

` + filterHelp,
	}
	flags := a.queryFlags(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "show at most `N`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usageError{fmt.Errorf("--limit %d: want 1 or more", limit)}
		}
		b, q, err := a.openQuery(cmd.Context(), flags, readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		q.Order, q.Limit = aup.OrderQueue, limit
		page, err := b.Reports(cmd.Context(), q)
		if err != nil {
			return err
		}
		return a.queue(page, asJSON)
	})
	return cmd
}

func (a *app) queue(page aup.Page, asJSON bool) error {
	if asJSON {
		return printLines(a, page.Reports)
	}
	if len(page.Reports) == 0 {
		fmt.Fprintln(a.out, "Nothing waits.")
		return nil
	}
	now := time.Now()
	var rows []table.Row
	for _, r := range page.Reports {
		state := string(r.StateAt(now))
		if by := r.ClaimedBy(now); by != "" {
			state += " by " + clean(by)
		}
		severity := string(r.Severity)
		if r.Urgent != "" {
			severity = paint(a.out, "urgent", text.Bold, text.FgRed)
		}
		if r.Priority != aup.PriorityNormal {
			severity += ", " + string(r.Priority) + " priority"
		}
		rows = append(rows, table.Row{string(r.ID), a.due(r.Due, now), severity, state, clausesOf(r), subjectOf(r)})
	}
	a.listing([]column{{"id", 0}, {"due", 60}, {"severity", 0}, {"state", 80}, {"clauses", 70}, {"subject", 0}}, rows)
	if page.Next != "" {
		fmt.Fprintf(a.err, "%d of %d open reports: see --limit.\n", len(page.Reports), page.Total)
	}
	return nil
}

// due writes a deadline, marked where it has passed.
func (a *app) due(due, now time.Time) string {
	switch {
	case due.IsZero():
		return "–"
	case due.Before(now):
		return paint(a.out, humanize.RelTime(due, now, "late", ""), text.FgRed)
	}
	return "in " + humanize.RelTime(due, now, "", "")
}

func (a *app) nextCmd() *cobra.Command {
	var length time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "next", Short: "Claim the next free report of the queue and show it", Args: cobra.NoArgs,
		Long: `Claim the next free report of the queue and show it: one that is new, and
assigned to nobody else. Two who ask at the same time get different ones. When
none is free the exit status is 3.

` + filterHelp,
		Example: "  aupd next --severity high --for 1h",
	}
	flags := a.queryFlags(cmd)
	cmd.Flags().DurationVar(&length, "for", 0, "how long the claim lasts, such as 2h (default 30m)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report and its document as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		end, err := until(length)
		if err != nil {
			return err
		}
		cfg, err := a.config()
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		b, q, err := a.openQuery(ctx, flags, readWrite)
		if err != nil {
			return err
		}
		defer b.Close()
		r, err := desk.Next(ctx, b, b, q, end)
		if err != nil {
			return err
		}
		if err := b.opened(ctx, r); err != nil {
			return err
		}
		return a.display(ctx, cfg, b, r, false, asJSON)
	})
	return cmd
}
