package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"aupd/internal/aup"

	"github.com/blevesearch/bleve/v2"
)

// maxFound is how many reports are ranked: nobody reads further, and a word
// that more have says nothing.
const maxFound = 5000

// step is how many of the ranked reports are asked for at once.
const step = 64

// Search implements [aup.Searcher].
func (ix *Index) Search(ctx context.Context, q aup.Query) (aup.SearchPage, error) {
	page := aup.SearchPage{Hits: []aup.Hit{}}
	req, err := parse(q.Text)
	if err != nil {
		return page, err
	}
	if req.network != "" {
		if q.Indicator != "" {
			return page, fmt.Errorf("search for the network %s with indicator:%s: one of them at a time: %w", req.network, q.Indicator, aup.ErrInvalid)
		}
		q.Indicator = req.network
	}
	if page.Behind, err = ix.behind(ctx); err != nil {
		return page, err
	}
	if len(req.groups) == 0 { // a network alone: the store knows it
		q.Text = ""
		return ix.inOrder(ctx, q, req, page)
	}
	ids, err := ix.ranked(ctx, req)
	if err != nil {
		return page, err
	}
	if q.Order == aup.OrderQueue {
		q.Among = ids
		return ix.inOrder(ctx, q, req, page)
	}
	if q.After != "" {
		i := slices.Index(ids, aup.ReportID(q.After))
		if i < 0 {
			return page, fmt.Errorf("continue after %s: it is not found any more: search anew: %w", q.After, aup.ErrConflict)
		}
		ids = ids[i+1:]
	}
	limit := q.Limit
	for len(ids) > 0 {
		chunk := ids[:min(step, len(ids))]
		ids = ids[len(chunk):]
		q.Among, q.Limit, q.After = chunk, 0, ""
		found, err := ix.store.Reports(ctx, q)
		if err != nil {
			return page, err
		}
		slices.SortFunc(found.Reports, func(a, b aup.Report) int { return cmp.Compare(slices.Index(chunk, a.ID), slices.Index(chunk, b.ID)) })
		for _, r := range found.Reports {
			hit, ok, err := ix.hit(ctx, req, r)
			if err != nil {
				return page, err
			}
			if !ok {
				continue
			}
			if limit > 0 && len(page.Hits) == limit {
				page.Next = aup.Cursor(page.Hits[limit-1].Report.ID)
				return page, nil
			}
			page.Hits = append(page.Hits, hit)
		}
	}
	return page, nil
}

// inOrder returns the page of the found reports in the order of the store.
func (ix *Index) inOrder(ctx context.Context, q aup.Query, req request, page aup.SearchPage) (aup.SearchPage, error) {
	found, err := ix.store.Reports(ctx, q)
	if err != nil {
		return page, err
	}
	for _, r := range found.Reports {
		hit, ok, err := ix.hit(ctx, req, r)
		if err != nil {
			return page, err
		}
		if ok {
			page.Hits = append(page.Hits, hit)
		}
	}
	page.Next = found.Next
	return page, nil
}

// ranked returns the reports that hold what is looked for, the best first.
func (ix *Index) ranked(ctx context.Context, req request) ([]aup.ReportID, error) {
	b, err := ix.get()
	if err != nil {
		return nil, err
	}
	find := bleve.NewSearchRequestOptions(req.query(aup.Blind(ctx)), maxFound, 0, false)
	find.SortBy([]string{"-_score", "_id"})
	res, err := b.SearchInContext(ctx, find)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	ids := make([]aup.ReportID, 0, len(res.Hits))
	for _, h := range res.Hits {
		ids = append(ids, aup.ReportID(h.ID))
	}
	return ids, nil
}

func (ix *Index) behind(ctx context.Context) (aup.Seq, error) {
	seen, err := ix.seen()
	if err != nil {
		return 0, err
	}
	head, err := ix.store.Log().Head(ctx)
	return max(head, seen) - seen, err
}

// hit looks at the text of a found report: whether words that must stand side
// by side do, and where what was looked for stands.
func (ix *Index) hit(ctx context.Context, req request, r aup.Report) (aup.Hit, bool, error) {
	t, err := ix.text(ctx, r.ID)
	if err != nil {
		return aup.Hit{}, false, err
	}
	for _, g := range req.groups {
		ok := slices.ContainsFunc(g, func(x term) bool { return !x.phrase || t.has(x) })
		if g[0].not && g[0].phrase {
			ok = !t.has(g[0])
		}
		if !ok {
			return aup.Hit{}, false, nil
		}
	}
	hit := aup.Hit{Report: r, Snippets: []aup.Snippet{}}
	if !r.Sealed {
		hit.Snippets = t.snippets(req)
	}
	return hit, true, nil
}

// has reports whether the words of a phrase stand side by side.
func (t text) has(x term) bool {
	for f, s := range t.fields {
		if (x.field == "" || x.field == f) && strings.Contains(squeeze(s), x.text) {
			return true
		}
	}
	return false
}
