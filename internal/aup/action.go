package aup

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of event by which operators work on a report. Each has the payload
// Action.
const (
	EventClaimed     EventKind = "claimed"
	EventReleased    EventKind = "released"
	EventDecided     EventKind = "decided"
	EventWaiting     EventKind = "waiting"
	EventClosed      EventKind = "closed"
	EventReopened    EventKind = "reopened"
	EventNoted       EventKind = "noted"
	EventAssigned    EventKind = "assigned"
	EventTagged      EventKind = "tagged"
	EventPrioritised EventKind = "prioritised"
	EventLinked      EventKind = "linked"
	EventUnlinked    EventKind = "unlinked"
	EventUndone      EventKind = "undone"
	EventOpened      EventKind = "opened" // somebody read a sealed report
)

// ActionKinds holds what an operator may do to a report, in the order in which
// it is offered.
var ActionKinds = []EventKind{
	EventClaimed, EventReleased, EventDecided, EventWaiting, EventClosed, EventReopened, EventNoted,
	EventAssigned, EventTagged, EventPrioritised, EventLinked, EventUnlinked, EventUndone,
}

// An Actor is who acts, and through what.
type Actor struct {
	Name string
	From string // "cli", "console", "api"
}

// An Action is one thing that an operator does to a report, and the payload of
// the event that records it. Which fields count follows from Do.
type Action struct {
	Do EventKind `json:"do"`
	// Saw is the revision of the report that the operator looked at. A
	// decision needs it, for other actions 0 stands for whichever there is.
	Saw Seq `json:"saw,omitempty"`
	// Key makes a repeated request one action: the same key on the same report
	// by the same actor is recorded once. Empty for none.
	Key string `json:"key,omitempty"`

	Reason   string     `json:"reason,omitempty"`   // why, what is waited for, or the text of a note
	Until    time.Time  `json:"until,omitzero"`     // claimed: when it runs out; set when it is zero
	Outcome  Outcome    `json:"outcome,omitempty"`  // decided
	Clauses  []ClauseID `json:"clauses,omitempty"`  // decided: the primary one first
	Taken    []string   `json:"taken,omitempty"`    // decided: the measures taken
	To       string     `json:"to,omitempty"`       // assigned: to whom, empty for nobody
	Add      []string   `json:"add,omitempty"`      // tagged
	Remove   []string   `json:"remove,omitempty"`   // tagged
	Priority Priority   `json:"priority,omitempty"` // prioritised
	Case     CaseID     `json:"case,omitempty"`     // linked: to which case
	With     ReportID   `json:"with,omitempty"`     // linked: to the case of that report
	Undo     Seq        `json:"undo,omitempty"`     // undone: the event

	// Pins and Policy are filled in when it is recorded.
	Pins   []Pin  `json:"pins,omitempty"`
	Policy string `json:"policy,omitempty"`
	// Seals is set when the report is sealed by it: the decision is on a clause
	// whose reports are, or the message answers a sealed report.
	Seals bool `json:"seals,omitempty"`
}

// The bounds of what an operator writes: a note is a text to read, a tag a word.
const (
	maxReason = 20_000
	maxTag    = 40
	maxTags   = 20
	maxName   = 100
)

// claimFor is how long a claim lasts that does not say so.
const claimFor = 30 * time.Minute

// longestClaim keeps a report from being held for ever.
const longestClaim = 7 * 24 * time.Hour

