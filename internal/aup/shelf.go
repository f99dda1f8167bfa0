package aup

import "context"

// A Shelf keeps small things beside the log: saved filters, users, sessions.
// What is on it is no fact about a report, changes nothing in the view, and
// stays on the node that it was put on. Each named shelf holds values by key.
// All methods are safe for concurrent use.
type Shelf interface {
	// Get returns a copy of what is kept under key; ErrNotFound for nothing.
	Get(ctx context.Context, shelf, key string) ([]byte, error)
	// Put keeps value under key, in place of what was there. Names of shelves
	// and keys have 1 to 255 bytes, values up to 1 MiB; else ErrInvalid.
	Put(ctx context.Context, shelf, key string, value []byte) error
	// Delete removes what is kept under key; nothing there is no error.
	Delete(ctx context.Context, shelf, key string) error
	// List returns copies of all that is on a shelf, in the order of the keys'
	// bytes; none for a shelf that nothing was put on.
	List(ctx context.Context, shelf string) ([]ShelfItem, error)
}

// A ShelfItem is one thing on a shelf.
type ShelfItem struct {
	Key   string
	Value []byte
}
