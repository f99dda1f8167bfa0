package aup

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The kinds of event by which somebody settles what lies in the tray. They
// concern no report; each has the payload Settled.
const (
	EventNearMissTaken     EventKind = "near-miss-taken"     // it is to become a report
	EventNearMissDismissed EventKind = "near-miss-dismissed" // it is none
	EventNearMissRestored  EventKind = "near-miss-restored"  // somebody is to look again
)

// SettleKinds holds the kinds of event that settle a near miss.
var SettleKinds = []EventKind{EventNearMissTaken, EventNearMissDismissed, EventNearMissRestored}

// Settled is the payload of the events about what lies in the tray.
type Settled struct {
	Source  Source `json:"source"`
	Subject string `json:"subject"` // as the ledger had it
	Reason  string `json:"reason,omitempty"`
}

// A TrayState says what somebody made of a near miss.
type TrayState string

// The states of a near miss.
const (
	TrayOpen      TrayState = "open"      // nobody looked yet, or somebody is to look again
	TrayTaken     TrayState = "taken"     // it is a report, or becomes one at the next look at its folder
	TrayDismissed TrayState = "dismissed" // it stays what it is
)

// TrayStateOf returns the state that an event of that kind leads to; open for
// any other kind.
func TrayStateOf(kind EventKind) TrayState {
	switch kind {
	case EventNearMissTaken:
		return TrayTaken
	case EventNearMissDismissed:
		return TrayDismissed
	}
	return TrayOpen
}

// A TrayItem is a message whose subject nearly matches, or could not be read.
// Of an open one nothing is kept but its subject.
type TrayItem struct {
	Source  Source    `json:"source"` // without InternalDate
	Subject string    `json:"subject"`
	State   TrayState `json:"state"`
	// Fate is what the ledger says of it now: near-miss or undecided while it
	// is nothing else. Of one that was taken it tells how that went on:
	// recorded, quarantined, gone, or missing for as long as the server does
	// not give it.
	Fate   Fate      `json:"fate"`
	Since  time.Time `json:"since"`            // when that became its fate
	Report ReportID  `json:"report,omitempty"` // of a recorded one
	Sealed bool      `json:"sealed,omitempty"` // as of the report
	// Who settled it, when and why; empty for one that nobody did.
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// MaxTray is how many items a TrayPage holds at most.
const MaxTray = 500

// A TrayPage is what lies in the tray: the open items as the ledger has them,
// by folder and UID, and behind them those that were settled, the latest first.
type TrayPage struct {
	Items []TrayItem `json:"items"`
	Open  int        `json:"open"`           // how many are open in all
	More  bool       `json:"more,omitempty"` // there are more than MaxTray
}

// A Settlement says what somebody makes of a near miss.
type Settlement struct {
	Source Source    `json:"source"` // InternalDate does not count
	Do     EventKind `json:"do"`     // one of SettleKinds
	Reason string    `json:"reason,omitempty"`
}

// maxSettleReason bounds the reason of a settlement, in bytes.
const maxSettleReason = 2000

// Check returns what is wrong with s in itself, as ErrInvalid.
func (s Settlement) Check() error {
	switch {
	case !slices.Contains(SettleKinds, s.Do):
		return fmt.Errorf("settle a near miss by %q: want one of %v: %w", s.Do, SettleKinds, ErrInvalid)
	case len(s.Reason) > maxSettleReason:
		return fmt.Errorf("the reason has %d bytes: want at most %d: %w", len(s.Reason), maxSettleReason, ErrInvalid)
	}
	return nil
}

// NewSettled returns the event that settles a near miss with that subject after
// the event that did so before; 0 for the first.
func NewSettled(s Settlement, subject string, before Seq, who Actor, at time.Time) Event {
	src := s.Source
	src.InternalDate = time.Time{}
	return Event{
		Key:  fmt.Sprintf("%s/%q/%q/%d/%d/%d", s.Do, src.Mailbox, src.Folder, src.UIDValidity, src.UID, before),
		Kind: s.Do, At: at.UTC(), By: who.Name, From: who.From,
		Settled: &Settled{Source: src, Subject: subject, Reason: s.Reason},
	}
}

// A Tray holds the near misses: mail that was not taken and that somebody
// should look at. All methods are safe for concurrent use.
type Tray interface {
	// NearMisses returns what is open; with all what was settled as well.
	NearMisses(ctx context.Context, all bool) (TrayPage, error)
	// Settle takes a near miss, dismisses it, or puts it back, and returns it
	// as it is then. What is taken becomes a report at the next look at its
	// folder, whatever its subject says. Settling it as it is settled already
	// changes nothing. ErrNotFound for a message that is no near miss,
	// ErrConflict for one that is a report or gone, or whose folder was made
	// anew, so that the UID names another message.
	Settle(ctx context.Context, who Actor, s Settlement) (TrayItem, error)
}
