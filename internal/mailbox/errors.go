package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"aupd/internal/aup"

	"github.com/emersion/go-imap/v2"
)

// A Kind says what sort of thing went wrong, for counting and for how long to
// wait.
type Kind string

// The kinds of error.
const (
	KindDial     Kind = "dial"     // no connection, or no greeting
	KindTLS      Kind = "tls"      // no trust in the connection
	KindAuth     Kind = "auth"     // the server refused the sign-in
	KindFolder   Kind = "folder"   // the folder cannot be opened
	KindServer   Kind = "server"   // the server refuses or cuts the work
	KindTimeout  Kind = "timeout"  // the server is silent or too slow
	KindProtocol Kind = "protocol" // the server says what cannot be read
	KindEpoch    Kind = "epoch"    // UIDVALIDITY is missing or changes too often
	KindStore    Kind = "store"    // what was read could not be recorded
)

// An Error says where and at what a mailbox failed, on one line, with the mend
// where there is one.
type Error struct {
	Mailbox, Folder, Host string
	Doing                 string // the step: "sign in", "list messages"
	Kind                  Kind
	Mend                  string // what the operator can do; may be empty
	Err                   error
}

// maxSaid bounds what an error holds of a server's words, in bytes.
const maxSaid = 1000

// Error returns the error on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mailbox %s", e.Mailbox)
	if e.Folder != "" {
		fmt.Fprintf(&b, ", folder %s", e.Folder)
	}
	fmt.Fprintf(&b, " on %s: %s: %s", e.Host, e.Doing, cut(fmt.Sprint(e.Err), maxSaid))
	if e.Mend != "" {
		b.WriteString("; " + cut(e.Mend, maxSaid))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// cut returns s as valid UTF-8 of at most so many bytes.
func cut(s string, most int) string { return strings.ToValidUTF8(s[:min(len(s), most)], "") }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// slow reports whether trying again soon would do harm: lock-out, throttling.
func (e *Error) slow() bool {
	switch e.Kind {
	case KindAuth, KindEpoch:
		return true
	}
	var refused *imap.Error
	if !errors.As(e.Err, &refused) {
		return false
	}
	switch refused.Code {
	case "THROTTLED", "UNAVAILABLE", "LIMIT", "OVERQUOTA", "CONTACTADMIN":
		return true
	}
	return notConnected(refused.Text)
}

// kindOf names the kind of an error met while talking to the server.
func kindOf(err error) Kind {
	var refused *imap.Error
	var store storeError
	switch {
	case errors.As(err, &store):
		return KindStore
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return KindTimeout
	case errors.As(err, &refused):
		return KindServer
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrUnexpectedEOF), isNet(err):
		return KindServer
	}
	return KindProtocol
}

func isNet(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

// A storeError marks an error of the sink or the ledger, not of the server.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// notFound makes err an aup.ErrNotFound for callers that ask.
func notFound(err error) error { return fmt.Errorf("%w: %w", err, aup.ErrNotFound) }
