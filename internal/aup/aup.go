// Package aup holds the nouns that every other package shares: a [Mail] as it
// lay in a mailbox, the [Document] that was read in it, the [Verdict] with its
// [Finding]s, the [Event]s of the log and the [Report] they add up to, the
// error kinds, and the interfaces that more than one package consumes.
//
// What goes in and comes out of each stage is a type of this package, so that
// no stage needs to import another. The package starts no goroutine, touches
// no file, and imports the standard library only.
//
// # Text and spans
//
// All text is valid UTF-8. A [Span] counts bytes of the Text of the [Part]
// that it names, half open: Start is in, End is out. All times are UTC.
package aup

import "errors"

// The kinds of error that callers act on. Wrap them with %w and say which
// thing it is about; one table maps them to an HTTP status, one to an exit
// status.
var (
	// ErrNotFound: the named report, clause, folder or file does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the thing changed since the caller looked at it.
	ErrConflict = errors.New("conflict")
	// ErrInvalid: the caller's input is wrong; the text says how to mend it.
	ErrInvalid = errors.New("invalid")
	// ErrForbidden: whoever asks has no right to it.
	ErrForbidden = errors.New("forbidden")
	// ErrBusy: another process holds the data folder.
	ErrBusy = errors.New("in use by another process")
	// ErrNewer: the stored format was written by a newer aupd.
	ErrNewer = errors.New("written by a newer version of aupd")
	// ErrDamaged: stored data does not match its own hashes.
	ErrDamaged = errors.New("damaged")
)
