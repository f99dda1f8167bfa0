package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// Reports implements [aup.Backlog]. The most telling condition of q picks the
// index that is scanned; the others are checked on each report.
func (s *Store) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	page := aup.Page{Reports: []aup.Report{}}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		prefix := indexKey(scanTerm(view, q), nil)
		from, err := startAt(view, prefix, q.After)
		if err != nil {
			return err
		}
		c := view.Bucket(bucketIndex).Cursor()
		k, v := c.Seek(from)
		for k, v = back(c, k, v, from); bytes.HasPrefix(k, prefix); k, v = c.Prev() {
			if err := ctx.Err(); err != nil {
				return err
			}
			received, id := parseIndexValue(v)
			if !q.Since.IsZero() && received.Before(q.Since) || !q.Until.IsZero() && !received.Before(q.Until) {
				continue
			}
			r, _, err := readReport(view, id)
			if err != nil {
				return err
			}
			if !matches(r, q) {
				continue
			}
			if q.Limit > 0 && len(page.Reports) == q.Limit {
				page.Next = page.Reports[len(page.Reports)-1].ID
				return nil
			}
			page.Reports = append(page.Reports, r)
		}
		return nil
	})
	return page, err
}

// scanTerm returns the term of q that the fewest reports have.
func scanTerm(view *bbolt.Bucket, q aup.Query) string {
	best := termAll
	for _, t := range []struct{ prefix, value string }{
		{termGroup, string(q.Clause)}, {termOutcome, string(q.Outcome)}, {termMailbox, q.Mailbox},
	} {
		counts := view.Bucket(bucketCounts)
		if t.value != "" && readCount(counts.Get([]byte(t.prefix+t.value))) <= readCount(counts.Get([]byte(best))) {
			best = t.prefix + t.value
		}
	}
	return best
}

// startAt returns the key that the scan stays below: behind the last one of
// the index, or the report that the earlier page ended with.
func startAt(view *bbolt.Bucket, prefix []byte, after aup.ReportID) ([]byte, error) {
	if after == "" {
		return append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, 9)...), nil
	}
	_, first, err := readReport(view, after)
	if err != nil {
		return nil, fmt.Errorf("continue after: %w", err)
	}
	return append(bytes.Clone(prefix), seqKey(first)...), nil
}

// back steps from where Seek(from) came to rest to the last key below from.
func back(c *bbolt.Cursor, k, v, from []byte) ([]byte, []byte) {
	if k == nil {
		k, v = c.Last()
	}
	for k != nil && bytes.Compare(k, from) >= 0 {
		k, v = c.Prev()
	}
	return k, v
}

// matches reports whether r has every term of q.
func matches(r aup.Report, q aup.Query) bool {
	has := terms(r)
	for _, t := range []struct{ prefix, value string }{
		{termGroup, string(q.Clause)}, {termOutcome, string(q.Outcome)}, {termMailbox, q.Mailbox},
	} {
		if t.value != "" && !slices.Contains(has, t.prefix+t.value) {
			return false
		}
	}
	return true
}

// Report implements [aup.Backlog].
func (s *Store) Report(ctx context.Context, id aup.ReportID) (r aup.Report, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		full, err := complete(view, id)
		if err != nil {
			return err
		}
		r, _, err = readReport(view, full)
		return err
	})
	return r, err
}

// complete returns the one id that begins with what a person wrote of it.
func complete(view *bbolt.Bucket, id aup.ReportID) (aup.ReportID, error) {
	if whole, err := aup.ParseReportID(string(id)); err == nil && reportRow(view, whole) != nil {
		return whole, nil
	}
	want := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(string(id))), "-", "")
	if want == "" {
		return "", fmt.Errorf("report id: empty: %w", aup.ErrInvalid)
	}
	var b strings.Builder
	for i, c := range want {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	prefix := []byte(b.String())
	c := view.Bucket(bucketReports).Cursor()
	k, _ := c.Seek(prefix)
	if !bytes.HasPrefix(k, prefix) {
		if len(want) >= 12 {
			if _, err := aup.ParseReportID(string(id)); err != nil {
				return "", fmt.Errorf("%v: %w", err, aup.ErrNotFound)
			}
		}
		return "", fmt.Errorf("report %s: %w", id, aup.ErrNotFound)
	}
	found := aup.ReportID(k)
	if k, _ := c.Next(); bytes.HasPrefix(k, prefix) {
		return "", fmt.Errorf("report %s: several ids begin with it, such as %s and %s: write more of it: %w", id, found, k, aup.ErrConflict)
	}
	return found, nil
}

// Document implements [aup.Backlog].
func (s *Store) Document(ctx context.Context, id aup.ReportID) (doc aup.Document, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		full, err := complete(view, id)
		if err != nil {
			return err
		}
		_, first, err := readReport(view, full)
		if err != nil {
			return err
		}
		e, _, err := decodeEvent(tx.Bucket(bucketLog).Get(seqKey(first)))
		if err != nil {
			return fmt.Errorf("report %s: its event %d: %w", full, first, err)
		}
		if e.Received == nil {
			return fmt.Errorf("report %s: its event %d is no received event: %w", full, first, aup.ErrDamaged)
		}
		doc = e.Received.Document
		return nil
	})
	return doc, err
}

// Status implements [aup.Backlog].
func (s *Store) Status(ctx context.Context) (st aup.Status, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		counts := view.Bucket(bucketCounts)
		st.Reports = int(readCount(counts.Get([]byte(termAll))))
		st.Urgent = int(readCount(counts.Get([]byte(termUrgent))))
		st.ByOutcome = countsOf[aup.Outcome](view, termOutcome)
		st.ByClause = countsOf[aup.ClauseID](view, termClause)
		st.Events, _ = head(tx)
		st.StoreBytes = tx.Size()
		if _, id := view.Bucket(bucketOrder).Cursor().Last(); id != nil {
			r, _, err := readReport(view, aup.ReportID(id))
			if err != nil {
				return err
			}
			st.Newest = r.Received
		}
		st.Folders, err = folders(tx)
		return err
	})
	return st, err
}
