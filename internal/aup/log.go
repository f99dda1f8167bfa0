package aup

import (
	"context"
	"iter"
)

// A Log is an append-only sequence of events. The store's own is in bbolt; one
// that several nodes share keeps the same promises, and the view cannot tell
// which it follows. All methods are safe for concurrent use.
type Log interface {
	// Append adds events after the event expect, all or none, and returns the
	// last one's number. An event whose key is in the log already is left out,
	// one without the payload of its kind is an error.
	// When the log has grown past expect the error is ErrConflict.
	Append(ctx context.Context, expect Seq, events []Event) (Seq, error)
	// Head returns the number of the last event, 0 in an empty log.
	Head(ctx context.Context) (Seq, error)
	// Read yields the events from number from on, in order, to the end.
	Read(ctx context.Context, from Seq) iter.Seq2[Event, error]
	// Follow is Read that goes on with what is appended, until ctx ends.
	Follow(ctx context.Context, from Seq) iter.Seq2[Event, error]
}
