package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// Proof implements [aup.Prover].
func (s *Store) Proof(ctx context.Context, id aup.ReportID) (p aup.Proof, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		if p.Report, err = complete(view, id); err != nil {
			return err
		}
		prefix := numberOf(view, p.Report)
		c := view.Bucket(bucketHistory).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == len(prefix)+8; k, _ = c.Next() {
			l, err := readStored(tx.Bucket(bucketLog), binary.BigEndian.Uint64(k[len(prefix):]))
			if err != nil {
				return err
			}
			p.Events = append(p.Events, l)
		}
		last, sum := head(tx)
		p.Head, p.HeadHash = last, sum
		return nil
	})
	return p, err
}

// readStored reads event n with its hash and that of the event before.
func readStored(log *bbolt.Bucket, n uint64) (aup.StoredEvent, error) {
	l := aup.StoredEvent{Seq: aup.Seq(n)}
	row := log.Get(seqKey(l.Seq))
	_, data, err := decodeEvent(row)
	if err != nil {
		return l, fmt.Errorf("event %d: %w", n, err)
	}
	l.Hash, l.Event = aup.Hash(row[:sha256.Size]), data
	if n == 1 {
		return l, nil
	}
	before := log.Get(seqKey(l.Seq - 1))
	if len(before) < sha256.Size {
		return l, fmt.Errorf("event %d: row of %d bytes: %w", n-1, len(before), aup.ErrDamaged)
	}
	l.Prev = aup.Hash(before[:sha256.Size])
	return l, nil
}
