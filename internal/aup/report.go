package aup

import (
	"fmt"
	"slices"
	"time"
)

// A Report is a recorded, classified mail: the sum of its events. The document
// that the spans of its findings point into is read apart, see [Backlog].
type Report struct {
	ID       ReportID   `json:"id"`
	SHA256   Hash       `json:"sha256"`
	Size     int64      `json:"size"`
	Subject  string     `json:"subject"`
	From     string     `json:"from"`
	Date     time.Time  `json:"date,omitzero"` // as the sender wrote it
	Received time.Time  `json:"received"`      // when it was recorded
	Outcome  Outcome    `json:"outcome"`
	Primary  ClauseID   `json:"primary"`
	Clauses  []ClauseID `json:"clauses"`
	Review   bool       `json:"review"`
	Reason   string     `json:"reason,omitempty"`
	Urgent   string     `json:"urgent,omitempty"`
	Severity Severity   `json:"severity,omitempty"` // the worst of its clauses
	// Sealed is set on a report whose content only those see who are cleared
	// for it.
	Sealed bool `json:"sealed,omitempty"`
	Triage
	// Due is when somebody should have decided; it follows from the
	// configured deadlines and is set by readers on open reports.
	Due        time.Time `json:"due,omitzero"`
	Sources    []Source  `json:"sources"` // in the order in which they were met; never empty
	Language   string    `json:"language,omitempty"`
	Problems   []Problem `json:"problems,omitempty"`
	Quarantine string    `json:"quarantine,omitempty"`
	Findings   []Finding `json:"findings,omitempty"`
	Policy     string    `json:"policy,omitempty"`
	Model      string    `json:"model,omitempty"`
	// MessageID, Thread and Originals are what the message is linked to others
	// by: its own id, the ids that it answers, and digests of the messages that
	// it passes on.
	MessageID string   `json:"message_id,omitempty"`
	Thread    []string `json:"thread,omitempty"`
	Originals []string `json:"originals,omitempty"`
	// Traces holds the indicators, each once, within a bound.
	Traces []Trace `json:"traces,omitempty"`
	// Steps holds the last actions, which may be undone from the end.
	Steps []Step `json:"steps,omitempty"`
	// Revision is the Seq of the last event that changed the report.
	Revision Seq `json:"revision"`
}

// Apply returns the report as it is after e. The events of a report are
// applied in the order of the log, starting from the zero Report with its
// received event. An event that cannot follow is ErrConflict and changes
// nothing. r is not modified and shares no slice that grows with the result.
func (r Report) Apply(e Event) (Report, error) {
	if (e.Kind == EventReceived) != (r.ID == "") {
		return r, fmt.Errorf("event %d (%s) on report %q: out of order: %w", e.Seq, e.Kind, e.Report, ErrConflict)
	}
	switch {
	case e.Kind == EventReceived && e.Received != nil:
		r = received(e)
	case e.Kind == EventSeen && e.Seen != nil:
		if !slices.ContainsFunc(r.Sources, e.Seen.Source.Same) {
			r.Sources = append(slices.Clip(r.Sources), e.Seen.Source)
		}
	case e.Kind == EventClassified && e.Classified != nil:
		v := e.Classified.Verdict
		r.Outcome, r.Primary, r.Clauses = v.Outcome, v.Primary, v.Clauses
		r.Review, r.Reason, r.Urgent = v.Review, v.Reason, v.Urgent
		r.Findings, r.Policy, r.Model = v.Findings, v.Policy, v.Model
		r.Severity, r.Sealed = v.Severity, r.Sealed || v.Sealed
	case e.Kind == EventOpened && e.Action != nil:
		return r, nil // it says who read, and changes nothing
	case e.Action != nil && slices.Contains(ActionKinds, e.Kind):
		if err := r.act(e); err != nil {
			return r, err
		}
	default:
		return r, fmt.Errorf("event %d: kind %q without its payload: %w", e.Seq, e.Kind, ErrInvalid)
	}
	r.Revision = e.Seq
	return r, nil
}

func received(e Event) Report {
	rec := e.Received
	r := Report{
		ID: e.Report, SHA256: rec.SHA256, Size: rec.Size, Received: e.At, Triage: Triage{State: StateNew},
		Outcome: OutcomeReview, Primary: None, Review: true, Reason: "not classified yet",
		Sources: []Source{rec.Source}, Language: rec.Document.Language,
		Problems: rec.Document.Problems, Quarantine: rec.Quarantine,
	}
	if len(rec.Document.Messages) > 0 {
		m := rec.Document.Messages[0]
		r.Subject, r.Date = m.Subject, m.Date
		r.MessageID, r.Thread = m.MessageID, thread(m)
		if len(m.From) > 0 {
			r.From = m.From[0].String()
		}
	}
	r.Originals, r.Traces = originals(&rec.Document), traces(&rec.Document)
	return r
}
