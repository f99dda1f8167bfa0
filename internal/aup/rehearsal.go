package aup

import (
	"context"
	"fmt"
	"time"
)

// EventPolicy says that a policy version came into force. It has the payload
// Policy, and concerns no single report.
const EventPolicy EventKind = "policy-applied"

// PolicyApplied is the payload of an EventPolicy.
type PolicyApplied struct {
	Version string `json:"version"`
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Text    string `json:"text"` // the whole policy, as YAML
}

// A PolicyVersion is a policy version with when it came into force, and who
// said so.
type PolicyVersion struct {
	PolicyApplied
	Seq Seq       `json:"seq"`
	At  time.Time `json:"at"`
	By  string    `json:"by"`
}

// NewPolicyApplied returns the event that puts a version into force after the
// event that did so for the one before; 0 for the first.
func NewPolicyApplied(p PolicyApplied, before Seq, who Actor, at time.Time) Event {
	return Event{
		Key:  fmt.Sprintf("policy/%d/%s", before, p.Version),
		Kind: EventPolicy, At: at.UTC(), By: who.Name, From: who.From, Policy: &p,
	}
}

// NewReclassified returns the event that records v on a report that was at a
// revision. Unlike [NewClassified] it may come back to an earlier verdict.
func NewReclassified(r Report, v Verdict, who Actor, at time.Time) Event {
	return Event{
		Key:  fmt.Sprintf("reclassified/%s/%d/%s/%s", r.ID, r.Revision, v.Policy, v.Model),
		Kind: EventClassified, Report: r.ID, At: at.UTC(), By: who.Name, From: who.From, Classified: &Classified{Verdict: v},
	}
}

// A Rehearsal says what another policy or model makes of the reports that there
// are.
type Rehearsal struct {
	Policy   string `json:"policy"` // the version that was tried
	Model    string `json:"model"`
	Recorded bool   `json:"recorded"` // the new findings are in the log
	// Reports is how many there are. Sealed ones are for those who are cleared
	// alone: a policy with the right words would tell what is in them.
	Reports int            `json:"reports"`
	ByShift map[string]int `json:"by_shift"`
	Shifts  []Shift        `json:"shifts"` // those that are not unchanged, in the order of the log
}

// The ways in which a report is classified otherwise than before.
const (
	ShiftNone      = "unchanged"
	ShiftMoved     = "moved"         // to other clauses
	ShiftMatched   = "newly-matched" // it was no violation
	ShiftPermitted = "now-permitted" // by an exception
	ShiftLost      = "lost"          // it is no violation any more
)

// A Shift is how one report is classified before and after.
type Shift struct {
	Report  ReportID `json:"report"`
	Subject string   `json:"subject,omitempty"` // empty for a sealed report
	What    string   `json:"what"`
	From    Brief    `json:"from"`
	To      Brief    `json:"to"`
	Decided bool     `json:"decided,omitempty"` // somebody has decided on it: that stays
}

// A Brief is a verdict in short.
type Brief struct {
	Outcome Outcome    `json:"outcome"`
	Primary ClauseID   `json:"primary"`
	Clauses []ClauseID `json:"clauses"`
}

// A Librarian knows the policy versions that were in force, rehearses others,
// and trains the classifier. All methods are safe for concurrent use.
type Librarian interface {
	Trainer
	// Policies returns the versions that were put into force, the oldest
	// first; none when the configuration alone says which one is.
	Policies(ctx context.Context) ([]PolicyVersion, error)
	// Rehearse classifies every report anew. With text, a policy as YAML, it
	// does so under that policy, else under the one in force. If record is
	// set the policy comes into force and the new findings are recorded;
	// decisions stay as they are. ErrConflict when the configuration names the
	// policy, so that it cannot be replaced here.
	Rehearse(ctx context.Context, who Actor, text []byte, record bool) (Rehearsal, error)
}
