package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The row of a message that is a report is
//
//	hashes/<hash, 32 bytes> = <id>\0<the number that its chunks lie under, 8 bytes>
//
// with the id alone where they lie in the bucket raw: see raw.go.

// recordedAs returns the report that the row of a message names; empty for no
// row.
func recordedAs(row []byte) aup.ReportID {
	id, _, _ := bytes.Cut(row, []byte{0})
	return aup.ReportID(id)
}

// placed returns where the chunks lie of the message with that row and hash.
func placed(row []byte, h aup.Hash) body {
	_, number, numbered := bytes.Cut(row, []byte{0})
	if !numbered {
		number = nil
	}
	return body{number, h}
}

// maxInline is how many bytes of raw messages one transaction takes: bbolt
// keeps what a transaction writes in memory.
const maxInline = 4 << 20

// Known reports whether the message with hash h is a report.
func (s *Store) Known(ctx context.Context, h aup.Hash) (known bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		known = tx.Bucket(bucketHashes).Get(h[:]) != nil
		return nil
	})
	return known, err
}

// Record makes each intake durable: its events, its raw message, and the
// ledger row of its source, in one transaction. Bytes that are a report
// already are not recorded again; the report gets one more source. Several
// intakes share a transaction while they are small. On an error some at the
// start of the batch may be durable: recording them again changes nothing.
func (s *Store) Record(ctx context.Context, batch []aup.Intake) ([]aup.Receipt, error) {
	receipts := make([]aup.Receipt, 0, len(batch))
	for len(batch) > 0 {
		n, inline := 0, int64(0)
		for n < len(batch) {
			m := batch[n].Mail
			if m.Size <= maxWhole {
				inline += m.Size
			} else if err := s.ahead(ctx, m); err != nil {
				return receipts, err
			}
			if n > 0 && inline > maxInline {
				break
			}
			n++
		}
		var got []aup.Receipt
		err := s.update(ctx, func(tx *bbolt.Tx) error {
			got = got[:0]
			for _, in := range batch[:n] {
				r, err := s.recordOne(tx, in)
				if err != nil {
					return err
				}
				got = append(got, r)
			}
			return recordedRows(tx, batch[:n], got, s.now())
		})
		if err != nil {
			return receipts, err
		}
		s.grown()
		receipts, batch = append(receipts, got...), batch[n:]
	}
	return receipts, nil
}

// ahead writes the chunks of a large message, unless it is a report already.
func (s *Store) ahead(ctx context.Context, m *aup.Mail) error {
	known, err := s.Known(ctx, m.Hash)
	if err != nil || known {
		return err
	}
	return s.putAhead(ctx, m)
}

// Append adds events on reports that are known, whatever was appended since
// the caller looked: a new verdict, say. An event whose key is known changes
// nothing. The error is aup.ErrNotFound for a report that is not there, and
// aup.ErrInvalid for a received event, which comes with its message through
// [Store.Record]; then none is added.
func (s *Store) Append(ctx context.Context, events []aup.Event) error {
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		for _, e := range events {
			if e.Kind == aup.EventReceived {
				return fmt.Errorf("event %s: a message is recorded, not appended: %w", e.Key, aup.ErrInvalid)
			}
			if _, err := appendEvents(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.grown()
	}
	return err
}

func (s *Store) recordOne(tx *bbolt.Tx, in aup.Intake) (aup.Receipt, error) {
	m, events := in.Mail, in.Events
	hashes := tx.Bucket(bucketHashes)
	id := recordedAs(hashes.Get(m.Hash[:]))
	r := aup.Receipt{ID: id, New: id == ""}
	if r.New {
		r.ID = newID(tx, m.Hash)
		at, err := putRaw(tx, m)
		if err != nil {
			return r, err
		}
		if err := hashes.Put(m.Hash[:], append(append([]byte(r.ID), 0), at.number...)); err != nil {
			return r, err
		}
	} else {
		var err error
		if events, err = seenAgain(tx, r.ID, in); err != nil {
			return r, err
		}
	}
	of := slices.Clone(events)
	for i := range of {
		of[i].Report = r.ID
	}
	report, err := appendEvents(tx, of...)
	if err == nil && r.New {
		err = s.follow(tx, report)
	}
	return r, err
}

// newID returns an id for the message with hash h that no other message has.
func newID(tx *bbolt.Tx, h aup.Hash) aup.ReportID {
	for longer := 0; ; longer++ {
		id := aup.NewReportID(h, longer)
		if numberOf(tx.Bucket(bucketView), id) == nil {
			return id
		}
	}
}

// seenAgain returns the events for bytes that are report id already: that they
// lie at one more place, if that is new.
func seenAgain(tx *bbolt.Tx, id aup.ReportID, in aup.Intake) ([]aup.Event, error) {
	r, _, err := readReport(tx.Bucket(bucketView), id)
	if err != nil {
		return nil, err
	}
	if r.SHA256 != in.Mail.Hash {
		return nil, fmt.Errorf("report %s is of message %s, not of %s: %w", id, r.SHA256, in.Mail.Hash, aup.ErrDamaged)
	}
	if len(in.Events) == 0 || slices.ContainsFunc(r.Sources, in.Mail.Source.Same) {
		return nil, nil
	}
	e := in.Events[0]
	return []aup.Event{aup.NewSeen(in.Mail.Hash, in.Mail.Source, e.At, e.From)}, nil
}
