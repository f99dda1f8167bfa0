package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The queue holds the open reports in short rows, from which their order
// follows without reading them. A row is
//
//	<0 if urgent, else 1><priority: 0 high, 1 normal, 2 low><severity's rank><when it was received, 8 bytes><id>
//
// Deadlines are no part of it, since they follow from the configuration.

// A place is a row of the queue.
type place struct {
	seq, row []byte
	urgent   bool
	priority byte
	severity aup.Severity
	received time.Time
	id       aup.ReportID
	due      time.Time
}

// queueUp puts a report into the queue, or takes it out.
func queueUp(view *bbolt.Bucket, r aup.Report, seq []byte) error {
	q := view.Bucket(bucketQueue)
	if !r.State.Open() {
		return q.Delete(seq)
	}
	row := []byte{1, 1, byte(r.Severity.Rank())}
	if r.Urgent != "" {
		row[0] = 0
	}
	switch r.Priority {
	case aup.PriorityHigh:
		row[1] = 0
	case aup.PriorityLow:
		row[1] = 2
	case aup.PriorityNormal:
	}
	row = binary.BigEndian.AppendUint64(row, uint64(r.Received.UnixNano()))
	return q.Put(seq, append(row, r.ID...))
}

func (s *Store) place(seq, row []byte) (place, bool) {
	if len(row) < 12 {
		return place{}, false
	}
	p := place{
		seq: seq, row: row, urgent: row[0] == 0, priority: row[1],
		received: time.Unix(0, int64(binary.BigEndian.Uint64(row[3:]))).UTC(), id: aup.ReportID(row[11:]),
	}
	if int(row[2]) < len(aup.Severities) {
		p.severity = aup.Severities[row[2]]
	}
	p.due = s.deadlines().Due(p.severity, p.urgent, p.received)
	return p, true
}

// before is the order of the queue: urgent ones, then by the operators'
// priority, then by deadline, then by age.
func before(a, b place) int {
	first := func(x bool) int {
		if x {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(first(a.urgent), first(b.urgent)), cmp.Compare(a.priority, b.priority),
		cmp.Compare(first(!a.due.IsZero()), first(!b.due.IsZero())), a.due.Compare(b.due),
		a.received.Compare(b.received), bytes.Compare(a.seq, b.seq),
	)
}

// cursor returns where a page ends whose last report is at p. It holds the place
// itself: the next page goes on from there whatever became of the report.
func (p place) cursor() aup.Cursor {
	return aup.Cursor(base64.RawURLEncoding.EncodeToString(slices.Concat(p.seq, p.row)))
}

// placeAt reads a cursor of the queue.
func (s *Store) placeAt(c aup.Cursor) (place, error) {
	key, err := base64.RawURLEncoding.DecodeString(string(c))
	if err == nil && len(key) > 8 {
		if p, ok := s.place(key[:8], key[8:]); ok {
			return p, nil
		}
	}
	return place{}, fmt.Errorf("continue after %q: want the next of an earlier page of the queue: %w", c, aup.ErrInvalid)
}

// overdue counts the open reports whose deadline has passed.
func (s *Store) overdue(view *bbolt.Bucket) (n int) {
	now := s.now()
	c := view.Bucket(bucketQueue).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if p, ok := s.place(k, v); ok && !p.due.IsZero() && p.due.Before(now) {
			n++
		}
	}
	return n
}

// queue returns the page of open reports that f finds, in the queue's order.
func (s *Store) queue(ctx context.Context, f *finder) (aup.Page, error) {
	page := aup.Page{Reports: []aup.Report{}}
	var all []place
	c := f.view.Bucket(bucketQueue).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return page, err
		}
		p, ok := s.place(k, v)
		if !ok || !f.between(p.received) {
			continue
		}
		row := f.index.row(k)
		if !f.has(k, row) {
			continue
		}
		if ok, err := f.stands(row, p.id); err != nil {
			return page, err
		} else if ok {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, before)
	page.Total = len(all)
	if f.q.After != "" {
		last, err := s.placeAt(f.q.After)
		if err != nil {
			return page, err
		}
		all = slices.DeleteFunc(all, func(p place) bool { return before(p, last) <= 0 })
	}
	for i, p := range all {
		if f.q.Limit > 0 && i == f.q.Limit {
			page.Next = all[i-1].cursor()
			break
		}
		r, err := s.read(f.view, p.id)
		if err != nil {
			return page, err
		}
		page.Reports = append(page.Reports, r)
	}
	return page, nil
}
