package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// Restored says what [Restore] did.
type Restored struct {
	aup.Audit        // of the store that is there now
	Kept      string // the file that the store that was there is kept in; empty for none
}

// Restore puts the backup in the file from into the data folder dir, once it
// has been verified. A store that is there already is aup.ErrConflict, or kept
// beside the new one when force says so, whatever state it is in. A backup
// with a fault is aup.ErrDamaged, a store in use aup.ErrBusy; then nothing
// changes.
func Restore(ctx context.Context, dir, from string, force bool) (got Restored, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return got, unusable(dir, err)
	}
	release, exists, err := takeOver(dir)
	if err != nil {
		return got, err
	}
	defer release()
	if exists && !force {
		return got, fmt.Errorf("data folder %s: there is a store already: --force keeps it beside the restored one: %w", dir, aup.ErrConflict)
	}
	tmp, err := os.MkdirTemp(dir, ".restore-")
	if err != nil {
		return got, unusable(dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := copyFile(filepath.Join(tmp, FileName), from); err != nil {
		return got, err
	}
	switch got.Audit, err = sound(ctx, tmp); {
	case errors.Is(err, aup.ErrDamaged) && len(got.Faults) == 0:
		return got, fmt.Errorf("%s: it is no backup of aupd, or is damaged: nothing was changed: %w", from, aup.ErrDamaged)
	case err != nil:
		return got, fmt.Errorf("restore %s: %w", from, err)
	}
	if !exists {
		// Not a rename: a store that came up meanwhile is not written over.
		return got, errors.Join(os.Link(filepath.Join(tmp, FileName), filepath.Join(dir, FileName)), syncDir(dir))
	}
	kept := filepath.Join(dir, FileName+".replaced-"+time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Link(filepath.Join(dir, FileName), kept); err != nil {
		return got, err
	}
	got.Kept = kept
	return got, errors.Join(os.Rename(filepath.Join(tmp, FileName), filepath.Join(dir, FileName)), syncDir(dir))
}

// takeOver keeps every other process from opening the store in dir until
// release is called. It does not look into the file, which may be damaged:
// bbolt locks it the same way.
func takeOver(dir string) (release func(), exists bool, err error) {
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, false, nil
	}
	if err != nil {
		return nil, false, unusable(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, false, fmt.Errorf("data folder %s: another aupd has it open: stop it first: %w", dir, aup.ErrBusy)
	}
	return func() { f.Close() }, true, nil
}

// sound opens the store in dir, which upgrades it if it is of an older format,
// and returns its audit; aup.ErrDamaged when that has faults.
func sound(ctx context.Context, dir string) (aup.Audit, error) {
	s, err := Open(dir, Options{})
	if err != nil {
		return aup.Audit{}, err
	}
	got, err := s.Verify(ctx)
	if err = errors.Join(err, s.Close()); err == nil && len(got.Faults) > 0 {
		err = fmt.Errorf("it has faults, the first of %d is: %s: nothing was changed: %w", len(got.Faults), got.Faults[0], aup.ErrDamaged)
	}
	return got, err
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file: %w", from, aup.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// compactTx is how many bytes are copied in one transaction: what one writes
// is held in memory.
const compactTx = 4 << 20

// Compact writes the store in dir anew, without the pages that are free, and
// puts that in its place once it has been verified. It returns the sizes of the
// file in bytes. A store in use is aup.ErrBusy. The folder needs room for both.
func Compact(ctx context.Context, dir string) (before, after int64, err error) {
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return 0, 0, unusable(dir, err)
	}
	s, err := Open(dir, Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tmp, err := os.MkdirTemp(dir, ".compact-")
	if err != nil {
		return 0, 0, unusable(dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := s.compactTo(tmp); err != nil {
		return 0, 0, unusable(dir, err)
	}
	if _, err := sound(ctx, tmp); err != nil {
		return 0, 0, fmt.Errorf("compact: %w", err)
	}
	sizes := make([]int64, 2)
	for i, d := range []string{dir, tmp} {
		info, err := os.Stat(filepath.Join(d, FileName))
		if err != nil {
			return 0, 0, err
		}
		sizes[i] = info.Size()
	}
	return sizes[0], sizes[1], errors.Join(os.Rename(filepath.Join(tmp, FileName), filepath.Join(dir, FileName)), syncDir(dir))
}

// compactTo copies every bucket into a new file in the folder tmp.
func (s *Store) compactTo(tmp string) error {
	db, err := bbolt.Open(filepath.Join(tmp, FileName), 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = guarded(s.dir, func() error { return bbolt.Compact(db, s.db, compactTx) })
	return errors.Join(err, db.Sync(), db.Close())
}
