package access

import (
	"context"
	"encoding/json"
	"fmt"

	"aupd/internal/aup"
)

// What this package keeps lies on three shelves, as JSON:
//
//	users/<name>                      a userRow
//	tokens/<SHA-256 of the secret>    a tokenRow
//	sessions/<SHA-256 of the cookie>  a sessionRow
//
// so that whoever reads the store can neither sign in nor use the API by it.

// A shelf holds values of one type.
type shelf[T any] struct {
	aup.Shelf
	name string
}

func (s shelf[T]) get(ctx context.Context, key string) (v T, err error) {
	data, err := s.Get(ctx, s.name, key)
	if err != nil {
		return v, err
	}
	return s.decode(key, data)
}

func (s shelf[T]) put(ctx context.Context, key string, v T) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Put(ctx, s.name, key, data)
}

func (s shelf[T]) delete(ctx context.Context, key string) error { return s.Delete(ctx, s.name, key) }

// all returns everything on the shelf by key.
func (s shelf[T]) all(ctx context.Context) (map[string]T, error) {
	items, err := s.List(ctx, s.name)
	if err != nil {
		return nil, err
	}
	out := make(map[string]T, len(items))
	for _, it := range items {
		if out[it.Key], err = s.decode(it.Key, it.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s shelf[T]) decode(key string, data []byte) (v T, err error) {
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("%s %q: %v: %w", s.name, key, err, aup.ErrDamaged)
	}
	return v, nil
}
