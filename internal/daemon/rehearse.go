package daemon

import (
	"context"
	"runtime"
	"slices"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"

	"golang.org/x/sync/errgroup"
)

// A classifier is what a rehearsal classifies with.
type classifier interface {
	Classify(doc *aup.Document) aup.Verdict
	Model() string
}

// A Rehearsing is a classification of every report anew.
type Rehearsing struct {
	Store      *store.Store
	Classifier classifier
	Policy     string // the version, as its verdicts name it
	Who        aup.Actor
	Record     bool
	Now        time.Time
}

// rehearseBatch is how many reports are classified between two writes: few
// enough to fit in memory with their documents, many enough for a write to cost
// little.
const rehearseBatch = 256

// Run classifies every report anew and says what changes.
func (h Rehearsing) Run(ctx context.Context) (aup.Rehearsal, error) {
	out := aup.Rehearsal{
		Policy: h.Policy, Model: h.Classifier.Model(), Recorded: h.Record, ByShift: make(map[string]int), Shifts: []aup.Shift{},
	}
	var batch []aup.Event
	for e, err := range h.Store.Log().Read(ctx, 1) {
		if err != nil {
			return out, err
		}
		if e.Received == nil {
			continue
		}
		if batch = append(batch, e); len(batch) == rehearseBatch {
			if err := h.batch(ctx, batch, &out); err != nil {
				return out, err
			}
			batch = batch[:0]
		}
	}
	return out, h.batch(ctx, batch, &out)
}

// batch classifies the documents of received events, on every core, and takes
// the results in the events' order.
func (h Rehearsing) batch(ctx context.Context, received []aup.Event, out *aup.Rehearsal) error {
	verdicts := make([]aup.Verdict, len(received))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range received {
		g.Go(func() error {
			verdicts[i] = h.Classifier.Classify(&received[i].Received.Document)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var events []aup.Event
	for i, v := range verdicts {
		r, err := h.Store.Report(context.WithoutCancel(ctx), received[i].Report)
		if err != nil {
			return err
		}
		if !r.Sealed || !aup.Blind(ctx) {
			tell(out, shift(r, v))
		}
		if h.Record && (r.Policy != v.Policy || r.Model != v.Model) {
			events = append(events, aup.NewReclassified(r, v, h.Who, h.Now))
		}
	}
	if len(events) == 0 {
		return nil
	}
	return h.Store.Append(context.WithoutCancel(ctx), events)
}

// tell adds a shift to what is said.
func tell(out *aup.Rehearsal, s aup.Shift) {
	out.Reports++
	if out.ByShift[s.What]++; s.What != aup.ShiftNone {
		out.Shifts = append(out.Shifts, s)
	}
}

// shift says how a verdict differs from the one that a report has.
func shift(r aup.Report, v aup.Verdict) aup.Shift {
	s := aup.Shift{
		Report: r.ID, Subject: r.Subject, What: aup.ShiftNone, Decided: r.Decision != nil,
		From: aup.Brief{Outcome: r.Outcome, Primary: r.Primary, Clauses: r.Clauses},
		To:   aup.Brief{Outcome: v.Outcome, Primary: v.Primary, Clauses: v.Clauses},
	}
	if r.Sealed || v.Sealed {
		s.Subject = ""
	}
	switch {
	case r.Outcome == v.Outcome && r.Primary == v.Primary && slices.Equal(r.Clauses, v.Clauses):
	case v.Outcome == aup.OutcomeException:
		s.What = aup.ShiftPermitted
	case v.Primary == aup.None && r.Primary != aup.None:
		s.What = aup.ShiftLost
	case v.Primary != aup.None && r.Primary == aup.None:
		s.What = aup.ShiftMatched
	case r.Primary != v.Primary || !slices.Equal(r.Clauses, v.Clauses):
		s.What = aup.ShiftMoved
	}
	return s
}
