// Package desk is the backlog as somebody may use it: every call is by the
// [aup.Principal] of its context, needs the right to it, shows of a sealed
// report what that one may see, and leaves in the log who opened one. Console
// and API stand on it, so that none of them can forget. What may be found,
// compared and counted of a sealed report the store decides, by the same
// context (see [aup.Blind]).
//
// It also holds what operators do beyond a single action: taking the next free
// report, and saved filters.
package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"time"

	"aupd/internal/aup"
)

// A Desk is an [aup.Backlog] and an [aup.Triager] for whoever the context of a
// call names; what they may not do is aup.ErrForbidden. It is safe for
// concurrent use.
type Desk struct {
	backlog  aup.Backlog
	triager  aup.Triager
	searcher aup.Searcher // nil where words are not searched
	prover   aup.Prover   // nil where no evidence is given
}

// New returns the desk for a backlog and the work on it.
func New(b aup.Backlog, t aup.Triager) *Desk { return &Desk{backlog: b, triager: t} }

// Searching returns the same desk with s to find words; nil for none.
func (d *Desk) Searching(s aup.Searcher) *Desk { return &Desk{d.backlog, d.triager, s, d.prover} }

// Proving returns the same desk with p to prove what it says; nil for none.
func (d *Desk) Proving(p aup.Prover) *Desk { return &Desk{d.backlog, d.triager, d.searcher, p} }

// need returns who asks, when they have the right.
func need(ctx context.Context, r aup.Right) (aup.Principal, error) {
	p := aup.PrincipalOf(ctx)
	return p, p.Need(r)
}

// Reports implements [aup.Backlog]. Words are searched for where the desk can.
func (d *Desk) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	if q.Text != "" && d.searcher != nil {
		return d.found(ctx, q)
	}
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return aup.Page{}, err
	}
	page, err := d.backlog.Reports(ctx, q)
	for i, r := range page.Reports {
		page.Reports[i] = p.See(r)
	}
	return page, err
}

// Report implements [aup.Backlog].
func (d *Desk) Report(ctx context.Context, id aup.ReportID) (aup.Report, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return aup.Report{}, err
	}
	r, err := d.backlog.Report(ctx, id)
	return p.See(r), err
}

// Document implements [aup.Backlog]. That of a sealed report is for those who
// are cleared, and the log says who read it.
func (d *Desk) Document(ctx context.Context, id aup.ReportID) (aup.Document, error) {
	r, err := d.open(ctx, id)
	if err != nil {
		return aup.Document{}, err
	}
	return d.backlog.Document(ctx, r.ID)
}

// Raw implements [aup.Backlog], as Document does.
func (d *Desk) Raw(ctx context.Context, id aup.ReportID) (io.ReadCloser, error) {
	r, err := d.open(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.backlog.Raw(ctx, r.ID)
}

// Message returns what Document and Raw do, in one opening. The caller closes
// the message.
func (d *Desk) Message(ctx context.Context, id aup.ReportID) (aup.Document, io.ReadCloser, error) {
	r, err := d.open(ctx, id)
	if err != nil {
		return aup.Document{}, nil, err
	}
	doc, err := d.backlog.Document(ctx, r.ID)
	if err != nil {
		return doc, nil, err
	}
	raw, err := d.backlog.Raw(ctx, r.ID)
	return doc, raw, err
}

func (d *Desk) open(ctx context.Context, id aup.ReportID) (aup.Report, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return aup.Report{}, err
	}
	r, err := d.backlog.Report(ctx, id)
	if err != nil {
		return r, err
	}
	return r, Open(ctx, d.triager, p, r)
}

// Open is to be called before the content of r is shown to p. For a sealed
// report it needs the right to it and records the opening; for any other it
// does nothing.
func Open(ctx context.Context, t aup.Triager, p aup.Principal, r aup.Report) error {
	if !r.Sealed {
		return nil
	}
	if err := p.Need(aup.RightContent); err != nil {
		return fmt.Errorf("report %s is sealed: %w", r.ID, err)
	}
	// Every opening is a fact of its own, however often it happens.
	_, err := t.Act(ctx, p.Actor(), r.ID, aup.Action{Do: aup.EventOpened, Key: rand.Text()})
	return err
}

