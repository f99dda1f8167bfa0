package aup

import (
	"io"
	"time"
)

// A Source says where a message lay. For a message read from a file, Mailbox
// is "file", Folder the file's name, and the numbers are 0.
type Source struct {
	Mailbox      string    `json:"mailbox"` // the name that the configuration gives it
	Folder       string    `json:"folder"`
	UIDValidity  uint32    `json:"uidvalidity"` // RFC 9051, 2.3.1.1
	UID          uint32    `json:"uid"`
	InternalDate time.Time `json:"internaldate,omitzero"` // when the server received it; shown, never decided on
}

// Same reports whether s and t name the same occurrence.
func (s Source) Same(t Source) bool {
	return s.Mailbox == t.Mailbox && s.Folder == t.Folder && s.UIDValidity == t.UIDValidity && s.UID == t.UID
}

// An Epoch is a folder for as long as it keeps its UIDVALIDITY: within it a
// UID names one message for ever.
type Epoch struct {
	Mailbox     string `json:"mailbox"`
	Folder      string `json:"folder"`
	UIDValidity uint32 `json:"uidvalidity"`
}

// Epoch returns the epoch that s lies in.
func (s Source) Epoch() Epoch { return Epoch{s.Mailbox, s.Folder, s.UIDValidity} }

// A Mail is one selected message as it lay in a mailbox, unaltered.
type Mail struct {
	Source Source
	Hash   Hash  // of the Size bytes of Raw
	Size   int64 // in bytes
	// Raw holds the message. It may be read from several goroutines, until
	// Close is called.
	Raw io.ReaderAt
	// Quarantine is empty for a whole message. Otherwise it says why Raw holds
	// only the header or nothing (the message is over the cap), and the report
	// is recorded with that as a problem.
	Quarantine string
	// Close frees what Raw stands on; nil when there is nothing to free.
	// Whoever is handed a Mail calls it, once.
	Close func() error
}

// Bytes is a message in memory. Nobody writes to it, so that it need not be copied.
type Bytes []byte

// ReadAt implements [io.ReaderAt].
func (b Bytes) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Reader returns a reader over the whole of m.Raw.
func (m *Mail) Reader() *io.SectionReader { return io.NewSectionReader(m.Raw, 0, m.Size) }

// A Fate says what became of a UID.
type Fate string

// The fates of a UID. Every UID of a watched folder has exactly one.
const (
	Recorded    Fate = "recorded"     // it is a report
	NotSelected Fate = "not-selected" // its subject does not match
	NearMiss    Fate = "near-miss"    // its subject nearly matches: a person should look
	Undecided   Fate = "undecided"    // its subject could not be read even from the whole header
	Gone        Fate = "gone"         // expunged before it could be read
	Missing     Fate = "missing"      // the server lists it and does not give it; asked for again
	Quarantined Fate = "quarantined"  // a report without its whole body
)

// A LedgerRow says what became of the UIDs First to Last, both included. Only
// rows of one UID carry a Report or a Note.
type LedgerRow struct {
	First  uint32    `json:"first"`
	Last   uint32    `json:"last"`
	Fate   Fate      `json:"fate"`
	Report ReportID  `json:"report,omitempty"`
	Note   string    `json:"note,omitempty"` // the subject of a near miss, the reason of a quarantine
	At     time.Time `json:"at,omitzero"`    // when this became its fate
	Tries  int       `json:"tries,omitempty"`
}

// An Intake is a mail on its way into the store, with the events that record
// it: received and classified for new bytes, seen for known ones.
type Intake struct {
	Mail   *Mail
	Events []Event
}

// A Receipt says how the store took an [Intake].
type Receipt struct {
	ID  ReportID `json:"id"`
	New bool     `json:"new"` // false when the same bytes were a report already
}
