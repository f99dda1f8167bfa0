package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// format is the version of what the file may hold. A store with a higher one
// is refused; one with a lower one is upgraded when it is opened for writing.
//
//	1  reports, their verdicts, the ledger
//	2  the log may hold what was decided on reports, which an aupd that knows
//	   only of format 1 would take for damage
//	3  messages lie under numbers, where an aupd that knows of format 2 would
//	   not find them
//	4  events lie packed in another way, which an aupd that knows of format 3
//	   could not read
const format = 4

// step makes a store of format have one of the next, within tx. It is called
// for one format after the other; the view is made again afterwards.
func step(tx *bbolt.Tx, have int) error {
	switch have {
	case 1, 3:
		return nil // what is there stays as it is
	case 2:
		_, err := tx.CreateBucketIfNotExists(bucketBodies)
		return err
	}
	return fmt.Errorf("format %d: %w", have, aup.ErrInvalid)
}

// readFormat returns the format that meta names.
func readFormat(dir string, meta *bbolt.Bucket) (int, error) {
	have, err := strconv.Atoi(string(meta.Get(keyFormat)))
	switch {
	case err != nil || have < 1:
		return 0, damaged(dir, "its format number cannot be read")
	case have > format:
		return 0, fmt.Errorf("data folder %s: the store has format %d, this aupd knows up to %d: run the newer aupd: %w", dir, have, format, aup.ErrNewer)
	}
	return have, nil
}

// upgrade brings a store of format have up to this one, in one transaction,
// after a copy of the file as it was is safe beside it.
func (s *Store) upgrade(have int) error {
	if have == format {
		return nil
	}
	if err := s.keep(fmt.Sprintf("%s.format-%d", FileName, have)); err != nil {
		return fmt.Errorf("keep a copy of the store before it is upgraded: %w", err)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for v := have; v < format; v++ {
			if err := step(tx, v); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, []byte(strconv.Itoa(format)))
	})
	if err != nil {
		return fmt.Errorf("upgrade: %w", unusable(s.dir, err))
	}
	return nil
}

// keep writes a copy of the store to the named file of the data folder.
func (s *Store) keep(name string) (err error) {
	f, err := os.CreateTemp(s.dir, name+".*")
	if err != nil {
		return unusable(s.dir, err)
	}
	_, err = s.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return errors.Join(unusable(s.dir, err), os.Remove(f.Name()))
	}
	return syncDir(s.dir)
}

// lockTimeout is how long an open waits for another process to let go: as long
// as a command may take to end, and no longer than a person waits.
const lockTimeout = time.Second

// growBy is by how many bytes the file grows, which take no room on the disk
// before they are written to: each time the disk is synced once more.
const growBy = 64 << 20

// mapped is how many bytes of the file's length have their place in the address
// space from the start; no memory. For a larger file bbolt maps it anew, and
// waits with that for whoever reads: who backs up to a slow disk would hold up
// every writer, and with it everybody else.
const mapped = min(16<<30, math.MaxInt/8)

// openFile opens the file of the data folder. While it waits for another
// process to let go of the file, that may put another in its place: then the
// one that bears the name is opened.
func openFile(dir string, readOnly bool) (*bbolt.DB, error) {
	path := filepath.Join(dir, FileName)
	for {
		var opened *os.File
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockTimeout, ReadOnly: readOnly, FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapped,
			OpenFile: func(name string, flag int, perm fs.FileMode) (f *os.File, err error) {
				opened, err = os.OpenFile(name, flag, perm)
				return opened, err
			},
		})
		if err != nil {
			return nil, unusable(dir, err)
		}
		db.AllocSize = growBy
		same, err := bears(opened, path)
		if err == nil && same {
			return db, nil
		}
		if err = errors.Join(err, db.Close()); err != nil {
			return nil, unusable(dir, err)
		}
	}
}

// bears reports whether f is the file at path.
func bears(f *os.File, path string) (bool, error) {
	is, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return os.SameFile(is, now), nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