// Act returns the event by which who does a to r at a time, under p: r.Apply
// takes it. ErrInvalid when a is malformed, ErrConflict when r stands
// otherwise than the action needs or has changed since the operator looked;
// the text says how.
func (r Report) Act(a Action, who Actor, at time.Time, p Pinner) (Event, error) {
	at = at.UTC()
	a.Pins, a.Policy, a.Seals = nil, "", a.Seals && a.Do == EventLinked // of a decision they are not the caller's to say
	if err := a.check(); err != nil {
		return Event{}, fmt.Errorf("%s report %s: %w", a.Do, r.ID, err)
	}
	if err := r.stale(a); err != nil {
		return Event{}, err
	}
	if err := r.allows(a, who, at); err != nil {
		return Event{}, fmt.Errorf("report %s: %w", r.ID, err)
	}
	switch a.Do {
	case EventClaimed:
		if a.Until.IsZero() {
			a.Until = at.Add(claimFor)
		}
		if a.Until = a.Until.UTC(); !a.Until.After(at) || a.Until.After(at.Add(longestClaim)) {
			return Event{}, fmt.Errorf("claim until %s: want a time within the next 7 days: %w", a.Until.Format(time.RFC3339), ErrInvalid)
		}
	case EventLinked:
		if a.Case == "" {
			a.Case = NewCaseID(a.With)
		}
	case EventDecided:
		if err := a.pin(p); err != nil {
			return Event{}, fmt.Errorf("decide report %s: %w", r.ID, err)
		}
	}
	key := fmt.Sprintf("act/%s/%d/%s", r.ID, r.Revision, a.Do)
	if a.Key != "" {
		key = ActionKey(r.ID, who, a.Key)
	}
	return Event{Key: key, Kind: a.Do, Report: r.ID, At: at, By: who.Name, From: who.From, Action: &a}, nil
}

// ActionKey returns the key of the event of an action that has a key.
func ActionKey(id ReportID, who Actor, key string) string {
	return fmt.Sprintf("act/%s/by/%q/%q", id, who.Name, key)
}

// pin keeps each clause as p has it.
func (a *Action) pin(p Pinner) error {
	if a.Policy = p.Version(); len(a.Clauses) == 0 {
		return nil
	}
	a.Pins = nil
	for _, id := range a.Clauses {
		pin, ok := p.Pin(id)
		if !ok {
			return fmt.Errorf("clause %q is not in the policy: %w", id, ErrInvalid)
		}
		a.Pins, a.Seals = append(a.Pins, pin), a.Seals || p.Sealed(id)
	}
	return nil
}

// check says what is wrong with the action whatever the report.
func (a *Action) check() error {
	a.Reason = strings.TrimSpace(a.Reason)
	switch {
	case !slices.Contains(ActionKinds, a.Do) && a.Do != EventOpened:
		return fmt.Errorf("%q is no action: want one of %s: %w", a.Do, join(ActionKinds), ErrInvalid)
	case len(a.Reason) > maxReason || !utf8.ValidString(a.Reason):
		return fmt.Errorf("its text has %d bytes: at most %d of UTF-8: %w", len(a.Reason), maxReason, ErrInvalid)
	case len(a.Key) > maxName || len(a.To) > maxName || len(a.Case) > maxName:
		return fmt.Errorf("a name in it is longer than %d bytes: %w", maxName, ErrInvalid)
	case a.Do == EventNoted && a.Reason == "":
		return fmt.Errorf("the note is empty: %w", ErrInvalid)
	case a.Do == EventWaiting && a.Reason == "":
		return fmt.Errorf("say what it waits for: %w", ErrInvalid)
	case a.Do == EventLinked && (a.Case == "") == (a.With == ""):
		return fmt.Errorf("name a case, or a report to share a case with: %w", ErrInvalid)
	case a.Do == EventUndone && a.Undo == 0:
		return fmt.Errorf("name the event to undo: %w", ErrInvalid)
	case a.Do == EventPrioritised && a.Priority != PriorityLow && a.Priority != PriorityNormal && a.Priority != PriorityHigh:
		return fmt.Errorf("priority %q: want low, high, or none for normal: %w", a.Priority, ErrInvalid)
	case a.Do == EventDecided:
		return a.checkDecision()
	case a.Do == EventTagged:
		return a.checkTags()
	}
	return nil
}

func (a *Action) checkDecision() error {
	seen := make(map[ClauseID]bool)
	for _, id := range a.Clauses {
		if seen[id] {
			return fmt.Errorf("clause %s is named twice: %w", id, ErrInvalid)
		}
		seen[id] = true
	}
	switch {
	case a.Saw == 0:
		return fmt.Errorf("say which revision of the report you saw: %w", ErrInvalid)
	case a.Outcome == OutcomeNone && len(a.Clauses) > 0:
		return fmt.Errorf("no violation goes with no clause: %w", ErrInvalid)
	case (a.Outcome == OutcomeViolation || a.Outcome == OutcomeException) && len(a.Clauses) == 0:
		return fmt.Errorf("name the clause: %w", ErrInvalid)
	case len(a.Taken) > maxTags || slices.ContainsFunc(a.Taken, func(t string) bool { return t == "" || len(t) > maxName }):
		return fmt.Errorf("measures taken: want at most %d of up to %d bytes: %w", maxTags, maxName, ErrInvalid)
	case a.Outcome != OutcomeViolation && a.Outcome != OutcomeException && a.Outcome != OutcomeNone:
		return fmt.Errorf("outcome %q: want violation, exception or none: %w", a.Outcome, ErrInvalid)
	}
	return nil
}

