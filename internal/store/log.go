package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The row of an event is
//
//	log/<seq, 8 bytes> = <hash, 32 bytes><the event as JSON, packed: see pack.go>
//
// where hash = SHA-256(<hash of the event before, 32 zero bytes for the
// first><the JSON>). keys/<event's key> = <seq>; meta/head = <seq><hash>.

// Log returns the store as an [aup.Log].
func (s *Store) Log() aup.Log { return boltLog{s} }

type boltLog struct{ *Store }

func (l boltLog) Append(ctx context.Context, expect aup.Seq, events []aup.Event) (aup.Seq, error) {
	var last aup.Seq
	err := l.update(ctx, func(tx *bbolt.Tx) error {
		last, _ = head(tx)
		if last != expect {
			return fmt.Errorf("append after event %d: the log ends in %d: %w", expect, last, aup.ErrConflict)
		}
		for _, e := range events {
			if _, err := appendEvents(tx, e); err != nil {
				return err
			}
		}
		last, _ = head(tx)
		return nil
	})
	if err == nil {
		l.grown()
	}
	return last, err
}

func (l boltLog) Head(ctx context.Context) (n aup.Seq, err error) {
	err = l.view(ctx, func(tx *bbolt.Tx) error {
		n, _ = head(tx)
		return nil
	})
	return n, err
}

// readBatch and readBytes are how many events, and about how many bytes of
// JSON, are read in one transaction: an open one keeps pages from being used
// again, and what it read is held in memory.
const (
	readBatch = 128
	readBytes = 1 << 20
)

func (l boltLog) Read(ctx context.Context, from aup.Seq) iter.Seq2[aup.Event, error] {
	return func(yield func(aup.Event, error) bool) {
		for next := max(from, 1); ; {
			var batch []aup.Event
			size := 0
			err := l.view(ctx, func(tx *bbolt.Tx) error {
				c := tx.Bucket(bucketLog).Cursor()
				for k, v := c.Seek(seqKey(next)); k != nil && len(batch) < readBatch && size < readBytes; k, v = c.Next() {
					e, data, err := decodeEvent(v)
					if err != nil {
						return fmt.Errorf("event %d: %w", binary.BigEndian.Uint64(k), err)
					}
					batch, size = append(batch, e), size+len(data)
				}
				return nil
			})
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
				next = e.Seq + 1
			}
			if err != nil {
				yield(aup.Event{}, err)
				return
			}
			if len(batch) == 0 {
				return
			}
		}
	}
}

func (l boltLog) Follow(ctx context.Context, from aup.Seq) iter.Seq2[aup.Event, error] {
	return func(yield func(aup.Event, error) bool) {
		next := max(from, 1)
		for {
			l.mu.Lock()
			changed := l.changed
			l.mu.Unlock()
			for e, err := range l.Read(ctx, next) {
				if ctx.Err() != nil {
					return
				}
				if !yield(e, err) || err != nil {
					return
				}
				next = e.Seq + 1
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
	}
}

// grown wakes whoever follows the log.
func (s *Store) grown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// head returns the number and the hash of the last event.
func head(tx *bbolt.Tx) (aup.Seq, [sha256.Size]byte) {
	v := tx.Bucket(bucketMeta).Get(keyHead)
	if len(v) != 8+sha256.Size {
		return 0, [sha256.Size]byte{}
	}
	return aup.Seq(binary.BigEndian.Uint64(v)), [sha256.Size]byte(v[8:])
}

// appendEvents gives events, all of one report or of none, the next numbers, puts
// them into the log, and applies them to the view. An event whose key is known
// changes nothing. It returns the report as it is then, the zero Report where
// nothing changed.
func appendEvents(tx *bbolt.Tx, events ...aup.Event) (aup.Report, error) {
	keys, log := tx.Bucket(bucketKeys), tx.Bucket(bucketLog)
	log.FillPercent = full
	last, sum := head(tx)
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	var added []aup.Event
	for _, e := range events {
		if keys.Get([]byte(e.Key)) != nil {
			continue
		}
		last++
		e.Seq = last
		data, err := marshal(buf, e)
		if err != nil {
			return aup.Report{}, fmt.Errorf("event %s: %w", e.Key, err)
		}
		sum = chain(sum, data)
		seq := seqKey(e.Seq)
		if err := errors.Join(log.Put(seq, pack(sum[:], data)), keys.Put([]byte(e.Key), seq)); err != nil {
			return aup.Report{}, err
		}
		added = append(added, e)
	}
	if len(added) == 0 {
		return aup.Report{}, nil
	}
	if err := tx.Bucket(bucketMeta).Put(keyHead, append(seqKey(last), sum[:]...)); err != nil {
		return aup.Report{}, err
	}
	return applyEvents(tx.Bucket(bucketView), added...)
}

// chain returns the hash of the event that data holds, which follows the event
// with hash prev.
func chain(prev [sha256.Size]byte, data []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(data)
	return [sha256.Size]byte(h.Sum(nil))
}

// decodeEvent reads the row of an event, and returns its JSON as well.
func decodeEvent(row []byte) (e aup.Event, data []byte, err error) {
	if len(row) < sha256.Size {
		return e, nil, fmt.Errorf("row of %d bytes: %w", len(row), aup.ErrDamaged)
	}
	if data, err = unpack(row[sha256.Size:]); err != nil {
		return e, nil, err
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, nil, fmt.Errorf("%v: %w", err, aup.ErrDamaged)
	}
	return e, data, nil
}

func hexHash(h [sha256.Size]byte) string { return hex.EncodeToString(h[:]) }
