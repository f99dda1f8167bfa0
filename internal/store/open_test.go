package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

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
	if _, err := store.Open(t.TempDir(), store.Options{ReadOnly: true}); err == nil {
		t.Error("a store that does not exist was opened for reading")
	}
}
