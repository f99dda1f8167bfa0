package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aupd/internal/aup"
)

// nextPage is how many reports of the queue are looked at together: the first
// is nearly always free.
const nextPage = 20

// Next claims the next free report of the queue for whoever ctx names, until a
// time, the zero time for as long as a claim lasts by itself. q narrows down
// which; its order and page do not count. A report is free when it is new,
// assigned to nobody else, and not sealed to who asks. ErrNotFound when none
// is. Two who ask at the same time are given different ones.
func (d *Desk) Next(ctx context.Context, q aup.Query, until time.Time) (aup.Report, error) {
	if _, err := need(ctx, aup.RightTriage); err != nil {
		return aup.Report{}, err
	}
	return Next(ctx, d, d, q, until)
}

// Next is [Desk.Next] for a backlog that was opened otherwise.
func Next(ctx context.Context, b aup.Backlog, t aup.Triager, q aup.Query, until time.Time) (aup.Report, error) {
	p := aup.PrincipalOf(ctx)
	q.Order, q.Limit, q.After = aup.OrderQueue, nextPage, ""
	if q.State == "" {
		q.State = aup.StateNew
	}
	for {
		page, err := b.Reports(ctx, q)
		if err != nil {
			return aup.Report{}, err
		}
		for _, r := range page.Reports {
			if r.Assignee != "" && r.Assignee != p.Name || r.Sealed && !p.May(aup.RightContent) {
				continue
			}
			got, err := t.Act(ctx, p.Actor(), r.ID, aup.Action{Do: aup.EventClaimed, Until: until, Saw: r.Revision})
			if errors.Is(err, aup.ErrConflict) {
				continue // somebody was faster
			}
			return got, err
		}
		if page.Next == "" {
			return aup.Report{}, fmt.Errorf("no report waits for you: %w", aup.ErrNotFound)
		}
		q.After = page.Next
	}
}
