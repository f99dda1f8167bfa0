package store

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// bbolt reads its file through a memory map and trusts it: a damaged or
// shortened file makes it panic, or fault at an address outside of the map.
// guarded runs f, which may do either, and returns that as aup.ErrDamaged. A
// panic of our own stays one.
func guarded(dir string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if _, fault := p.(interface{ Addr() uintptr }); !fault && !panickedInBolt() {
				panic(p)
			}
			err = damaged(dir, p)
		}
	}()
	return f()
}

// panickedInBolt reports whether the panic that is being recovered from arose
// in bbolt's code.
func panickedInBolt() bool {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for panicked := false; ; {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicked && !inRuntime {
			return strings.HasPrefix(frame.Function, "go.etcd.io/bbolt")
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return false
		}
	}
}

// checkLength finds a file that was cut short before anything reads behind its
// end.
func checkLength(dir string, tx *bbolt.Tx) error {
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err != nil {
		return unusable(dir, err)
	}
	if info.Size() < tx.Size() {
		return damaged(dir, fmt.Sprintf("%d of its %d bytes are left", info.Size(), tx.Size()))
	}
	return nil
}

func damaged(dir string, why any) error {
	return fmt.Errorf("data folder %s: %s is damaged (%v): restore a backup, or move the file away to start anew: %w", dir, FileName, why, aup.ErrDamaged)
}
