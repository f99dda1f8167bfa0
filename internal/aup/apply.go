package aup

import (
	"fmt"
	"slices"
)

// act brings r up to the operator's action in e. What the action needs was
// checked by Act when it was recorded; here only what would make the log
// meaningless is refused.
func (r *Report) act(e Event) error {
	a, was := e.Action, r.Triage
	if e.Kind == EventUndone {
		if err := r.undoable(a.Undo); err != nil {
			return fmt.Errorf("event %d: report %s: %w", e.Seq, r.ID, err)
		}
		last := len(r.Steps) - 1
		r.Triage, r.Steps = r.Steps[last].Was, slices.Clone(r.Steps[:last])
		return nil
	}
	switch e.Kind {
	case EventClaimed:
		before := r.StateAt(e.At)
		if r.Claim != nil {
			before = r.Claim.Was
		}
		r.Claim, r.State = &Claim{By: e.By, Until: a.Until, Was: before}, StateClaimed
	case EventReleased:
		if r.Claim != nil {
			r.State, r.Claim = r.Claim.Was, nil
		}
	case EventDecided:
		r.decide(e)
	case EventWaiting:
		r.enter(StateWaiting, a.Reason)
	case EventClosed:
		r.enter(StateClosed, a.Reason)
	case EventReopened:
		r.enter(StateNew, a.Reason)
		r.Decision = nil
	case EventAssigned:
		r.Assignee = a.To
	case EventTagged:
		r.Tags = retag(r.Tags, *a)
	case EventPrioritised:
		r.Priority = a.Priority
	case EventLinked:
		r.Case, r.CaseReason, r.Sealed = a.Case, a.Reason, r.Sealed || a.Seals
	case EventUnlinked:
		r.Case, r.CaseReason = "", ""
	}
	steps := append(slices.Clone(r.Steps), Step{Seq: e.Seq, Do: e.Kind, By: e.By, At: e.At, Was: was})
	r.Steps = steps[max(0, len(steps)-maxSteps):]
	return nil
}

// enter puts the report into a state that ends a claim.
func (r *Report) enter(s State, reason string) {
	r.State, r.StateReason, r.Claim = s, reason, nil
}

func (r *Report) decide(e Event) {
	a := e.Action
	r.enter(StateDecided, "")
	d := &Decision{
		Outcome: a.Outcome, Clauses: slices.Clone(a.Pins), Reason: a.Reason, Taken: slices.Clone(a.Taken),
		Policy: a.Policy, By: e.By, At: e.At, Seq: e.Seq,
		AsClassified: a.Outcome == r.Outcome && slices.Equal(a.Clauses, r.Clauses),
	}
	r.Decision, r.Sealed = d, r.Sealed || a.Seals
}
