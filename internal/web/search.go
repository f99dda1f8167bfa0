package web

import (
	"context"
	"net/http"
	"strings"

	"aupd/internal/aup"
)

// search finds reports by words and filters, without the queue's fields.
func (c *Console) search(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), r.URL.Query()
	f := readFilter(v, "", c.Now())
	if id, err := aup.ParseReportID(f.Text); err == nil {
		if report, err := c.Desk.Report(ctx, id); err == nil { // the id of a report needs no search
			http.Redirect(w, r, "/reports/"+string(report.ID), http.StatusSeeOther)
			return nil
		}
	}
	data := map[string]any{"Title": "Search", "Filter": f, "Words": aup.QueryWords, "Asked": f.Text != ""}
	status := http.StatusOK
	if f.Text != "" {
		var rows []row
		var page aup.Page
		rows, page, status = c.found(ctx, &f, v.Get("after"))
		data["Filter"], data["Rows"], data["Result"], data["Next"] = f, rows, page, moreOf(r.URL, page.Next)
	}
	c.render(w, r, status, "search", data)
	return nil
}

// found returns the rows that a filter selects, with where its words stand.
func (c *Console) found(ctx context.Context, f *filter, after string) ([]row, aup.Page, int) {
	if f.Query.Text == "" || f.Error != "" {
		page, status := c.list(ctx, f, after)
		return c.rows(ctx, page.Reports), page, status
	}
	q := f.Query
	q.Limit, q.After = pageSize, aup.Cursor(after)
	result, err := c.Desk.Search(ctx, q)
	if err != nil {
		return nil, aup.Page{}, c.refuse(f, err)
	}
	p, rows := c.Policy(), make([]row, 0, len(result.Hits))
	for _, h := range result.Hits {
		one := c.row(ctx, p, h.Report)
		for _, s := range h.Snippets {
			one.Snippets = append(one.Snippets, snippet{s.Field, marks(s)})
		}
		rows = append(rows, one)
	}
	return rows, aup.Page{Total: len(rows), More: result.Next != "", Next: result.Next}, http.StatusOK
}

// A snippet is a stretch of a report's text, cut where its marks begin and end.
type snippet struct {
	Field string
	Marks []mark
}

// A mark is a stretch of a snippet, Hit when it is what matches.
type mark struct {
	Text string
	Hit  bool
}

// marks takes a snippet apart; a range outside the text is left out.
func marks(s aup.Snippet) []mark {
	var out []mark
	at := 0
	add := func(to int, hit bool) {
		if to > at {
			out = append(out, mark{straight(strings.ToValidUTF8(s.Text[at:to], "")), hit})
			at = to
		}
	}
	for _, r := range s.Marks {
		if r.Start < at || r.End > len(s.Text) || r.Start > r.End {
			continue
		}
		add(r.Start, false)
		add(r.End, true)
	}
	add(len(s.Text), false)
	return out
}
