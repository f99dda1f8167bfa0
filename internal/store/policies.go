package store

import (
	"context"
	"encoding/binary"
	"fmt"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// Policies returns the policy versions that were put into force, the oldest
// first.
func (s *Store) Policies(ctx context.Context) (out []aup.PolicyVersion, err error) {
	out = []aup.PolicyVersion{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketView).Bucket(bucketPolicies).ForEach(func(k, _ []byte) error {
			e, _, err := decodeEvent(tx.Bucket(bucketLog).Get(k))
			if err != nil {
				return fmt.Errorf("event %d: %w", binary.BigEndian.Uint64(k), err)
			}
			if e.Policy == nil {
				return fmt.Errorf("event %d: it puts no policy into force: %w", e.Seq, aup.ErrDamaged)
			}
			out = append(out, aup.PolicyVersion{PolicyApplied: *e.Policy, Seq: e.Seq, At: e.At, By: e.By})
			return nil
		})
	})
	return out, err
}
