package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// maxFaults is how many faults an audit lists: a damaged disk would make them
// by the thousand.
const maxFaults = 100

// An auditor gathers the faults of one audit.
type auditor struct {
	s *Store
	aup.Audit
	more int
}

func (a *auditor) fault(format string, args ...any) {
	if len(a.Faults) == maxFaults {
		a.more++
		return
	}
	a.Faults = append(a.Faults, fmt.Sprintf(format, args...))
}

func (a *auditor) done() aup.Audit {
	if a.more > 0 {
		a.Faults = append(a.Faults, fmt.Sprintf("and %d more", a.more))
	}
	return a.Audit
}

// Verify implements [aup.Keeper]. First the file's pages are checked, while
// writers wait; the rest is of one consistent state, and what is recorded
// meanwhile is not looked at.
func (s *Store) Verify(ctx context.Context) (aup.Audit, error) {
	a := &auditor{s: s}
	again, err := newScratch()
	if err != nil {
		return aup.Audit{}, err
	}
	defer again.remove()
	if err := a.file(ctx); err != nil {
		return aup.Audit{}, err
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if err := a.log(ctx, tx, again); err != nil {
			return err
		}
		if err := again.compare(tx, a); err != nil {
			return err
		}
		a.loose(tx)
		return a.ledger(ctx, tx)
	})
	if errors.Is(err, aup.ErrDamaged) {
		a.fault("%v", err) // and what comes after it was not looked at
		err = nil
	}
	return a.done(), err
}

// file checks what bbolt made of the file. Nothing is written in the meantime:
// bbolt holds the pages of a transaction against its list of free ones, which is
// that of the moment.
func (a *auditor) file(ctx context.Context) error {
	if a.s.db.IsReadOnly() {
		return a.s.view(ctx, a.pages)
	}
	err := a.s.update(ctx, func(tx *bbolt.Tx) error {
		return errors.Join(a.pages(tx), errPreview)
	})
	if errors.Is(err, errPreview) {
		return nil
	}
	return err
}

// pages checks the pages of the file. bbolt's own check runs in a goroutine where
// a fault cannot be caught, so every key is looked at here first.
func (a *auditor) pages(tx *bbolt.Tx) error {
	err := guarded(a.s.dir, func() error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return seekAll(b) })
	})
	if err != nil {
		a.fault("%v", err)
		return nil
	}
	for err := range tx.Check() {
		a.fault("file: %v", err)
	}
	return nil
}

// seekAll looks up every key of b and of the buckets in it, by which each page
// that leads to one is read too.
func seekAll(b *bbolt.Bucket) error {
	seek := b.Cursor()
	return b.ForEach(func(k, v []byte) error {
		if found, _ := seek.Seek(k); !bytes.Equal(found, k) {
			return fmt.Errorf("file: key %.40q cannot be found where it stands: %w", k, aup.ErrDamaged)
		}
		if v != nil {
			return nil
		}
		return seekAll(b.Bucket(k))
	})
}

// log checks the chain, each event, and each message that an event received;
// it builds the view anew in again.
func (a *auditor) log(ctx context.Context, tx *bbolt.Tx, again *scratch) error {
	var prev [sha256.Size]byte
	var last aup.Seq
	c := tx.Bucket(bucketLog).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.Events++
		n := aup.Seq(binary.BigEndian.Uint64(k))
		e, data, err := decodeEvent(v)
		if err != nil {
			a.fault("event %d: %v", n, err)
			again.broken = true
			continue
		}
		if n != last+1 || e.Seq != n {
			a.fault("event %d: stands after event %d and says it is %d", n, last, e.Seq)
		}
		sum := chain(prev, data)
		if !bytes.Equal(sum[:], v[:sha256.Size]) {
			a.fault("event %d: its hash does not follow from the event before: it was changed", n)
		}
		prev, last = [sha256.Size]byte(v[:sha256.Size]), n
		if got := tx.Bucket(bucketKeys).Get([]byte(e.Key)); !bytes.Equal(got, k) {
			a.fault("event %d: its key %q is not listed", n, e.Key)
		}
		switch {
		case e.Received != nil:
			a.source(tx, e.Report, e.Received.Source)
			if err := a.message(ctx, tx, e); err != nil {
				return err
			}
		case e.Seen != nil:
			a.source(tx, e.Report, e.Seen.Source)
		}
		if err := again.apply(e); err != nil {
			a.fault("event %d: %v", n, err)
			again.broken = true
		}
	}
	if n, sum := head(tx); n != last || sum != prev {
		a.fault("the log ends in event %d, the head says %d, or with another hash: events at the end are missing", last, n)
	}
	a.Head = hexHash(prev)
	return nil
}

// message checks the raw message of a received event against its hash.
func (a *auditor) message(ctx context.Context, tx *bbolt.Tx, e aup.Event) error {
	a.Reports++
	want := e.Received.SHA256
	row := tx.Bucket(bucketHashes).Get(want[:])
	if recordedAs(row) != e.Report {
		a.fault("report %s: the hash of its message is not listed", e.Report)
	}
	h := sha256.New()
	n, left := 0, e.Received.Size
	for ; left > 0; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := readChunk(tx, want, n, left)
		if err != nil {
			a.fault("report %s: %v", e.Report, err)
			return nil
		}
		h.Write(data)
		left -= int64(len(data))
	}
	at := placed(row, want)
	if at.bucket(tx).Get(at.key(max(n, 1))) != nil { // an empty message has a chunk, too
		a.fault("report %s: more is kept than the %d bytes of its message", e.Report, e.Received.Size)
	}
	a.RawBytes += e.Received.Size
	if got := aup.Hash(h.Sum(nil)); got != want {
		a.fault("report %s: its message has hash %s, recorded was %s", e.Report, got, want)
	}
	return nil
}

// loose looks for chunks that no report and no pending write has.
func (a *auditor) loose(tx *bbolt.Tx) {
	hashes, pending := tx.Bucket(bucketHashes), tx.Bucket(bucketPending)
	for bucket, at := range map[*bbolt.Bucket]int{tx.Bucket(bucketRaw): 0, tx.Bucket(bucketBodies): 8} {
		c := bucket.Cursor()
		var last []byte
		// Not by seeking: where keys are out of order that may lead back.
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if len(k) < at+sha256.Size {
				a.fault("message: a key of %d bytes", len(k))
				continue
			}
			if last != nil && bytes.HasPrefix(k, last) {
				continue
			}
			last = k[:at+sha256.Size]
			number, h := last[:at], last[at:]
			row := hashes.Get(h)
			known := row != nil && bytes.Equal(placed(row, aup.Hash(h)).number, number)
			if !known && (pending.Get(h) == nil || !bytes.Equal(pending.Get(h), number)) {
				a.fault("message %x: its bytes are kept, but it is no report", h)
			}
		}
	}
}

// Rebuild implements [aup.Keeper].
func (s *Store) Rebuild(ctx context.Context) (a aup.Audit, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		view, err := createView(tx)
		if err != nil {
			return err
		}
		c := tx.Bucket(bucketLog).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			e, _, err := decodeEvent(v)
			if err != nil {
				return fmt.Errorf("event %d: %w", binary.BigEndian.Uint64(k), err)
			}
			if _, err := applyEvents(view, e); err != nil {
				return err
			}
			a.Events++
			if e.Received != nil {
				a.Reports++
				a.RawBytes += e.Received.Size
			}
		}
		_, sum := head(tx)
		a.Head = hexHash(sum)
		return nil
	})
	return a, err
}
