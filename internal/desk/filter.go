package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"
)

// A Filter is a query that is kept under a name, in the filter language.
type Filter struct {
	Name   string `json:"name"` // of a-z, 0-9 and -
	Query  string `json:"query"`
	Shared bool   `json:"shared,omitempty"` // everybody sees it; otherwise its owner alone
	By     string `json:"by,omitempty"`     // who saved it
}

// Filters are the saved filters on a shelf, each call by the principal of its
// context: their own, and those that are shared.
type Filters struct{ Shelf aup.Shelf }

// The shelf of the shared filters; that of a user's own has the user's name
// behind a slash.
const filterShelf = "filters"

const (
	maxFilterName = 40
	// maxFilters keeps a list that is read as a whole short.
	maxFilters = 200
)

// ownShelf returns the name of the shelf that a principal's filters are on.
func ownShelf(p aup.Principal, shared bool) string {
	if shared {
		return filterShelf
	}
	return filterShelf + "/" + p.Name
}

// List returns the filters that the principal of ctx may use: their own, by
// name, then the shared ones.
func (f Filters) List(ctx context.Context) ([]Filter, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return nil, err
	}
	out := []Filter{}
	for _, shared := range []bool{false, true} {
		items, err := f.Shelf.List(ctx, ownShelf(p, shared))
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			one, err := decodeFilter(it.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// Find returns the filter with that name, the principal's own before a shared
// one; ErrNotFound for none.
func (f Filters) Find(ctx context.Context, name string) (Filter, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return Filter{}, err
	}
	value, err := f.Shelf.Get(ctx, ownShelf(p, false), name)
	if errors.Is(err, aup.ErrNotFound) {
		value, err = f.Shelf.Get(ctx, ownShelf(p, true), name)
	}
	if err != nil {
		return Filter{}, fmt.Errorf("saved filter: %w", err)
	}
	return decodeFilter(value)
}

// Save keeps one in place of what had its name, and returns it. A shared one
// needs the right to triage; what is wrong with it is ErrInvalid.
func (f Filters) Save(ctx context.Context, one Filter) (Filter, error) {
	p, err := filterRight(ctx, one.Shared)
	if err != nil {
		return one, err
	}
	if err := one.check(); err != nil {
		return one, err
	}
	shelf := ownShelf(p, one.Shared)
	items, err := f.Shelf.List(ctx, shelf)
	if err != nil {
		return one, err
	}
	if len(items) >= maxFilters && !slices.ContainsFunc(items, func(it aup.ShelfItem) bool { return it.Key == one.Name }) {
		return one, fmt.Errorf("filter %s: there are %d already: delete some first: %w", one.Name, len(items), aup.ErrConflict)
	}
	one.By = p.Name
	value, err := json.Marshal(one)
	if err != nil {
		return one, err
	}
	return one, f.Shelf.Put(ctx, shelf, one.Name, value)
}

// Delete removes the filter with that name, the shared one if shared is set.
// ErrNotFound when there is none.
func (f Filters) Delete(ctx context.Context, name string, shared bool) error {
	p, err := filterRight(ctx, shared)
	if err != nil {
		return err
	}
	if _, err := f.Shelf.Get(ctx, ownShelf(p, shared), name); err != nil {
		return fmt.Errorf("saved filter: %w", err)
	}
	return f.Shelf.Delete(ctx, ownShelf(p, shared), name)
}

func filterRight(ctx context.Context, shared bool) (aup.Principal, error) {
	if shared {
		return need(ctx, aup.RightTriage)
	}
	return need(ctx, aup.RightRead)
}

func (f Filter) check() error {
	bad := strings.IndexFunc(f.Name, func(c rune) bool { return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') })
	if f.Name == "" || len(f.Name) > maxFilterName || bad >= 0 {
		return fmt.Errorf("filter name %q: want up to %d of a-z, 0-9 and -: %w", f.Name, maxFilterName, aup.ErrInvalid)
	}
	if strings.TrimSpace(f.Query) == "" {
		return fmt.Errorf("filter %s: its query is empty: %w", f.Name, aup.ErrInvalid)
	}
	if _, err := aup.ParseQuery(f.Query, time.Now()); err != nil {
		return fmt.Errorf("filter %s: %w", f.Name, err)
	}
	return nil
}

func decodeFilter(value []byte) (f Filter, err error) {
	if err := json.Unmarshal(value, &f); err != nil {
		return f, fmt.Errorf("saved filter: %v: %w", err, aup.ErrDamaged)
	}
	return f, nil
}
