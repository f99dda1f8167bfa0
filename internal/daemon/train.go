package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/policy"
)

const (
	// fewest is how many decisions a trial needs: of fewer, a single one more
	// or less says nothing.
	fewest = 10
	// most is how many decisions are learned from, the last ones: what was
	// decided long ago was decided under other habits.
	most = 2000
)

// Train implements [aup.Trainer].
func (l Library) Train(ctx context.Context, who aup.Actor, r aup.TrainRequest) (aup.Trained, error) {
	set, err := l.InForce(ctx)
	if err != nil {
		return aup.Trained{}, err
	}
	shipped, err := classify.NewPanel(set)
	if err != nil {
		return aup.Trained{}, err
	}
	head, err := l.Store.Log().Head(ctx)
	if err != nil {
		return aup.Trained{}, err
	}
	t, panel := aup.Trained{Model: shipped.Model()}, shipped
	if !r.Revert {
		if t, panel, err = l.trial(ctx, shipped, head); err != nil {
			return t, err
		}
		if t.After < t.Before && !r.Force && !r.DryRun {
			return t, fmt.Errorf("of %d decisions kept out of the training, %.0f%% are found with it and %.0f%% without: it is not taken over; --force does so all the same: %w",
				t.Held, 100*t.After, 100*t.Before, aup.ErrConflict)
		}
	}
	if r.DryRun {
		return t, nil
	}
	// Between the head and the append others may write: the model is of the
	// decisions up to the head all the same.
	if err := l.Store.Append(ctx, []aup.Event{aup.NewTrained(t, head, who, time.Now())}); err != nil {
		return t, err
	}
	if l.Applied != nil {
		l.Applied(set, panel)
	}
	return t, nil
}

// trial trains on a part of the decisions and measures on the rest, then trains
// on all.
func (l Library) trial(ctx context.Context, shipped *classify.Panel, upTo aup.Seq) (aup.Trained, *classify.Panel, error) {
	all, err := l.decisions(ctx, upTo)
	if err != nil {
		return aup.Trained{}, nil, err
	}
	if len(all) < fewest {
		return aup.Trained{}, nil, fmt.Errorf("%d decisions to learn from: at least %d are needed to tell whether it helps: %w", len(all), fewest, aup.ErrInvalid)
	}
	t := aup.Trained{UpTo: upTo, Decisions: len(all)}
	var taught, held []classify.Decided
	for _, d := range all {
		if !d.asFound {
			t.Corrections++
		}
		// By the message's hash, so that a report stays on its side for ever.
		if d.hash[0]%4 == 0 {
			held = append(held, d.Decided)
		} else {
			taught = append(taught, d.Decided)
		}
	}
	t.Held = len(held)
	t.Before, t.After = found(shipped, held), found(shipped.Adapt(taught), held)
	panel := shipped.Adapt(decided(all))
	t.Model = panel.Model()
	return t, panel, nil
}

// found is the share of decisions whose primary clause a panel finds; 1 of none.
func found(p *classify.Panel, decisions []classify.Decided) float64 {
	if len(decisions) == 0 {
		return 1
	}
	n := 0
	for _, d := range decisions {
		want := aup.None
		if len(d.Clauses) > 0 {
			want = d.Clauses[0]
		}
		if p.Classify(d.Document).Primary == want {
			n++
		}
	}
	return float64(n) / float64(len(decisions))
}

// A decision is what holds of a report up to an event of the log.
type decision struct {
	classify.Decided
	hash    aup.Hash
	asFound bool
}

func decided(all []decision) []classify.Decided {
	out := make([]classify.Decided, len(all))
	for i, d := range all {
		out[i] = d.Decided
	}
	return out
}

// decisions returns the decisions that held after an event, in the order in
// which they were taken, the last ones of many.
func (l Library) decisions(ctx context.Context, upTo aup.Seq) ([]decision, error) {
	reports := make(map[aup.ReportID]aup.Report)
	for e, err := range l.Store.Log().Read(ctx, 1) {
		if err != nil {
			return nil, err
		}
		if e.Seq > upTo {
			break
		}
		if e.Report == "" {
			continue
		}
		r, err := reports[e.Report].Apply(e)
		if err != nil {
			return nil, err
		}
		// What a decision follows from, and no more: there may be many reports.
		r.Findings, r.Traces, r.Problems, r.Sources = nil, nil, nil, nil
		reports[e.Report] = r
	}
	var last []aup.Report
	for _, r := range reports {
		if r.Decision != nil {
			last = append(last, r)
		}
	}
	slices.SortFunc(last, func(a, b aup.Report) int { return int(a.Decision.Seq) - int(b.Decision.Seq) })
	last = last[max(0, len(last)-most):]
	out := make([]decision, 0, len(last))
	for _, r := range last {
		doc, err := l.Store.Document(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		d := decision{Decided: classify.Decided{Document: &doc}, hash: r.SHA256, asFound: r.Decision.AsClassified}
		for _, pin := range r.Decision.Clauses {
			d.Clauses = append(d.Clauses, pin.Clause)
		}
		out = append(out, d)
	}
	return out, nil
}

// Panel returns the classifier for set with what the log says that it learned.
func (l Library) Panel(ctx context.Context, set *policy.Set) (*classify.Panel, error) {
	p, err := classify.NewPanel(set)
	if err != nil {
		return nil, err
	}
	t, err := l.Store.Trained(ctx)
	if err != nil || t.UpTo == 0 {
		return p, err
	}
	all, err := l.decisions(ctx, t.UpTo)
	if err != nil {
		return nil, err
	}
	return p.Adapt(decided(all)), nil
}
