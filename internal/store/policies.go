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
func (s *Store) Policies(ctx context.Context) ([]aup.PolicyVersion, error) {
	events, err := s.listed(ctx, aup.EventPolicy)
	out := make([]aup.PolicyVersion, 0, len(events))
	for _, e := range events {
		if e.Policy == nil {
			return nil, fmt.Errorf("event %d: it puts no policy into force: %w", e.Seq, aup.ErrDamaged)
		}
		out = append(out, aup.PolicyVersion{PolicyApplied: *e.Policy, Seq: e.Seq, At: e.At, By: e.By})
	}
	return out, err
}

// Trained returns what the classifier learned last; the zero Trained when it is
// as it is shipped.
func (s *Store) Trained(ctx context.Context) (aup.Trained, error) {
	events, err := s.listed(ctx, aup.EventTrained)
	if err != nil || len(events) == 0 {
		return aup.Trained{}, err
	}
	last := events[len(events)-1]
	if last.Trained == nil {
		return aup.Trained{}, fmt.Errorf("event %d: it says nothing of what was learned: %w", last.Seq, aup.ErrDamaged)
	}
	return *last.Trained, nil
}

// listed returns the events of a kind that concerns no single report, the
// oldest first.
func (s *Store) listed(ctx context.Context, kind aup.EventKind) (out []aup.Event, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketView).Bucket(lists[kind]).ForEach(func(k, _ []byte) error {
			e, _, err := decodeEvent(tx.Bucket(bucketLog).Get(k))
			if err != nil {
				return fmt.Errorf("event %d: %w", binary.BigEndian.Uint64(k), err)
			}
			out = append(out, e)
			return nil
		})
	})
	return out, err
}
