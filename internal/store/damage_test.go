package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"
)

// TestDamagedFile cuts the file short, and overwrites stretches of it, where
// bbolt itself would panic or fault: each is one line, or a fault of Verify.
func TestDamagedFile(t *testing.T) {
	s := openLoose(t, t.TempDir())
	for i := range 40 {
		var batch []aup.Intake
		for j := range 8 {
			batch = append(batch, intake(fmt.Appendf(nil, "message %d", i*8+j), uint32(i*8+j+1)))
		}
		record(t, s, batch...)
	}
	var file bytes.Buffer // of the pages in use alone
	if _, err := s.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	sound := file.Bytes()
	rng := rand.New(rand.NewPCG(1, 2))
	const headers = 2 * 4096 // bbolt checks these pages itself
	refused, faulty := 0, 0
	for i := range 60 {
		data := bytes.Clone(sound)
		at := headers + rng.IntN(len(data)-headers)
		if i%3 == 0 {
			data = data[:at]
		} else {
			for j := at; j < min(at+64, len(data)); j++ {
				data[j] = byte(rng.Uint32())
			}
		}
		// A folder each: what bbolt opened when it panicked stays locked until
		// the process ends.
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, store.FileName), data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(dir, store.Options{ReadOnly: i%2 == 0})
		if err != nil {
			refused++
			oneLine(t, err, aup.ErrDamaged)
			continue
		}
		a, err := s.Verify(t.Context())
		if err != nil {
			t.Errorf("Verify of a file damaged at %d: %v", at, err)
		}
		if len(a.Faults) > 0 {
			faulty++
		}
		if _, err := s.Reports(t.Context(), aup.Query{}); err != nil && len(a.Faults) == 0 {
			t.Errorf("Verify found no fault, Reports: %v", err)
		}
		s.Close()
	}
	if refused < 5 || faulty < 5 {
		t.Errorf("%d files were refused and %d found faulty, want some of each", refused, faulty)
	}
}

// TestKeyOutOfOrder changes the number that a message lies under to a lower one:
// bbolt finds other keys than those that it stands between.
func TestKeyOutOfOrder(t *testing.T) {
	dir := t.TempDir()
	s := openLoose(t, dir)
	var hash aup.Hash
	for i := range 9 {
		in := intake(fmt.Appendf(nil, "message %d", i), uint32(i+1))
		if record(t, s, in); i == 6 {
			hash = in.Mail.Hash
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, store.FileName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key := append([]byte{0, 0, 0, 0, 0, 0, 0, 7}, hash[:]...)
	if !bytes.Contains(data, key) {
		t.Fatal("the message does not lie under its number")
	}
	data = bytes.ReplaceAll(data, key, append(make([]byte, 8), hash[:]...))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := openLoose(t, dir).Verify(t.Context())
	if err != nil || !slices.ContainsFunc(a.Faults, func(f string) bool { return strings.Contains(f, "its bytes are kept, but it is no report") }) {
		t.Errorf("Verify: %q, %v; want the message among the faults", a.Faults, err)
	}
}

func oneLine(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), ": ") {
		t.Errorf("error %q, want one line of kind %q", err, kind)
	}
}
