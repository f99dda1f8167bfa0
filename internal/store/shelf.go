package store

import (
	"bytes"
	"context"
	"fmt"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// What is on the shelves is
//
//	shelves/<shelf>/<key> = <value>
//
// as whoever put it there wrote it. A store that nothing was put on a shelf of
// has no such bucket.

// The bounds of a shelf: it is for what is looked up, not for what is kept.
const (
	maxShelfKey   = 255
	maxShelfValue = 1 << 20
)

// Shelf returns the store as an [aup.Shelf].
func (s *Store) Shelf() aup.Shelf { return boltShelf{s} }

type boltShelf struct{ *Store }

// onShelf returns the bucket of a shelf, nil where nothing was put on it.
func onShelf(tx *bbolt.Tx, shelf string) *bbolt.Bucket {
	all := tx.Bucket(bucketShelves)
	if all == nil {
		return nil
	}
	return all.Bucket([]byte(shelf))
}

func (s boltShelf) Get(ctx context.Context, shelf, key string) (value []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := onShelf(tx, shelf)
		if b == nil {
			return fmt.Errorf("%s %q: %w", shelf, key, aup.ErrNotFound)
		}
		v := b.Get([]byte(key))
		if v == nil {
			return fmt.Errorf("%s %q: %w", shelf, key, aup.ErrNotFound)
		}
		value = bytes.Clone(v)
		return nil
	})
	return value, err
}

func (s boltShelf) Put(ctx context.Context, shelf, key string, value []byte) error {
	for _, name := range []string{shelf, key} {
		if name == "" || len(name) > maxShelfKey {
			return fmt.Errorf("%s %q: a name of %d bytes: want 1 to %d: %w", shelf, key, len(name), maxShelfKey, aup.ErrInvalid)
		}
	}
	if len(value) > maxShelfValue {
		return fmt.Errorf("%s %q: %d bytes: at most %d: %w", shelf, key, len(value), maxShelfValue, aup.ErrInvalid)
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		all, err := tx.CreateBucketIfNotExists(bucketShelves)
		if err != nil {
			return err
		}
		b, err := all.CreateBucketIfNotExists([]byte(shelf))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), value)
	})
}

func (s boltShelf) Delete(ctx context.Context, shelf, key string) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if b := onShelf(tx, shelf); b != nil {
			return b.Delete([]byte(key))
		}
		return nil
	})
}

func (s boltShelf) List(ctx context.Context, shelf string) (items []aup.ShelfItem, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := onShelf(tx, shelf)
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			items = append(items, aup.ShelfItem{Key: string(k), Value: bytes.Clone(v)})
			return nil
		})
	})
	return items, err
}
