package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"go.etcd.io/bbolt"
)

func TestOpenErrors(t *testing.T) {
	used := t.TempDir()
	open(t, used)
	newer := t.TempDir()
	openLoose(t, newer).Close()
	edit(t, newer, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	file := filepath.Join(t.TempDir(), "file")
	garbage := t.TempDir()
	for _, f := range []string{file, filepath.Join(garbage, store.FileName)} {
		if err := os.WriteFile(f, bytes.Repeat([]byte("no store "), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		dir  string
		kind error
		text string
	}{
		"read only":   {"/sys/aupd", nil, "it cannot be written"}, // for root as well
		"in use":      {used, aup.ErrBusy, "another aupd has it open"},
		"newer":       {newer, aup.ErrNewer, "format 99"},
		"a file":      {file, nil, "a file stands where"},
		"in a file":   {filepath.Join(file, "x"), nil, "a file stands where"},
		"not a store": {garbage, aup.ErrDamaged, "is no store of aupd"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open(tc.dir, store.Options{})
			if err == nil || tc.kind != nil && !errors.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open = %v, want one line of %v with %q", err, tc.kind, tc.text)
			}
			if err != nil && !strings.Contains(err.Error(), tc.dir) {
				t.Errorf("the error does not name the folder: %v", err)
			}
		})
	}
}

func TestOpenReadOnly(t *testing.T) {
	for name, dir := range map[string]string{"empty folder": t.TempDir(), "no folder": filepath.Join(t.TempDir(), "none")} {
		_, err := store.Open(dir, store.Options{ReadOnly: true})
		if err == nil {
			t.Fatalf("%s: a store that does not exist was opened for reading", name)
		}
		oneLine(t, err, aup.ErrNotFound)
	}
	dir := filepath.Join(t.TempDir(), "parent", "data")
	w := openLoose(t, dir)
	record(t, w, intake([]byte("a message"), 1))
	start := time.Now()
	_, err := store.Open(dir, store.Options{ReadOnly: true})
	if took := time.Since(start); err == nil || took > 3*time.Second {
		t.Fatalf("Open beside a writer: %v after %v, want a quick error", err, took)
	}
	oneLine(t, err, aup.ErrBusy)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // side by side
		s, err := store.Open(dir, store.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		whole(t, s)
		if err := s.Account(t.Context(), aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 1}, nil, 1); err == nil {
			t.Error("a store opened for reading was written to")
		}
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, store.FileName): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

// TestViewOfAnotherVersion opens a store whose view an earlier version made.
func TestViewOfAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	s := openLoose(t, dir)
	id := record(t, s, intake([]byte("a message"), 1))[0].ID
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, func(tx *bbolt.Tx) error {
		view := tx.Bucket([]byte("view"))
		return errors.Join(view.Bucket([]byte("state")).Put([]byte("version"), []byte("0")), view.DeleteBucket([]byte("index")))
	})
	_, err := store.Open(dir, store.Options{ReadOnly: true})
	if err == nil {
		t.Fatal("a view of another version was read")
	}
	oneLine(t, err, aup.ErrConflict)
	if _, err := open(t, dir).Report(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// TestUpgrade opens stores of the earlier formats, without the view of this time.
func TestUpgrade(t *testing.T) {
	for _, format := range []string{"1", "2", "3"} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			s := openLoose(t, dir)
			id := record(t, s, intake([]byte("a message"), 1), intake(bytes.Repeat([]byte("a large one\n"), 90_000), 2))[0].ID
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			edit(t, dir, func(tx *bbolt.Tx) error { return downgrade(tx, format) })
			_, err := store.Open(dir, store.Options{ReadOnly: true})
			oneLine(t, err, aup.ErrConflict)

			s = openLoose(t, dir)
			if _, err := s.Report(t.Context(), id); err != nil {
				t.Error(err)
			}
			record(t, s, intake([]byte("a later message"), 3))
			if a := whole(t, s); a.Reports != 3 {
				t.Errorf("%d reports, want 3", a.Reports)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			keptAsItWas(t, dir, format)
			before, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			openLoose(t, dir).Close() // is upgraded already
			after, err := os.ReadDir(dir)
			if err != nil || len(before) != 2 || len(after) != 2 {
				t.Errorf("the folder holds %v, then %v, %v; want the store and the copy", before, after, err)
			}
		})
	}
}

// downgrade makes a store one of an earlier format: its events are zstd, and
// before format 3 its messages lie under their hashes alone.
func downgrade(tx *bbolt.Tx, format string) error {
	if err := errors.Join(oldEvents(tx.Bucket([]byte("log"))), tx.DeleteBucket([]byte("view")), tx.Bucket([]byte("meta")).Put([]byte("format"), []byte(format))); err != nil || format == "3" {
		return err
	}
	raw, bodies, hashes := tx.Bucket([]byte("raw")), tx.Bucket([]byte("bodies")), tx.Bucket([]byte("hashes"))
	err := bodies.ForEach(func(k, v []byte) error {
		h := k[8:40]
		id, _, _ := bytes.Cut(hashes.Get(h), []byte{0})
		return errors.Join(raw.Put(bytes.Clone(k[8:]), bytes.Clone(v)), hashes.Put(bytes.Clone(h), bytes.Clone(id)))
	})
	return errors.Join(err, tx.DeleteBucket([]byte("bodies")))
}

// oldEvents puts zstd in the place of each event's S2, which stands behind its
// hash, one byte and a checksum.
func oldEvents(log *bbolt.Bucket) error {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	rows := make(map[string][]byte)
	err = log.ForEach(func(k, v []byte) error {
		data, err := s2.Decode(nil, v[sha256.Size+5:])
		rows[string(k)] = w.EncodeAll(data, bytes.Clone(v[:sha256.Size]))
		return err
	})
	for k, row := range rows {
		err = errors.Join(err, log.Put([]byte(k), row))
	}
	return err
}

// keptAsItWas checks the copy that is made before a store is upgraded.
func keptAsItWas(t *testing.T, dir, format string) {
	t.Helper()
	kept := t.TempDir()
	data, err := os.ReadFile(filepath.Join(dir, store.FileName+".format-"+format))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept, store.FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, kept, func(tx *bbolt.Tx) error {
		if have := tx.Bucket([]byte("meta")).Get([]byte("format")); string(have) != format || tx.Bucket([]byte("view")) != nil {
			t.Errorf("the copy has format %q, want it as it was", have)
		}
		return nil
	})
}
