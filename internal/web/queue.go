package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/policy"
)

// pageSize is how many reports a page of the queue holds: what loads at once
// on a bad line and is still scrolled through in a moment.
const pageSize = 50

// outcomes are the outcomes in the order of their weight.
var outcomes = []aup.Outcome{aup.OutcomeViolation, aup.OutcomeReview, aup.OutcomeException, aup.OutcomeNone}

// A row is a report in a list, as whoever asks may see it.
type row struct {
	aup.Report
	Title    string // of the primary clause
	State    aup.State
	Holder   string // who works on it
	Overdue  bool
	Snippets []snippet
	Why      string      // it is in this list
	About    []aup.Trace // whom it is about, the first of them
	More     int         // how many there are beside About
}

// maxAbout is how many of those that a report is about a line names.
const maxAbout = 2

// Sure says how sure the classifier is of a clause, empty when it is not at all.
func (r row) Sure(id aup.ClauseID) string {
	for _, f := range r.Findings {
		if f.Clause == id {
			return inPercent(f.Score)
		}
	}
	return ""
}

func (c *Console) row(ctx context.Context, p *policy.Policy, r aup.Report) row {
	now := c.Now()
	r = seal(ctx, r)
	clause, _ := p.Clause(r.Primary)
	about := r.Suspects()
	named := min(len(about), maxAbout)
	return row{
		Report: r, Title: clause.Title, State: r.StateAt(now), Holder: r.ClaimedBy(now),
		Overdue: !r.Due.IsZero() && r.Due.Before(now), About: about[:named], More: len(about) - named,
	}
}

func (c *Console) rows(ctx context.Context, reports []aup.Report) []row {
	p, out := c.Policy(), make([]row, 0, len(reports))
	for _, r := range reports {
		out = append(out, c.row(ctx, p, r))
	}
	return out
}

func (c *Console) queue(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), r.URL.Query()
	f := readFilter(v, toDo, c.Now())
	if v.Has("was") { // one address for one query, to be kept and passed on
		http.Redirect(w, r, "/queue?"+url.Values{"q": {f.Text}}.Encode(), http.StatusSeeOther)
		return nil
	}
	page, status := c.list(ctx, &f, v.Get("after"))
	stats, err := c.Desk.Status(ctx)
	if err != nil {
		return err
	}
	var saved []desk.Filter
	if c.Filters.Shelf != nil {
		if saved, err = c.Filters.List(ctx); err != nil {
			return err
		}
	}
	me := aup.PrincipalOf(ctx)
	c.render(w, r, status, "queue", map[string]any{
		"Title": "Queue", "Filter": f, "Saved": saved, "Keeps": c.Filters.Shelf != nil, "Quick": quicks(f.Text, me.Name), "Rows": c.rows(ctx, page.Reports),
		"Result": page, "First": v.Get("after") == "", "Next": moreOf(r.URL, page.Next),
		"Clauses": c.Policy().Clauses, "Outcomes": outcomes, "States": append([]aup.State{aup.StateOpen}, aup.States...),
		"Severities": aup.Severities, "Mailboxes": mailboxNames(stats), "Any": stats.Reports > 0,
		"Words": aup.QueryWords, "Bulk": me.May(aup.RightBulk), "MayAct": me.May(aup.RightTriage), "Key": newKey(),
	})
	return nil
}

// list returns the page that a filter selects. What cannot be answered is told
// in the filter, and the page is empty.
func (c *Console) list(ctx context.Context, f *filter, after string) (aup.Page, int) {
	if f.Error != "" {
		return aup.Page{}, http.StatusUnprocessableEntity
	}
	q := f.Query
	q.Limit, q.After = pageSize, aup.Cursor(after)
	page, err := c.Desk.Reports(ctx, q)
	if err != nil {
		return aup.Page{}, c.refuse(f, err)
	}
	return page, http.StatusOK
}

// refuse tells in the filter why it was not answered, and returns the status.
func (c *Console) refuse(f *filter, err error) int {
	status, _ := statusOf(err)
	if f.Error = plain(err); status == http.StatusInternalServerError {
		c.Log.Error("list", "err", err)
	}
	return status
}

// moreOf returns the address of the page behind u's, empty at the end.
func moreOf(u *url.URL, next aup.Cursor) string {
	if next == "" {
		return ""
	}
	q := u.Query()
	q.Set("after", string(next))
	q.Del("done")
	q.Del("undone")
	return u.Path + "?" + q.Encode()
}

func mailboxNames(s aup.Status) []string {
	var out []string
	for _, f := range s.Folders {
		if len(out) == 0 || out[len(out)-1] != f.Mailbox {
			out = append(out, f.Mailbox)
		}
	}
	return out
}

// total says how many reports a page is of.
func total(p aup.Page) string {
	switch {
	case p.More:
		return fmt.Sprintf("more than %d reports", p.Total)
	case p.Total == 1:
		return "1 report"
	}
	return fmt.Sprintf("%s reports", thousands(p.Total))
}
