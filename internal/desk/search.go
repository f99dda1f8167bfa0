package desk

import (
	"context"
	"fmt"
	"slices"

	"aupd/internal/aup"
)

// Search implements [aup.Searcher]. A sealed report is found by those alone who
// are cleared: that a word is in it is content.
func (d *Desk) Search(ctx context.Context, q aup.Query) (aup.SearchPage, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return aup.SearchPage{}, err
	}
	if d.searcher == nil {
		return aup.SearchPage{}, fmt.Errorf("words are not searched here: %w", aup.ErrNotFound)
	}
	page, err := d.searcher.Search(ctx, q)
	if !p.May(aup.RightContent) {
		page.Hits = slices.DeleteFunc(page.Hits, func(h aup.Hit) bool { return h.Report.Sealed })
	}
	return page, err
}

// found returns what a search finds as a page of reports.
func (d *Desk) found(ctx context.Context, q aup.Query) (aup.Page, error) {
	found, err := d.Search(ctx, q)
	page := aup.Page{Reports: make([]aup.Report, len(found.Hits)), Next: found.Next, Total: len(found.Hits), More: found.Next != ""}
	for i, h := range found.Hits {
		page.Reports[i] = h.Report
	}
	return page, err
}
