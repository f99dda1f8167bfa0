package desk

import (
	"context"
	"fmt"

	"aupd/internal/aup"
)

// Search implements [aup.Searcher].
func (d *Desk) Search(ctx context.Context, q aup.Query) (aup.SearchPage, error) {
	if _, err := need(ctx, aup.RightRead); err != nil {
		return aup.SearchPage{}, err
	}
	if d.searcher == nil {
		return aup.SearchPage{}, fmt.Errorf("words are not searched here: %w", aup.ErrNotFound)
	}
	return d.searcher.Search(ctx, q)
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
