package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/store"

	"go.etcd.io/bbolt"
)

func TestRebuild(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 20 {
		record(t, s, intake(fmt.Append(nil, i), uint32(i+1)))
	}
	before := whole(t, s)
	got, err := s.Rebuild(t.Context())
	if err != nil || got.Reports != 20 || got.Head != before.Head || got.Events != before.Events {
		t.Errorf("Rebuild = %+v, %v; want %+v", got, err, before)
	}
}

// edit changes the file behind the store's back.
func edit(t *testing.T, dir string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, store.FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	first := func(tx *bbolt.Tx, bucket string) (*bbolt.Bucket, []byte, []byte) {
		b := tx.Bucket([]byte(bucket))
		k, v := b.Cursor().First()
		return b, bytes.Clone(k), bytes.Clone(v)
	}
	for name, tc := range map[string]struct {
		edit func(*bbolt.Tx) error
		want string
	}{
		"an event swapped": {func(tx *bbolt.Tx) error {
			b, k, _ := first(tx, "log")
			_, v := b.Cursor().Last()
			return b.Put(k, bytes.Clone(v))
		}, "event 1: "},
		"an event cut":      {func(tx *bbolt.Tx) error { b, k, v := first(tx, "log"); return b.Put(k, v[:40]) }, "event 1: "},
		"the last one gone": {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("log")); k, _ := b.Cursor().Last(); return b.Delete(k) }, "events at the end are missing"},
		"a message gone":    {func(tx *bbolt.Tx) error { b, k, _ := first(tx, "bodies"); return b.Delete(k) }, "chunk 0 is not there"},
		"messages swapped": {func(tx *bbolt.Tx) error {
			b, k, _ := first(tx, "bodies")
			_, v := b.Cursor().Last()
			return b.Put(k, bytes.Clone(v))
		}, "recorded was"},
		"a loose message": {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("bodies")).Put(make([]byte, 44), []byte("x")) }, "it is no report"},
		"a report gone": {func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("view")).Bucket([]byte("reports"))
			k, _ := b.Cursor().First()
			return b.Delete(k)
		}, "is missing"},
		"a place in the queue gone": {func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("view")).Bucket([]byte("queue"))
			k, _ := b.Cursor().First()
			return b.Delete(k)
		}, "view: queue"},
		"a line of history too much": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("view")).Bucket([]byte("history")).Put([]byte("x"), nil)
		}, "does not follow from the log"},
		"a message longer": {func(tx *bbolt.Tx) error {
			b, k, v := first(tx, "bodies")
			k[len(k)-1] = 1
			return b.Put(k, v)
		}, "more is kept than the 9 bytes"},
		"a ledger row wrong": {func(tx *bbolt.Tx) error {
			b, k, v := first(tx, "ledger")
			return b.Put(k, []byte(strings.Replace(string(v), `"first":1`, `"first":9`, 1)))
		}, "is not what stands there"},
		"a ledger row for another": {func(tx *bbolt.Tx) error {
			b, k, v := first(tx, "ledger")
			k[len(k)-1] = 9
			return b.Put(k, []byte(strings.Replace(string(v), `"first":1,"last":1`, `"first":9,"last":9`, 1)))
		}, "does not know of it"},
		"a ledger row over another": {func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("ledger"))
			k, v := b.Cursor().Last()
			return b.Put(bytes.Clone(k), []byte(strings.Replace(string(v), `"first":2`, `"first":1`, 1)))
		}, "rows overlap"},
		"a ledger row gone": {func(tx *bbolt.Tx) error { b, k, _ := first(tx, "ledger"); return b.Delete(k) }, "does not say that UID 1"},
		"a folder's counts": {func(tx *bbolt.Tx) error {
			b, k, v := first(tx, "folders")
			return b.Put(k, []byte(strings.Replace(string(v), `"recorded":2`, `"recorded":3`, 1)))
		}, "counted as map[recorded:3]"},
		"an id listed for another": {func(tx *bbolt.Tx) error { b, k, _ := first(tx, "hashes"); return b.Put(k, []byte("0000-0000-0000")) }, "is not listed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := store.Open(dir, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			record(t, s, intake([]byte("a message"), 1), intake([]byte("b message"), 2))
			s.Close()
			edit(t, dir, tc.edit)
			if s, err = store.Open(dir, store.Options{ReadOnly: true}); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			a, err := s.Verify(t.Context())
			if err != nil || !strings.Contains(strings.Join(a.Faults, "\n"), tc.want) {
				t.Errorf("Verify = %q, %v; want a fault with %q", a.Faults, err, tc.want)
			}
		})
	}
}
