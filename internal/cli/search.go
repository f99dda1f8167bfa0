package cli

import (
	"fmt"
	"strings"
	"time"

	"aupd/internal/aup"
	"aupd/internal/search"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

func (a *app) searchCmd() *cobra.Command {
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "search QUERY …", Short: "Find reports by the words in them", Args: cobra.MinimumNArgs(1),
		Long:    search.Help,
		Example: "  aupd search invoice '\"change of bank\"' since:7d\n  aupd search 203.0.113.0/24 state:open",
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "show at most `N`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line: the report and where the words stand")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		if limit < 1 {
			return usageError{fmt.Errorf("--limit %d: want 1 or more", limit)}
		}
		q, err := aup.ParseQuery(strings.Join(args, " "), time.Now())
		if err != nil {
			return err
		}
		q.Limit = limit
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		find, err := b.searcher(cmd.Context())
		if err != nil {
			return err
		}
		page, err := find.Search(cmd.Context(), q)
		if err != nil {
			return err
		}
		return a.found(page, asJSON)
	})
	return cmd
}

func (a *app) found(page aup.SearchPage, asJSON bool) error {
	for _, h := range page.Hits {
		if asJSON {
			if err := a.jsonLine(h); err != nil {
				return err
			}
			continue
		}
		a.hit(h)
	}
	if page.Behind > 0 {
		fmt.Fprintf(a.err, "The search is %d events behind: what came just now may be missing.\n", page.Behind)
	}
	switch {
	case asJSON:
	case len(page.Hits) == 0:
		fmt.Fprintln(a.out, "No report matches.")
	case page.Next != "":
		fmt.Fprintf(a.err, "More than %d match: see --limit.\n", len(page.Hits))
	}
	return nil
}

func (a *app) hit(h aup.Hit) {
	r := h.Report
	ids := make([]string, len(r.Clauses))
	for i, c := range r.Clauses {
		ids[i] = string(c)
	}
	at, verdict := r.Received.Local().Format("2006-01-02 15:04"), strings.TrimSpace(string(r.Outcome)+" "+strings.Join(ids, " "))
	subject := subjectOf(r)
	if width, tty := terminal(a.out); tty {
		subject = fit(subject, max(width-len(r.ID)-len(at)-len(verdict)-6, leastSubject))
	}
	fmt.Fprintf(a.out, "%s  %s  %s  %s\n", paint(a.out, string(r.ID), text.Bold), at, paint(a.out, verdict, outcomeColour(r.Outcome)), subject)
	for _, s := range h.Snippets {
		var b strings.Builder
		at := 0
		for _, m := range s.Marks {
			b.WriteString(clean(s.Text[at:m.Start]) + paint(a.out, clean(s.Text[m.Start:m.End]), text.Bold, text.FgYellow))
			at = m.End
		}
		fmt.Fprintf(a.out, "    %-9s %s\n", s.Field+":", b.String()+clean(s.Text[at:]))
	}
}
