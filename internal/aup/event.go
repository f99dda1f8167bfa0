package aup

import (
	"fmt"
	"time"
)

// A Seq is the place of an event in the log: 1 for the first, without gaps. 0
// stands before the first.
type Seq uint64

// EventKind says what happened. Kinds are stored: a kind keeps its meaning for
// ever, and new meanings get new kinds.
type EventKind string

// The kinds of event that make and classify a report. Each has the payload field
// of the same name; those of operators' work are with [Action].
const (
	EventReceived   EventKind = "received"   // a message became a report
	EventSeen       EventKind = "seen"       // the same bytes were met at another place
	EventClassified EventKind = "classified" // a verdict was reached; the latest one holds
)

// An Event is one fact of the log. Exactly one payload field is set, the one
// that Kind names.
type Event struct {
	// Seq is set by the log. Beside each event the log keeps a hash over the
	// event as stored and the hash of the one before, so that no stored event
	// can be changed unseen.
	Seq Seq `json:"seq,omitempty"`
	// Key is derived from what happened. A log appends an event whose key it
	// already holds only once, so recording the same fact twice changes
	// nothing.
	Key    string    `json:"key"`
	Kind   EventKind `json:"kind"`
	Report ReportID  `json:"report,omitempty"` // empty for what concerns no single report
	At     time.Time `json:"at"`               // when it was recorded; no order or decision depends on it
	By     string    `json:"by"`               // who: a user's name, or "aupd"
	// From says where it was done: "mailbox", "file", "cli", "console", "api".
	From string `json:"from,omitempty"`

	Received   *Received      `json:"received,omitempty"`
	Seen       *Seen          `json:"seen,omitempty"`
	Classified *Classified    `json:"classified,omitempty"`
	Policy     *PolicyApplied `json:"policy,omitempty"`
	Trained    *Trained       `json:"trained,omitempty"`
	Settled    *Settled       `json:"settled,omitempty"` // of every kind in SettleKinds
	Action     *Action        `json:"action,omitempty"`  // of every kind in ActionKinds, and of an opening
	Access     *Access        `json:"access,omitempty"`  // of sign-ins and of changes to who may do what
}

// Received is the payload of an EventReceived.
type Received struct {
	SHA256   Hash     `json:"sha256"`
	Size     int64    `json:"size"`
	Source   Source   `json:"source"`
	Document Document `json:"document"`
	// Quarantine says why the raw message is not whole; empty when it is.
	Quarantine string `json:"quarantine,omitempty"`
}

// Seen is the payload of an EventSeen.
type Seen struct {
	Source Source `json:"source"`
}

// Classified is the payload of an EventClassified.
type Classified struct {
	Verdict Verdict `json:"verdict"`
}

// NewReceived returns the event by which a mail becomes a report. The store
// sets Report; from says through what the mail came.
func NewReceived(m *Mail, doc Document, at time.Time, from string) Event {
	return Event{
		Key: "received/" + m.Hash.String(), Kind: EventReceived, At: at, By: "aupd", From: from,
		Received: &Received{SHA256: m.Hash, Size: m.Size, Source: m.Source, Document: doc, Quarantine: m.Quarantine},
	}
}

// NewSeen returns the event that says that the bytes with hash h also lie at s.
func NewSeen(h Hash, s Source, at time.Time, from string) Event {
	key := fmt.Sprintf("seen/%s/%q/%q/%d/%d", h, s.Mailbox, s.Folder, s.UIDValidity, s.UID)
	return Event{Key: key, Kind: EventSeen, At: at, By: "aupd", From: from, Seen: &Seen{Source: s}}
}

// NewClassified returns the event that records v on the message with hash h.
// It is keyed by the versions that made the verdict: classifying again with
// the same policy and model is the same fact.
func NewClassified(h Hash, v Verdict, at time.Time, from string) Event {
	key := fmt.Sprintf("classified/%s/%s/%s", h, v.Policy, v.Model)
	return Event{Key: key, Kind: EventClassified, At: at, By: "aupd", From: from, Classified: &Classified{Verdict: v}}
}
