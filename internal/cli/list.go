package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

func (a *app) listCmd() *cobra.Command {
	var (
		q            aup.Query
		since, until string
		all, asJSON  bool
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List the reports, newest first", Args: cobra.NoArgs,
		Example: "  aupd list --clause 4 --since 24h\n  aupd list --outcome review --json --all | jq -r .subject",
	}
	f := cmd.Flags()
	f.StringVar((*string)(&q.Clause), "clause", "", "only reports with this `CLAUSE`; a group such as 1 matches its details")
	f.StringVar((*string)(&q.Outcome), "outcome", "", "only this `OUTCOME`: violation, exception, none or review")
	f.StringVar(&q.Mailbox, "mailbox", "", "only from this mailbox, by its configured `NAME`")
	f.StringVar(&since, "since", "", "recorded at or after `TIME`: 2026-03-31, 2026-03-31T14:00:00Z, or an age such as 36h or 7d")
	f.StringVar(&until, "until", "", "recorded before `TIME`")
	f.IntVar(&q.Limit, "limit", 50, "show at most `N`")
	f.BoolVar(&all, "all", false, "no limit")
	f.BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		if err := checkOutcome(q.Outcome); err != nil {
			return err
		}
		if q.Limit < 1 {
			return usageError{fmt.Errorf("--limit %d: want 1 or more, or --all", q.Limit)}
		}
		var err error
		if q.Since, err = parseTime("--since", since); err != nil {
			return err
		}
		if q.Until, err = parseTime("--until", until); err != nil {
			return err
		}
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		return a.list(cmd.Context(), b, q, all, asJSON)
	})
	return cmd
}

// listPage is how many reports are asked for at once: a page fits in memory
// however long the backlog is.
const listPage = 500

func (a *app) list(ctx context.Context, b *backend, q aup.Query, all, asJSON bool) error {
	left, shown := q.Limit, 0
	t := newReportTable(a)
	for {
		q.Limit = listPage
		if !all {
			q.Limit = min(left, listPage)
		}
		page, err := b.Reports(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Reports {
			if asJSON {
				if err := a.jsonLine(r); err != nil {
					return err
				}
				continue
			}
			t.add(r)
		}
		shown += len(page.Reports)
		left -= len(page.Reports)
		q.After = page.Next
		if page.Next == "" || !all && left <= 0 {
			break
		}
	}
	if asJSON {
		return nil
	}
	if shown == 0 {
		fmt.Fprintln(a.out, "No report matches.")
		return nil
	}
	t.render()
	if q.After != "" {
		fmt.Fprintf(a.err, "More than %d match: see --limit and --all.\n", shown)
	}
	return nil
}

func checkOutcome(o aup.Outcome) error {
	switch o {
	case "", aup.OutcomeViolation, aup.OutcomeException, aup.OutcomeNone, aup.OutcomeReview:
		return nil
	}
	return usageError{fmt.Errorf("--outcome %q: want violation, exception, none or review", o)}
}

// parseTime reads a time as an operator writes one: a day, a time of RFC 3339,
// or an age. Empty is the zero time.
func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	age := s
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.ParseFloat(n, 64); err == nil {
			age = fmt.Sprintf("%gh", days*24)
		}
	}
	d, err := time.ParseDuration(age)
	if err != nil || d < 0 {
		return time.Time{}, usageError{fmt.Errorf("%s %q: want a day (2026-03-31), a time (2026-03-31T14:00:00Z) or an age (36h, 7d)", flag, s)}
	}
	return time.Now().Add(-d).UTC(), nil
}
