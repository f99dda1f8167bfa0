package aup

import (
	"slices"
	"time"
)

// State says where a report stands in triage.
type State string

// The states of a report. A claim that has run out leaves its state in place
// until somebody acts; see [Report.StateAt].
const (
	StateNew     State = "new"     // nobody has decided on it
	StateClaimed State = "claimed" // somebody works on it
	StateWaiting State = "waiting" // for something that StateReason names
	StateDecided State = "decided"
	StateClosed  State = "closed"
)

// States holds every state in the order of the work.
var States = []State{StateNew, StateClaimed, StateWaiting, StateDecided, StateClosed}

// Open reports whether a report in state s still needs somebody.
func (s State) Open() bool { return s == StateNew || s == StateClaimed || s == StateWaiting }

// Priority is an operator's own word on how soon a report must be read.
type Priority string

// The priorities. The empty one is normal.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = ""
	PriorityHigh   Priority = "high"
)

// Severity says how bad a violation is, for the order of work.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities holds every severity, worst first.
var Severities = []Severity{Critical, High, Medium, Low}

// Rank is 0 for the worst severity and grows from there; what is no severity
// ranks behind all.
func (s Severity) Rank() int {
	if i := slices.Index(Severities, s); i >= 0 {
		return i
	}
	return len(Severities)
}

// A CaseID names a case: reports that belong together. It is "c-" and the id
// of the report that the case began with.
type CaseID string

// NewCaseID returns the id of the case that begins with a report.
func NewCaseID(first ReportID) CaseID { return CaseID("c-" + string(first)) }

// A Claim says that somebody works on a report, until it runs out.
type Claim struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"`
	// Was is the state from before the claim, which a release brings back.
	Was State `json:"was"`
}

// A Pin is a clause as it read when somebody decided on it.
type Pin struct {
	Clause ClauseID `json:"clause"`
	Title  string   `json:"title"`
	Text   string   `json:"text"`             // the document's wording, or our own words for it
	Digest string   `json:"digest,omitempty"` // of the wording
}

// A Pinner is a policy version that decisions are pinned to.
type Pinner interface {
	// Version identifies the policy's content.
	Version() string
	// Pin returns the clause as it reads now, and whether there is one.
	Pin(id ClauseID) (Pin, bool)
	// Sealed reports whether reports on the clause show no content but to
	// those who are cleared for it.
	Sealed(id ClauseID) bool
}

// A Decision is what an operator decided about a report.
type Decision struct {
	Outcome Outcome   `json:"outcome"` // violation, exception or none
	Clauses []Pin     `json:"clauses"` // the primary one first; empty for none
	Reason  string    `json:"reason,omitempty"`
	Taken   []string  `json:"taken,omitempty"` // the measures taken: block-ip, terminate-account, …
	Policy  string    `json:"policy"`          // the version it was decided under
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Seq     Seq       `json:"seq"` // the event that holds it
	// AsClassified is set when it says what the classifier had said.
	AsClassified bool `json:"as_classified"`
}

// A Triage is where a report stands in the operators' work.
type Triage struct {
	State       State     `json:"state"`
	StateReason string    `json:"state_reason,omitempty"`
	Claim       *Claim    `json:"claim,omitempty"`
	Assignee    string    `json:"assignee,omitempty"`
	Priority    Priority  `json:"priority,omitempty"`
	Tags        []string  `json:"tags,omitempty"` // sorted, none twice
	Case        CaseID    `json:"case,omitempty"`
	CaseReason  string    `json:"case_reason,omitempty"`
	Decision    *Decision `json:"decision,omitempty"` // the one that holds
}

// A Step is an action that may be undone, with where the report stood before.
type Step struct {
	Seq Seq       `json:"seq"`
	Do  EventKind `json:"do"`
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Was Triage    `json:"was"`
}

// maxSteps is how many actions back can be undone: a slip is noticed at once,
// and each step makes the report's row longer.
const maxSteps = 8

// A Trace is an indicator of a report by which it is found, without its place.
type Trace struct {
	Kind  IndicatorKind `json:"kind"`
	Value string        `json:"value"`
	Role  Role          `json:"role"`
}

// StateAt returns the state at a time: that of a claim which has run out is
// the one from before it.
func (r Report) StateAt(now time.Time) State {
	if r.Claim != nil && r.State == StateClaimed && !now.Before(r.Claim.Until) {
		return r.Claim.Was
	}
	return r.State
}

// ClaimedBy returns who works on the report at a time, empty for nobody.
func (r Report) ClaimedBy(now time.Time) string {
	if r.Claim == nil || !now.Before(r.Claim.Until) {
		return ""
	}
	return r.Claim.By
}
