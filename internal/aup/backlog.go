package aup

import (
	"context"
	"io"
	"time"
)

// A Query selects reports. The zero Query selects all; fields that are set must
// all match.
type Query struct {
	Clause  ClauseID  `json:"clause,omitempty"` // among the report's clauses; a group ("1") matches its details
	Outcome Outcome   `json:"outcome,omitempty"`
	Mailbox string    `json:"mailbox,omitempty"` // of any of its sources
	Since   time.Time `json:"since,omitzero"`    // recorded at or after
	Until   time.Time `json:"until,omitzero"`    // recorded before
	// Limit is the most reports to return; 0 or less means no limit.
	Limit int `json:"limit,omitempty"`
	// After continues behind the last report of an earlier page; empty starts
	// with the newest.
	After ReportID `json:"after,omitempty"`
}

// A Page is a stretch of the backlog, newest recorded first.
type Page struct {
	Reports []Report `json:"reports"`
	// Next is what to put in Query.After for the next page; empty at the end.
	Next ReportID `json:"next,omitempty"`
}

// A Backlog is the reports as readers see them. The store is one, and so is
// the client of a running daemon. All methods are safe for concurrent use.
type Backlog interface {
	// Reports returns the page that q selects.
	Reports(ctx context.Context, q Query) (Page, error)
	// Report returns one report. The id may be shortened to any prefix that
	// only one report has; ErrNotFound, or ErrConflict for a prefix of several.
	Report(ctx context.Context, id ReportID) (Report, error)
	// Document returns what was read in the report when it was recorded.
	Document(ctx context.Context, id ReportID) (Document, error)
	// Raw returns the message's bytes; the caller closes it.
	Raw(ctx context.Context, id ReportID) (io.ReadCloser, error)
	// Status returns the counts and the state of every watched folder.
	Status(ctx context.Context) (Status, error)
}

// A Ledger says what became of every UID. All methods are safe for concurrent
// use.
type Ledger interface {
	// Cursor returns the epoch of a folder that was worked on last and the
	// highest UID of it that all is known up to; the zero Epoch for a folder
	// never seen.
	Cursor(ctx context.Context, mailbox, folder string) (Epoch, uint32, error)
	// Rows returns the rows of an epoch that touch the UIDs first to last, in
	// order, each cut to that range.
	Rows(ctx context.Context, e Epoch, first, last uint32) ([]LedgerRow, error)
}

// An Accountant writes a Ledger.
type Accountant interface {
	Ledger
	// Account records what became of UIDs and, when cursor is above the one
	// kept, moves it there, all in one transaction. A row replaces what was
	// known of its UIDs, but nothing replaces a recorded or quarantined row.
	// An epoch other than the kept one starts anew; the rows of the old one
	// stay.
	Account(ctx context.Context, e Epoch, rows []LedgerRow, cursor uint32) error
}

// A Keeper looks after the store as a whole.
type Keeper interface {
	// Verify checks the hash chain, the raw messages against their hashes, the
	// ledger against the reports, and the view against a rebuild from the log.
	// What it found wrong is listed in the Audit; the error is for a check
	// that could not be made.
	Verify(ctx context.Context) (Audit, error)
	// Rebuild throws the view away and makes it again from the log.
	Rebuild(ctx context.Context) (Audit, error)
}

// An Audit is the result of Verify or Rebuild.
type Audit struct {
	Events   int      `json:"events"`
	Reports  int      `json:"reports"`
	RawBytes int64    `json:"raw_bytes"` // before compression
	Head     string   `json:"head"`      // the hash of the last event, hexadecimal
	Faults   []string `json:"faults,omitempty"`
}

// Status is how the backlog and the watched folders stand.
type Status struct {
	Version    string           `json:"version,omitempty"` // of the running daemon; empty without one
	Reports    int              `json:"reports"`
	Urgent     int              `json:"urgent"`
	ByOutcome  map[Outcome]int  `json:"by_outcome"`
	ByClause   map[ClauseID]int `json:"by_clause"` // by every recorded clause, not the primary one alone
	Newest     time.Time        `json:"newest,omitzero"`
	Events     Seq              `json:"events"`
	StoreBytes int64            `json:"store_bytes"`
	Folders    []FolderStatus   `json:"folders,omitempty"`
}

// FolderStatus is how one watched folder stands.
type FolderStatus struct {
	Epoch
	Cursor uint32       `json:"cursor"` // all is known of the UIDs up to here
	Fates  map[Fate]int `json:"fates,omitempty"`
	// The rest is known to a running daemon only.
	Connected bool      `json:"connected"`
	Waiting   int       `json:"waiting"` // messages listed and not yet dealt with
	LastPoll  time.Time `json:"last_poll,omitzero"`
	LastError string    `json:"last_error,omitempty"`
}
