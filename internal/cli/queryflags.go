package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"

	"github.com/spf13/cobra"
)

// filterHelp is the filter language in short, for the help of every command
// that selects reports.
const filterHelp = `Reports are selected by flags, by words in the filter language (-q), by a saved
filter (--filter), or all of them, each narrowing down the ones before. The
words are name:value, quoted where a value has spaces:

  clause:1.5 outcome:review state:open severity:high urgent:yes mailbox:support
  reporter:example.org language:de indicator:203.0.113.0/24 assignee:ann
  priority:high case:c-7k3m-9qxt-2fhc since:7d until:2026-03-31 order:queue
  tag:seen

A group of clauses matches its details, a network the addresses in it, a domain
its subdomains.`

// filters are the saved filters: a shelf's, or the running daemon's.
type filters interface {
	List(ctx context.Context) ([]desk.Filter, error)
	Find(ctx context.Context, name string) (desk.Filter, error)
	Save(ctx context.Context, one desk.Filter) (desk.Filter, error)
	Delete(ctx context.Context, name string, shared bool) error
}

// queryFlags are the flags by which a command selects reports.
type queryFlags struct {
	words, saved string
	urgent       bool
	values       map[string]*string // by the name of the filter language
}

func (a *app) queryFlags(cmd *cobra.Command) *queryFlags {
	q := &queryFlags{values: make(map[string]*string)}
	f := cmd.Flags()
	f.StringVarP(&q.words, "query", "q", "", "`WORDS` in the filter language")
	f.StringVar(&q.saved, "filter", "", "the saved filter with this `NAME`")
	f.BoolVar(&q.urgent, "urgent", false, "only urgent ones")
	for _, w := range [][2]string{
		{"clause", "only reports with this `CLAUSE`; a group such as 1 matches its details"},
		{"outcome", "only this `OUTCOME`: violation, exception, none or review"},
		{"state", "only in this `STATE`: new, claimed, waiting, decided, closed, or open for the first three"},
		{"severity", "only of this `SEVERITY`: critical, high, medium or low"},
		{"mailbox", "only from this mailbox, by its configured `NAME`"},
		{"reporter", "only by this `SENDER`: a mail address, or a domain"},
		{"language", "only in this `LANGUAGE`, such as de"},
		{"indicator", "only with this `VALUE`: an address, a network, a domain with its subdomains, a URL"},
		{"assignee", "only assigned to this `NAME`"},
		{"tag", "only with this `TAG`"},
		{"priority", "only of this `PRIORITY`: high or low"},
		{"case", "only in this `CASE`"},
		{"since", "recorded at or after `TIME`: 2026-03-31, 2026-03-31T14:00:00Z, or an age such as 36h or 7d"},
		{"until", "recorded before `TIME`"},
	} {
		q.values[w[0]] = f.String(w[0], "", w[1])
	}
	return q
}

// openQuery opens the backlog and reads the flags; what is wrong with those is
// told before anything is opened.
func (a *app) openQuery(ctx context.Context, flags *queryFlags, how opening) (*backend, aup.Query, error) {
	q, err := flags.query("")
	if err != nil {
		return nil, q, err
	}
	b, err := a.open(ctx, how)
	if err != nil || flags.saved == "" {
		return b, q, err
	}
	f, err := b.filters.Find(ctx, flags.saved)
	if err == nil {
		q, err = flags.query(f.Query)
	}
	if err != nil {
		b.Close()
	}
	return b, q, err
}

// query returns the query that a saved one and the flags make.
func (f *queryFlags) query(saved string) (aup.Query, error) {
	now := time.Now()
	q, err := parseWords(saved + " " + f.words)
	if err != nil {
		return q, err
	}
	for _, name := range aup.QueryWords {
		value := f.values[name]
		if value == nil || *value == "" {
			continue
		}
		err := q.Set(name, *value, now)
		if err == nil {
			err = q.Check()
		}
		if err != nil {
			return q, usageError{fmt.Errorf("--%s: %s", name, strings.TrimPrefix(err.Error(), name+":"+*value+": "))}
		}
	}
	q.Urgent = q.Urgent || f.urgent
	return q, nil
}

// parseWords reads the filter language.
func parseWords(words string) (aup.Query, error) {
	q, err := aup.ParseQuery(words, time.Now())
	if err != nil {
		return q, usageError{err}
	}
	return q, nil
}
