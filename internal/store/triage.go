package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// Act implements [aup.Triager].
func (s *Store) Act(ctx context.Context, who aup.Actor, id aup.ReportID, a aup.Action) (r aup.Report, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		r, err = s.actOne(tx, who, id, a)
		return err
	})
	if err == nil {
		s.grown()
	}
	return r, err
}

// Bulk implements [aup.Triager]. All that can be done is done in one
// transaction.
func (s *Store) Bulk(ctx context.Context, who aup.Actor, b aup.Bulk) (out []aup.BulkResult, err error) {
	if len(b.Reports) > maxBulk {
		return nil, fmt.Errorf("%d reports at once: at most %d: %w", len(b.Reports), maxBulk, aup.ErrInvalid)
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		out = nil
		for _, sight := range b.Reports {
			if err := ctx.Err(); err != nil {
				return err
			}
			a := b.Action
			a.Saw = sight.Saw
			r, err := s.actOne(tx, who, sight.ID, a)
			res := aup.BulkResult{ID: sight.ID, Subject: r.Subject, Sealed: r.Sealed, Revision: r.Revision}
			if err != nil {
				if !refused(err) {
					return err
				}
				res.Skipped = err.Error()
			}
			out = append(out, res)
		}
		if b.Preview {
			return errPreview
		}
		return nil
	})
	if errors.Is(err, errPreview) {
		return out, nil
	}
	if err == nil {
		s.grown()
	}
	return out, err
}

// errPreview ends a transaction that must leave nothing.
var errPreview = errors.New("leave nothing")

// maxBulk keeps one transaction short while others wait for it.
const maxBulk = 1000

// refused reports whether err is about the report or the action, and not about
// the store.
func refused(err error) bool {
	return errors.Is(err, aup.ErrConflict) || errors.Is(err, aup.ErrInvalid) || errors.Is(err, aup.ErrNotFound)
}

func (s *Store) actOne(tx *bbolt.Tx, who aup.Actor, id aup.ReportID, a aup.Action) (aup.Report, error) {
	if who.Name == "" {
		return aup.Report{}, fmt.Errorf("an action by nobody: %w", aup.ErrInvalid)
	}
	view := tx.Bucket(bucketView)
	full, err := complete(view, id)
	if err != nil {
		return aup.Report{}, err
	}
	r, err := s.read(view, full)
	if err != nil {
		return r, err
	}
	if a.Key != "" && tx.Bucket(bucketKeys).Get([]byte(aup.ActionKey(full, who, a.Key))) != nil {
		return r, nil
	}
	var events []aup.Event
	if a.Do == aup.EventLinked && a.With != "" {
		if a, events, err = s.caseOf(tx, who, r, a); err != nil {
			return r, err
		}
	}
	e, err := r.Act(a, who, s.now(), s.pinner())
	if err != nil {
		return r, err
	}
	for _, e := range append(events, e) {
		if _, err := appendEvents(tx, e); err != nil {
			return r, err
		}
	}
	after, err := s.read(view, full)
	return after, err
}

// caseOf turns a link with another report into a link to its case, and returns
// the event with which that begins where there is none.
func (s *Store) caseOf(tx *bbolt.Tx, who aup.Actor, r aup.Report, a aup.Action) (aup.Action, []aup.Event, error) {
	view := tx.Bucket(bucketView)
	with, err := complete(view, a.With)
	if err != nil {
		return a, nil, err
	}
	other, _, err := readReport(view, with)
	if err != nil {
		return a, nil, err
	}
	if with == r.ID {
		return a, nil, fmt.Errorf("report %s is not linked to itself: %w", r.ID, aup.ErrInvalid)
	}
	a.Case, a.With = other.Case, ""
	if a.Case != "" {
		return a, nil, nil
	}
	a.Case = aup.NewCaseID(with)
	e, err := other.Act(aup.Action{Do: aup.EventLinked, Case: a.Case, Reason: "the case begins with it"}, who, s.now(), s.pinner())
	return a, []aup.Event{e}, err
}

