package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// maxCount is up to how many reports a page says how many there are.
const maxCount = 1000

// Reports implements [aup.Backlog].
func (s *Store) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	page := aup.Page{Reports: []aup.Report{}}
	if err := q.Check(); err != nil {
		return page, err
	}
	if q.Text != "" && q.Among == nil {
		return page, fmt.Errorf("words %q: the search index answers those, ask for them with \"aupd search\": %w", q.Text, aup.ErrInvalid)
	}
	err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
		f := newFinder(ctx, tx.Bucket(bucketView), q, s.now())
		if q.Order == aup.OrderQueue {
			page, err = s.queue(ctx, f)
			return err
		}
		page, err = s.newest(ctx, f)
		return err
	})
	return page, err
}

// newest returns the page that f finds, newest first.
func (s *Store) newest(ctx context.Context, f *finder) (page aup.Page, err error) {
	page.Reports = []aup.Report{}
	if page.Total, page.More, err = f.count(ctx, maxCount); err != nil {
		return page, err
	}
	after, err := f.after()
	if err != nil {
		return page, err
	}
	for h, err := range f.hits(ctx, after) {
		if err != nil {
			return page, err
		}
		if f.q.Limit > 0 && len(page.Reports) == f.q.Limit {
			page.Next = aup.Cursor(page.Reports[len(page.Reports)-1].ID)
			return page, nil
		}
		r, err := s.read(f.view, h.id)
		if err != nil {
			return page, err
		}
		page.Reports = append(page.Reports, r)
	}
	return page, nil
}

// read returns the report as readers see it: with its findings and its deadline.
func (s *Store) read(view *bbolt.Bucket, id aup.ReportID) (aup.Report, error) {
	r, first, err := readReport(view, id)
	if err != nil {
		return r, err
	}
	if r.Findings, err = readFindings(view, first); err != nil {
		err = fmt.Errorf("report %s: %w", id, err)
	}
	if r.State.Open() {
		r.Due = s.deadlines().Due(r.Severity, r.Urgent != "", r.Received)
	}
	return r, err
}

// Report implements [aup.Backlog].
func (s *Store) Report(ctx context.Context, id aup.ReportID) (r aup.Report, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		full, err := complete(view, id)
		if err != nil {
			return err
		}
		r, err = s.read(view, full)
		return err
	})
	return r, err
}

// complete returns the one id that begins with what a person wrote of it.
func complete(view *bbolt.Bucket, id aup.ReportID) (aup.ReportID, error) {
	if whole, err := aup.ParseReportID(string(id)); err == nil && numberOf(view, whole) != nil {
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
	c := view.Bucket(bucketIDs).Cursor()
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
		st.ByState = countsOf[aup.State](view, termState)
		st.Overdue = s.overdue(view)
		st.Events, _ = head(tx)
		st.StoreBytes = tx.Size()
		if _, row := view.Bucket(bucketReports).Cursor().Last(); row != nil {
			r, err := decodeReport(row)
			if err != nil {
				return fmt.Errorf("the newest report: %w", err)
			}
			st.Newest = r.Received
		}
		if st.OpenNearMisses, err = openNearMisses(tx); err != nil {
			return err
		}
		st.Folders, err = folders(tx)
		return err
	})
	return st, err
}
