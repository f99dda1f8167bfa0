package storetest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"aupd/internal/store"
)

// FailWrites makes every write to the store in the data folder dir, which this
// process has open, fail until mend is called, as on a disk that turned
// read-only. What is there can still be read.
func FailWrites(t *testing.T, dir string) (mend func()) {
	t.Helper()
	path := filepath.Join(dir, store.FileName)
	file := descriptor(t, path)
	kept, err := syscall.Dup(file)
	if err != nil {
		t.Fatal(err)
	}
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Dup3(int(readOnly.Fd()), file, syscall.O_CLOEXEC), readOnly.Close()); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(syscall.Dup3(kept, file, syscall.O_CLOEXEC), syscall.Close(kept)); err != nil {
			t.Fatal(err)
		}
	}
}

// descriptor returns the one that this process has of the file at path.
func descriptor(t *testing.T, path string) int {
	t.Helper()
	const all = "/proc/self/fd"
	entries, err := os.ReadDir(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(all, e.Name())); err == nil && to == path {
			n, err := strconv.Atoi(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s is not open", path)
	return 0
}
