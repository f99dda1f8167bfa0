package store_test

import (
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestShelf(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	ctx, shelf := t.Context(), s.Shelf()
	if items, err := shelf.List(ctx, "filters"); err != nil || len(items) != 0 {
		t.Errorf("a shelf that nothing was put on: %v, %v", items, err)
	}
	if err := shelf.Delete(ctx, "filters", "b"); err != nil {
		t.Errorf("delete what is not there: %v", err)
	}
	for _, it := range []aup.ShelfItem{{Key: "b", Value: []byte("1")}, {Key: "a", Value: []byte("2")}, {Key: "b", Value: []byte("3")}, {Key: "empty", Value: []byte{}}} {
		if err := shelf.Put(ctx, "filters", it.Key, it.Value); err != nil {
			t.Fatal(err)
		}
	}
	if err := shelf.Put(ctx, "users", "b", []byte("another shelf")); err != nil {
		t.Fatal(err)
	}
	want := []aup.ShelfItem{{Key: "a", Value: []byte("2")}, {Key: "b", Value: []byte("3")}, {Key: "empty", Value: []byte{}}}
	got, err := shelf.List(ctx, "filters")
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v, on the shelf (-want +got):\n%s", err, d)
	}
	if v, err := shelf.Get(ctx, "filters", "b"); err != nil || string(v) != "3" {
		t.Errorf("b is %q, %v", v, err)
	}
	if err := shelf.Delete(ctx, "filters", "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := shelf.Get(ctx, "filters", "b"); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("what was deleted: %v", err)
	}
	if _, err := shelf.Get(ctx, "none", "b"); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("on no shelf: %v", err)
	}
	if _, err := s.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := shelf.Get(ctx, "users", "b"); err != nil || string(v) != "another shelf" {
		t.Errorf("after a rebuild: %q, %v", v, err)
	}
}

func TestShelfBounds(t *testing.T) {
	now := at
	shelf := openDesk(t, &now).Shelf()
	for name, it := range map[string]struct{ shelf, key, value string }{
		"no shelf":       {"", "k", "v"},
		"no key":         {"s", "", "v"},
		"a long key":     {"s", strings.Repeat("k", 256), "v"},
		"a value of 1 M": {"s", "k", strings.Repeat("v", 1<<20+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := shelf.Put(t.Context(), it.shelf, it.key, []byte(it.value)); !errors.Is(err, aup.ErrInvalid) {
				t.Errorf("Put: %v", err)
			}
		})
	}
}
