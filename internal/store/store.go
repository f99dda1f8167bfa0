// Package store keeps everything that aupd knows in one bbolt file: the event
// log, which is the truth; the raw messages; the ledger of every UID; and the
// view, which is made from the log and may be made again at any time.
//
// A report, its raw message and its ledger row are written in one transaction,
// so that whatever ends the process, each of them is there or none is.
//
// # The file
//
// The top buckets, each described where its code is:
//
//	meta     format, head of the log                            file.go, log.go
//	log      the events, by sequence number                     log.go
//	keys     the sequence number of each event, by its key      log.go
//	bodies   the messages in compressed chunks                  raw.go
//	raw      the same, of a store of format 2                   raw.go
//	pending  hashes of chunks whose report is not written yet   raw.go
//	hashes   each report and its message, by the latter's hash  record.go
//	ledger   what became of each UID                            ledger.go
//	folders  the epoch and the cursor of each folder            ledger.go
//	view     reports, their order, indexes and counts           view.go
//	shelves  small things beside the log, such as users         shelf.go
//
// Numbers in keys are big-endian, so that keys sort as they are scanned.
package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the name of the store's file in the data folder.
const FileName = "aupd.db"

var (
	bucketMeta    = []byte("meta")
	bucketLog     = []byte("log")
	bucketKeys    = []byte("keys")
	bucketBodies  = []byte("bodies")
	bucketRaw     = []byte("raw")
	bucketPending = []byte("pending")
	bucketHashes  = []byte("hashes")
	bucketLedger  = []byte("ledger")
	bucketFolders = []byte("folders")
	bucketView    = []byte("view")
	bucketShelves = []byte("shelves")

	keyFormat = []byte("format")
	keyHead   = []byte("head")
)

// Options say how a store is opened.
type Options struct {
	// ReadOnly opens a store that exists, beside other readers.
	ReadOnly bool
	Now      func() time.Time // time.Now if nil
	// Deadlines returns when reports are due; nil for never. It must be quick.
	Deadlines func() aup.Deadlines
	// Policy returns what decisions are pinned to; nil where none are taken.
	Policy func() aup.Pinner
}

// A Store is an [aup.Backlog], an [aup.Triager], an [aup.Accountant], an
// [aup.Tray] and an [aup.Keeper], safe for concurrent use.
type Store struct {
	db        *bbolt.DB
	dir       string
	now       func() time.Time
	deadlines func() aup.Deadlines
	pinner    func() aup.Pinner

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, when the log has grown
}

