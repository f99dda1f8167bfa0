package desk_test

import (
	"context"
	"errors"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/store/storetest"
)

// everything finds every report.
type everything struct{ aup.Backlog }

func (e everything) Search(ctx context.Context, _ aup.Query) (aup.SearchPage, error) {
	page, err := e.Reports(ctx, aup.Query{})
	var out aup.SearchPage
	for _, r := range page.Reports {
		if r.Sealed && aup.Blind(ctx) {
			continue
		}
		out.Hits = append(out.Hits, aup.Hit{Report: r})
	}
	return out, err
}

func TestSearch(t *testing.T) {
	s := storetest.Open(t)
	storetest.Post(t, s, storetest.Letter{Subject: "open"}, storetest.Letter{Subject: "sealed", Sealed: true})
	d := desk.New(s, s).Searching(everything{s})
	q := aup.Query{Text: "x"}
	for _, tc := range []struct {
		ctx  context.Context
		want int
	}{{as(t, "r", aup.RoleReader), 1}, {as(t, "c", aup.RoleReader, aup.RoleCleared), 2}} {
		page, err := d.Search(tc.ctx, q)
		if err != nil || len(page.Hits) != tc.want {
			t.Errorf("%v: %d hits, %v; want %d", aup.PrincipalOf(tc.ctx).Roles, len(page.Hits), err, tc.want)
		}
		list, err := d.Reports(tc.ctx, q)
		if err != nil || len(list.Reports) != tc.want {
			t.Errorf("%v: a list of %d, %v; want %d", aup.PrincipalOf(tc.ctx).Roles, len(list.Reports), err, tc.want)
		}
	}
	if _, err := d.Search(t.Context(), q); !errors.Is(err, aup.ErrForbidden) {
		t.Errorf("a search by nobody: %v", err)
	}
	if _, err := desk.New(s, s).Search(as(t, "r", aup.RoleReader), q); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("a desk without a search: %v", err)
	}
}
