package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

	"go.etcd.io/bbolt"
)

// filled makes a store of n reports in a folder of its own and closes it.
func filled(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	s := openLoose(t, dir)
	for i := range n {
		record(t, s, intake(fmt.Appendf(nil, "message %d of %d", i, n), uint32(i+1)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// has checks that the store in dir is whole and has n reports.
func has(t *testing.T, dir string, n int) {
	t.Helper()
	s, err := store.Open(dir, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a := whole(t, s); a.Reports != n {
		t.Errorf("the store in %s has %d reports, want %d", dir, a.Reports, n)
	}
}

func TestRestore(t *testing.T) {
	backup := filepath.Join(filled(t, 3), store.FileName)
	empty := filepath.Join(t.TempDir(), "data")
	got, err := store.Restore(t.Context(), empty, backup, false)
	if err != nil || got.Reports != 3 || got.Kept != "" {
		t.Errorf("Restore into nothing = %+v, %v", got, err)
	}
	has(t, empty, 3)

	used := filled(t, 5)
	_, err = store.Restore(t.Context(), used, backup, false)
	oneLine(t, err, aup.ErrConflict)
	has(t, used, 5)
	got, err = store.Restore(t.Context(), used, backup, true)
	if err != nil {
		t.Fatal(err)
	}
	has(t, used, 3)
	aside := t.TempDir()
	if err := os.Rename(got.Kept, filepath.Join(aside, store.FileName)); err != nil {
		t.Fatal(err)
	}
	has(t, aside, 5)
	nothingElse(t, used)
}

// nothingElse checks that dir holds the store's file alone.
func nothingElse(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the store alone", entries, err)
	}
}

func TestRestoreDamaged(t *testing.T) {
	backup := filepath.Join(filled(t, 3), store.FileName)
	broken := filled(t, 4)
	if err := os.Truncate(filepath.Join(broken, store.FileName), 9000); err != nil {
		t.Fatal(err)
	}
	faulty := filled(t, 4)
	edit(t, faulty, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("bodies"))
		k, _ := b.Cursor().First()
		return b.Delete(k)
	})
	used := filled(t, 5)
	for name, tc := range map[string]struct {
		from string
		kind error
	}{
		"cut short": {filepath.Join(broken, store.FileName), aup.ErrDamaged},
		"a fault":   {filepath.Join(faulty, store.FileName), aup.ErrDamaged},
		"no store":  {os.Args[0], aup.ErrDamaged},
		"no file":   {filepath.Join(broken, "none"), aup.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Restore(t.Context(), used, tc.from, true)
			oneLine(t, err, tc.kind)
			has(t, used, 5)
			nothingElse(t, used)
		})
	}
	// What is damaged can be restored over.
	if _, err := store.Restore(t.Context(), broken, backup, true); err != nil {
		t.Error(err)
	}
	has(t, broken, 3)
}

func TestReplaceInUse(t *testing.T) {
	backup := filepath.Join(filled(t, 3), store.FileName)
	dir := t.TempDir()
	s := open(t, dir)
	record(t, s, intake([]byte("a message"), 1))
	_, err := store.Restore(t.Context(), dir, backup, true)
	oneLine(t, err, aup.ErrBusy)
	_, _, err = store.Compact(t.Context(), dir)
	oneLine(t, err, aup.ErrBusy)
	nothingElse(t, dir)
}

// TestReplacedWhileWaiting opens a store while another process holds it, and
// puts another file in its place.
func TestReplacedWhileWaiting(t *testing.T) {
	dir, other := filled(t, 3), filled(t, 5)
	holder := openLoose(t, dir)
	opened := make(chan error, 1)
	go func() {
		s, err := store.Open(dir, store.Options{})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	if err := os.Rename(filepath.Join(other, store.FileName), filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
	has(t, dir, 5)
}

func TestCompact(t *testing.T) {
	dir := filled(t, 300)
	s := openLoose(t, dir)
	for range 3 { // leaves the pages of the earlier views free
		if _, err := s.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, after, err := store.Compact(t.Context(), dir)
	if err != nil || after >= before {
		t.Errorf("Compact = %d to %d bytes, %v; want less", before, after, err)
	}
	has(t, dir, 300)
	nothingElse(t, dir)
	_, _, err = store.Compact(t.Context(), t.TempDir())
	oneLine(t, err, aup.ErrNotFound)
}