// Open opens the store in the data folder dir, and makes both if they do not
// exist and opt does not say read-only. While a process has it open for
// writing no other can open it: aup.ErrBusy. A store of a later format is
// aup.ErrNewer; one of an earlier format is upgraded, its file as it was kept
// beside it, or aup.ErrConflict when it is opened for reading alone.
func Open(dir string, opt Options) (*Store, error) {
	if !opt.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, unusable(dir, err)
		}
	}
	s := &Store{dir: dir, now: opt.Now, deadlines: opt.Deadlines, pinner: opt.Policy, changed: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.deadlines == nil {
		s.deadlines = func() aup.Deadlines { return aup.Deadlines{} }
	}
	if s.pinner == nil {
		s.pinner = func() aup.Pinner { return noPolicy{} }
	}
	err := guarded(dir, func() (err error) {
		if s.db, err = openFile(dir, opt.ReadOnly); err != nil {
			return err
		}
		return s.prepare(opt.ReadOnly)
	})
	if err != nil && s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// noPolicy is the policy of a store that no decision is taken in.
type noPolicy struct{}

func (noPolicy) Version() string                  { return "" }
func (noPolicy) Pin(aup.ClauseID) (aup.Pin, bool) { return aup.Pin{}, false }
func (noPolicy) Sealed(aup.ClauseID) bool         { return false }

// unusable says in one line why the data folder cannot be used, and the mend.
func unusable(dir string, err error) error {
	var reason string
	kind := err
	switch {
	case errors.Is(err, aup.ErrDamaged):
		return err // it says all of that already
	case errors.Is(err, fs.ErrNotExist):
		reason, kind = "nothing is recorded there yet: run \"aupd ingest\" or \"aupd serve\", or name another with --data", aup.ErrNotFound
	case errors.Is(err, bolterrors.ErrTimeout):
		reason, kind = "another aupd has it open: use its commands, which go through it, or stop it first", aup.ErrBusy
	case isErrno(err, syscall.EROFS):
		reason = "it cannot be written: its file system is read-only: the system's log says why; mount it for writing again, or name another folder with --data"
	case errors.Is(err, fs.ErrPermission):
		reason = "it cannot be written: give the user that runs aupd the right to, or name another folder with --data"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		reason = "a file stands where the folder should be: name another with --data"
	case isFull(err):
		reason = "the disk is full: make room, nothing recorded is lost"
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		reason, kind = FileName+" is no store of aupd, or is damaged: restore a backup, or move the file away to start anew", aup.ErrDamaged
	default:
		return fmt.Errorf("data folder %s: %w", dir, err)
	}
	return fmt.Errorf("data folder %s: %s: %w", dir, reason, kind)
}

// unwritten says in one line why a transaction could not be written, and the
// mend.
func unwritten(dir string, err error) error {
	if errors.Is(err, aup.ErrDamaged) || isFull(err) || isErrno(err, syscall.EROFS) {
		return unusable(dir, err)
	}
	return fmt.Errorf("data folder %s: the disk does not take what is written: look for its faults in the system's log, nothing recorded is lost: %w", dir, err)
}

// isFull reports whether err is of a disk, a quota or a limit on the size of a
// file that is used up.
func isFull(err error) bool {
	return isErrno(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG)
}

// isErrno reports whether err is one of those. bbolt passes some errors on as
// their text alone.
func isErrno(err error, any ...syscall.Errno) bool {
	return err != nil && slices.ContainsFunc(any, func(e syscall.Errno) bool {
		return errors.Is(err, e) || strings.Contains(err.Error(), e.Error())
	})
}

// prepare checks the format and makes what a new or an older file lacks.
func (s *Store) prepare(readOnly bool) error {
	var fresh, stale bool
	have := format
	err := s.db.View(func(tx *bbolt.Tx) error {
		if err := checkLength(s.dir, tx); err != nil {
			return err
		}
		meta := tx.Bucket(bucketMeta)
		if fresh = meta == nil; fresh {
			return nil
		}
		var err error
		have, err = readFormat(s.dir, meta)
		stale = err == nil && viewStale(tx)
		return err
	})
	switch {
	case err != nil:
		return err
	case readOnly && fresh:
		return unusable(s.dir, fs.ErrNotExist)
	case readOnly && (stale || have < format):
		return fmt.Errorf("data folder %s: the store was written by another version of aupd: run \"aupd rebuild\", which brings it up to this one: %w", s.dir, aup.ErrConflict)
	case readOnly:
		return nil
	}
	if fresh {
		if err := s.db.Update(create); err != nil {
			return unusable(s.dir, err)
		}
	}
	if err := s.upgrade(have); err != nil {
		return err
	}
	if err := s.sweep(); err != nil {
		return err
	}
	if stale {
		_, err := s.Rebuild(context.Background())
		return err
	}
	return nil
}

func create(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketLog, bucketKeys, bucketBodies, bucketRaw, bucketPending, bucketHashes, bucketLedger, bucketFolders} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if _, err := createView(tx); err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keyFormat, []byte(strconv.Itoa(format)))
}

// Close waits for what is being read or written and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// WriteTo writes a consistent copy of the store while it is in use. It is a
// store itself.
func (s *Store) WriteTo(w io.Writer) (n int64, err error) {
	err = s.view(context.Background(), func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	return n, err
}

// update runs f in a transaction of its own, unless ctx has ended.
func (s *Store) update(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := false
	err := guarded(s.dir, func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			err := f(tx)
			done = err == nil
			return err
		})
	})
	if err != nil && done {
		return unwritten(s.dir, err)
	}
	return err
}

// view runs f in a read transaction, unless ctx has ended.
func (s *Store) view(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(s.dir, func() error { return s.db.View(f) })
}

// full is how full the pages become of a bucket that grows at its end, a little
// room left for rows that grow later: bbolt would leave half of each free.
const full = 0.9

func seqKey(n aup.Seq) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