func (a *Action) checkTags() error {
	if len(a.Add)+len(a.Remove) == 0 {
		return fmt.Errorf("name a tag to add or remove: %w", ErrInvalid)
	}
	for _, t := range slices.Concat(a.Add, a.Remove) {
		bad := strings.IndexFunc(t, func(c rune) bool { return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') })
		if t == "" || len(t) > maxTag || bad >= 0 {
			return fmt.Errorf("tag %q: want up to %d of a-z, 0-9 and -: %w", t, maxTag, ErrInvalid)
		}
	}
	return nil
}

// stale refuses an action on what the operator did not see, and says what
// happened since.
func (r Report) stale(a Action) error {
	if a.Saw == 0 || a.Saw == r.Revision {
		return nil
	}
	var since []string
	for _, s := range r.Steps {
		if s.Seq > a.Saw {
			since = append(since, fmt.Sprintf("%s by %s at %s", s.Do, s.By, s.At.Format(time.RFC3339)))
		}
	}
	if len(since) == 0 {
		since = append(since, "its classification or its sources changed")
	}
	return fmt.Errorf("report %s changed since you looked (revision %d, now %d): %s: look again: %w",
		r.ID, a.Saw, r.Revision, strings.Join(since, "; "), ErrConflict)
}

// allows says why r does not let who do a now; nil when it does.
func (r Report) allows(a Action, who Actor, now time.Time) error {
	holder := r.ClaimedBy(now)
	switch a.Do {
	case EventClaimed, EventDecided, EventWaiting, EventClosed:
		if holder != "" && holder != who.Name {
			return fmt.Errorf("%s works on it until %s: ask them to release it: %w", holder, r.Claim.Until.Format(time.RFC3339), ErrConflict)
		}
		if r.State == StateClosed {
			return fmt.Errorf("it is closed: reopen it first: %w", ErrConflict)
		}
	case EventReleased:
		if r.Claim == nil {
			return fmt.Errorf("nobody has claimed it: %w", ErrConflict)
		}
		if holder != "" && holder != who.Name && a.Reason == "" {
			return fmt.Errorf("%s has claimed it: give a reason to release it for them: %w", holder, ErrConflict)
		}
	case EventReopened:
		if r.StateAt(now).Open() && r.State != StateWaiting {
			return fmt.Errorf("it is open: %w", ErrConflict)
		}
	case EventLinked:
		if a.Case != "" && a.Case == r.Case {
			return fmt.Errorf("it is in case %s already: %w", r.Case, ErrConflict)
		}
		if a.With == r.ID {
			return fmt.Errorf("a report is not linked to itself: %w", ErrInvalid)
		}
	case EventUnlinked:
		if r.Case == "" {
			return fmt.Errorf("it is in no case: %w", ErrConflict)
		}
	case EventTagged:
		if n := len(retag(r.Tags, a)); n > maxTags {
			return fmt.Errorf("it would have %d tags: at most %d: %w", n, maxTags, ErrInvalid)
		}
	case EventUndone:
		return r.undoable(a.Undo)
	}
	return nil
}

func (r Report) undoable(n Seq) error {
	if len(r.Steps) == 0 {
		return fmt.Errorf("there is nothing to undo: %w", ErrConflict)
	}
	if last := r.Steps[len(r.Steps)-1]; last.Seq != n {
		return fmt.Errorf("event %d cannot be undone: the last action is %d (%s by %s), undo that first: %w", n, last.Seq, last.Do, last.By, ErrConflict)
	}
	return nil
}

// retag returns the tags as they are after a.
func retag(tags []string, a Action) []string {
	all := slices.Concat(tags, a.Add)
	all = slices.DeleteFunc(all, func(t string) bool { return slices.Contains(a.Remove, t) })
	slices.Sort(all)
	return slices.Compact(all)
}

func join[S ~string](s []S) string {
	out := make([]string, len(s))
	for i, v := range s {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}