// Status implements [aup.Backlog].
func (d *Desk) Status(ctx context.Context) (aup.Status, error) {
	if _, err := need(ctx, aup.RightRead); err != nil {
		return aup.Status{}, err
	}
	return d.backlog.Status(ctx)
}

// Act implements [aup.Triager]. Who acts is the principal of ctx, whatever the
// second argument says.
func (d *Desk) Act(ctx context.Context, _ aup.Actor, id aup.ReportID, a aup.Action) (aup.Report, error) {
	p, err := need(ctx, aup.RightTriage)
	if err != nil {
		return aup.Report{}, err
	}
	if err := offered(a); err != nil {
		return aup.Report{}, err
	}
	if a, err = d.forOthers(ctx, p, id, a); err != nil {
		return aup.Report{}, err
	}
	r, err := d.triager.Act(ctx, p.Actor(), id, a)
	return p.See(r), err
}

// offered refuses what is recorded by the desk alone.
func offered(a aup.Action) error {
	if slices.Contains(aup.ActionKinds, a.Do) {
		return nil
	}
	return fmt.Errorf("%q is no action: %w", a.Do, aup.ErrInvalid)
}

// forOthers refuses to end a claim or undo an action of somebody else without
// the right to, and ties the action to the revision that was looked at.
func (d *Desk) forOthers(ctx context.Context, p aup.Principal, id aup.ReportID, a aup.Action) (aup.Action, error) {
	if a.Do != aup.EventReleased && a.Do != aup.EventUndone || p.May(aup.RightBulk) {
		return a, nil
	}
	r, err := d.backlog.Report(ctx, id)
	if err != nil {
		return a, err
	}
	of := r.ClaimedBy(time.Now())
	if n := len(r.Steps); a.Do == aup.EventUndone && n > 0 {
		of = r.Steps[n-1].By
	}
	if of != "" && of != p.Name {
		return a, fmt.Errorf("report %s: that is %s's: %w", r.ID, of, p.Need(aup.RightBulk))
	}
	if a.Saw == 0 {
		a.Saw = r.Revision
	}
	return a, nil
}

// Bulk implements [aup.Triager]. Who acts is the principal of ctx.
func (d *Desk) Bulk(ctx context.Context, _ aup.Actor, b aup.Bulk) ([]aup.BulkResult, error) {
	p, err := need(ctx, aup.RightBulk)
	if err != nil {
		return nil, err
	}
	if err := offered(b.Action); err != nil {
		return nil, err
	}
	out, err := d.triager.Bulk(ctx, p.Actor(), b)
	for i := range out {
		if out[i].Sealed && !p.May(aup.RightContent) {
			out[i].Subject = ""
		}
	}
	return out, err
}

// Events implements [aup.Triager]. The whole log needs the right to audit.
func (d *Desk) Events(ctx context.Context, q aup.EventQuery) (aup.EventPage, error) {
	right := aup.RightRead
	if q.Report == "" {
		right = aup.RightAudit
	}
	if _, err := need(ctx, right); err != nil {
		return aup.EventPage{}, err
	}
	return d.triager.Events(ctx, q)
}

// Similar implements [aup.Triager].
func (d *Desk) Similar(ctx context.Context, id aup.ReportID, limit int) ([]aup.Similar, error) {
	if _, err := need(ctx, aup.RightRead); err != nil {
		return nil, err
	}
	return d.triager.Similar(ctx, id, limit)
}

// Cases implements [aup.Triager].
func (d *Desk) Cases(ctx context.Context, limit int) ([]aup.Case, error) {
	p, err := need(ctx, aup.RightRead)
	if err != nil {
		return nil, err
	}
	out, err := d.triager.Cases(ctx, limit)
	for i := range out {
		if out[i].Sealed && !p.May(aup.RightContent) {
			out[i].Subject = ""
		}
	}
	return out, err
}

// Numbers implements [aup.Triager].
func (d *Desk) Numbers(ctx context.Context, since time.Time) (aup.Numbers, error) {
	if _, err := need(ctx, aup.RightRead); err != nil {
		return aup.Numbers{}, err
	}
	return d.triager.Numbers(ctx, since)
}