// maxFollow is how many events back in a thread are looked up.
const maxFollow = 20

// follow links r, which was just recorded, to the case of the report that it
// answers, where the same sender wrote both: anybody can name a Message-ID. What
// answers a sealed report has its subject and its sender, and is sealed too.
func (s *Store) follow(tx *bbolt.Tx, r aup.Report) error {
	view, id := tx.Bucket(bucketView), r.ID
	for _, message := range r.Thread[:min(len(r.Thread), maxFollow)] {
		prefix := messageKey(message)
		k, v := view.Bucket(bucketMessages).Cursor().Seek(prefix)
		earlier := aup.ReportID(v)
		if prefix == nil || !bytes.HasPrefix(k, prefix) || earlier == id {
			continue
		}
		first, _, err := readReport(view, earlier)
		if err != nil {
			return err
		}
		if senderAddress(first.From) != senderAddress(r.From) {
			continue
		}
		_, err = s.actOne(tx, aup.Actor{Name: "aupd", From: "thread"}, id,
			aup.Action{Do: aup.EventLinked, With: earlier, Reason: "answers " + string(earlier) + " by the same sender", Seals: first.Sealed})
		if refused(err) {
			return nil
		}
		return err
	}
	return nil
}

// Events implements [aup.Triager].
func (s *Store) Events(ctx context.Context, q aup.EventQuery) (page aup.EventPage, err error) {
	page.Events = []aup.Event{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		next := func(c *bbolt.Cursor) []byte { k, _ := c.Next(); return k }
		c, start, prefix := tx.Bucket(bucketLog).Cursor(), seqKey(q.After+1), ""
		if q.Report != "" {
			view := tx.Bucket(bucketView)
			id, err := complete(view, q.Report)
			if err != nil {
				return err
			}
			number := numberOf(view, id)
			c, start, prefix = view.Bucket(bucketHistory).Cursor(), append(bytes.Clone(number), seqKey(q.After+1)...), string(number)
		}
		k, _ := c.Seek(start)
		for ; k != nil && len(k) == len(prefix)+8 && string(k[:len(prefix)]) == prefix; k = next(c) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if q.Limit > 0 && len(page.Events) == q.Limit {
				page.Next = page.Events[len(page.Events)-1].Seq
				return nil
			}
			e, _, err := decodeEvent(tx.Bucket(bucketLog).Get(k[len(prefix):]))
			if err != nil {
				return fmt.Errorf("event %x: %w", k[len(prefix):], err)
			}
			if e.Received != nil {
				e.Received.Document = aup.Document{}
			}
			if aup.Blind(ctx) {
				if e, err = unsealed(tx, e); err != nil {
					return err
				}
			}
			page.Events = append(page.Events, e)
		}
		return nil
	})
	return page, err
}

// unsealed returns e as those see it who are not cleared for sealed reports. How
// a near miss was settled tells of the report that it became.
func unsealed(tx *bbolt.Tx, e aup.Event) (aup.Event, error) {
	id := e.Report
	if e.Settled != nil {
		row, err := ledgerRow(tx, e.Settled.Source.Epoch(), e.Settled.Source.UID)
		if err != nil {
			return e, err
		}
		id = row.Report
	}
	if isSealed(tx, id) {
		e = e.Redacted()
	}
	return e, nil
}

// isSealed reports whether there is a report with that id and it is sealed.
func isSealed(tx *bbolt.Tx, id aup.ReportID) bool {
	view := tx.Bucket(bucketView)
	seq := numberOf(view, id)
	return seq != nil && hasTerm(indexOf(view).row(seq), termSealed)
}

// historyKey returns the key of event n of the report with the number first.
func historyKey(first, n aup.Seq) []byte { return append(seqKey(first), seqKey(n)...) }
