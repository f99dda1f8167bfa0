package aup

import (
	"context"
	"io"
	"time"
)

// A Page is a stretch of the backlog, in the order that the query asks for.
type Page struct {
	Reports []Report `json:"reports"`
	// Next is what to put in Query.After for the next page; empty at the end.
	Next Cursor `json:"next,omitempty"`
	// Total is how many reports the query selects in all, up to a bound under
	// which counting is cheap; More is set when there are more than that.
	Total int  `json:"total"`
	More  bool `json:"more,omitempty"`
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

// A Triager is the operators' work on the backlog. All methods are safe for
// concurrent use.
type Triager interface {
	// Act records what who does to a report, and returns the report as it is
	// then. The errors are those of [Report.Act], and those of Report for the
	// id. An action with a key that was recorded before changes nothing.
	Act(ctx context.Context, who Actor, id ReportID, a Action) (Report, error)
	// Bulk does one action to several reports, or only says what it would do.
	Bulk(ctx context.Context, who Actor, b Bulk) ([]BulkResult, error)
	// Events returns the events that q selects.
	Events(ctx context.Context, q EventQuery) (EventPage, error)
	// Similar returns the reports that seem to belong to the same campaign, the
	// strongest reason first, at most limit.
	Similar(ctx context.Context, id ReportID, limit int) ([]Similar, error)
	// Cases returns the cases, the one with the newest report first, at most
	// limit.
	Cases(ctx context.Context, limit int) ([]Case, error)
	// Numbers returns what came in and was decided since a time, at most
	// MaxNumbersDays back.
	Numbers(ctx context.Context, since time.Time) (Numbers, error)
}

// A Bulk is one action for several reports.
type Bulk struct {
	// Reports names them with the revision that the operator saw of each.
	Reports []Sight `json:"reports"`
	Action  Action  `json:"action"`
	// Preview records nothing.
	Preview bool `json:"preview,omitempty"`
}

// A Sight is a report with the revision that somebody saw of it.
type Sight struct {
	ID  ReportID `json:"id"`
	Saw Seq      `json:"saw,omitempty"`
}

// A BulkResult says what came of a bulk action on one report.
type BulkResult struct {
	ID       ReportID `json:"id"`
	Subject  string   `json:"subject,omitempty"`
	Sealed   bool     `json:"sealed,omitempty"`   // as of the report
	Revision Seq      `json:"revision,omitempty"` // after the action
	Skipped  string   `json:"skipped,omitempty"`  // why nothing was done; empty when it was
}

// An EventQuery selects events. The zero EventQuery selects all.
type EventQuery struct {
	Report ReportID `json:"report,omitempty"`
	After  Seq      `json:"after,omitempty"` // only later events
	Limit  int      `json:"limit,omitempty"` // the most to return; 0 or less means no limit
}

// An EventPage is a stretch of the log, oldest first. The events come without
// documents, which Backlog.Document has.
type EventPage struct {
	Events []Event `json:"events"`
	// Next is what to put in EventQuery.After for the next page; 0 at the end.
	Next Seq `json:"next,omitempty"`
}

// A Similar is a report that may belong to the same campaign as another.
type Similar struct {
	Report Report `json:"report"`
	Reason string `json:"reason"`
}

// A Case is reports that belong together.
type Case struct {
	ID      CaseID    `json:"id"`
	Reports int       `json:"reports"`
	Open    int       `json:"open"`             // of them not decided on
	Subject string    `json:"subject"`          // of the first
	Sealed  bool      `json:"sealed,omitempty"` // as of the first
	Newest  time.Time `json:"newest"`
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
	Version   string           `json:"version,omitempty"` // of the running daemon; empty without one
	Reports   int              `json:"reports"`
	Urgent    int              `json:"urgent"`  // of the open ones
	Overdue   int              `json:"overdue"` // of the open ones
	ByOutcome map[Outcome]int  `json:"by_outcome"`
	ByClause  map[ClauseID]int `json:"by_clause"` // by every recorded clause, not the primary one alone
	ByState   map[State]int    `json:"by_state"`
	Newest    time.Time        `json:"newest,omitzero"`
	// OpenNearMisses is how many near misses nobody has taken or dismissed.
	OpenNearMisses int            `json:"open_near_misses"`
	Events         Seq            `json:"events"`
	StoreBytes     int64          `json:"store_bytes"`
	Folders        []FolderStatus `json:"folders,omitempty"`
}

// Open returns how many reports are open.
func (s Status) Open() int {
	n := 0
	for state, of := range s.ByState {
		if state.Open() {
			n += of
		}
	}
	return n
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
