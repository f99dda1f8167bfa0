package cli

import (
	"context"
	"fmt"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

func (a *app) listCmd() *cobra.Command {
	var (
		limit       int
		all, asJSON bool
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List the reports, newest first", Args: cobra.NoArgs,
		Long: "List the reports, newest first.\n\n" + filterHelp,
		Example: `  aupd list --clause 4 --since 24h
  aupd list -q "state:open indicator:203.0.113.0/24"
  aupd list --outcome review --json --all | jq -r .subject`,
	}
	flags := a.queryFlags(cmd)
	f := cmd.Flags()
	f.IntVar(&limit, "limit", 50, "show at most `N`")
	f.BoolVar(&all, "all", false, "no limit")
	f.BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usageError{fmt.Errorf("--limit %d: want 1 or more, or --all", limit)}
		}
		b, q, err := a.openQuery(cmd.Context(), flags, readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		q.Limit = limit
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
