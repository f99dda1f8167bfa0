package mailbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"aupd/internal/aup"
)

const (
	// batchSize is how many messages are asked for at once: Exchange takes
	// commands of up to 10 KB.
	batchSize = 500
	// ledgerEvery is how many messages are dealt with between two writes of
	// the ledger: a sync of the disk for each batch costs more than fetching
	// it, and after a crash these subjects are looked at again, no more. So
	// many subjects are known before the first of their messages is fetched,
	// that few matches among many come together, and are recorded together.
	ledgerEvery = 10 * batchSize
	// overlap is how many UIDs below the cursor are listed again now and then,
	// and overlapEvery how often: servers let messages appear late.
	overlap      = 500
	overlapEvery = 15 * time.Minute
	// sweepBack and sweepEvery do the same by date, for UIDs far below.
	sweepBack  = 3 * 24 * time.Hour
	sweepEvery = 24 * time.Hour
)

// A folder is the work on one folder. What is not behind mu belongs to the
// goroutine of its line.
type folder struct {
	w    *Watcher
	name string

	mu     sync.Mutex
	status aup.FolderStatus

	epoch   aup.Epoch
	cursor  uint32
	missing map[uint32]missing // what the server lists and does not give
	wanted  map[uint32]bool    // what is taken whatever its subject says
	epochs  []time.Time        // when the UIDVALIDITY changed lately

	overlapped, swept time.Time

	stuck        int            // failures in a row at this cursor
	carefulUntil uint32         // take UIDs up to here one at a time
	blame        map[uint32]int // connections that ended at a UID
	markFrom     uint32         // nothing below it waits for its mark
	unmarked     error          // why the last look left messages unmarked
	distrusted   bool           // the server was said not to keep UIDs

	gains    int       // how often it got further or was known whole
	failures int       // looks in a row that the folder itself made fail
	rested   time.Time // until when it is left alone for that
}

func newFolder(w *Watcher, name string) *folder {
	return &folder{
		w: w, name: name, blame: make(map[uint32]int),
		status: aup.FolderStatus{Epoch: aup.Epoch{Mailbox: w.opt.Name, Folder: name}},
	}
}

func (f *folder) update(change func(*aup.FolderStatus)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.status)
}

func (f *folder) source(uid uint32, date time.Time) aup.Source {
	return aup.Source{
		Mailbox: f.epoch.Mailbox, Folder: f.epoch.Folder, UIDValidity: f.epoch.UIDValidity,
		UID: uid, InternalDate: date,
	}
}

func (f *folder) fault(kind Kind, doing, mend string, err error) error {
	return f.w.fault(f.name, kind, doing, mend, err)
}

// pass looks at the folder once and deals with everything that is new in it.
// The folder is selected anew each time: servers do not tell when it was
// replaced.
func (f *folder) pass(ctx context.Context, s *session) error {
	validity, err := s.open(f)
	if err != nil {
		return err
	}
	f.distrust(s)
	if err := f.enter(ctx, validity); err != nil {
		return err
	}
	if err := f.wish(ctx); err != nil {
		return err
	}
	now := f.w.wall()
	uids, err := f.listing(s, now)
	if err != nil {
		return err
	}
	highest := f.cursor
	if len(uids) > 0 {
		highest = max(highest, uids[len(uids)-1])
	}
	if uids, err = f.unknown(ctx, uids); err != nil {
		return err
	}
	if err := f.process(ctx, s, f.withWanted(uids)); err != nil {
		return err
	}
	// What the ledger knew above the cursor was recorded before a crash.
	if f.cursor < highest {
		if err := f.account(ctx, f.epoch, nil, highest); err != nil {
			return err
		}
	}
	if err := f.retry(ctx, s, now); err != nil {
		return err
	}
	f.overlapped, f.swept = f.latest(now)
	f.polled(now)
	return f.markNow(ctx, s)
}

// listing returns the UIDs to look at, in ascending order: the new ones, and
// those that may have turned up late.
func (f *folder) listing(s *session, now time.Time) ([]uint32, error) {
	lowest := uint64(f.cursor) + 1
	overlapped, swept := f.latest(now)
	if overlapped.Equal(now) {
		lowest = max(1, lowest-min(lowest, overlap))
	}
	var uids []uint32
	if lowest <= 1<<32-1 {
		var err error
		if uids, err = s.list(uint32(lowest)); err != nil {
			return nil, err
		}
	}
	// On the first pass the listing is whole.
	if swept.Equal(now) && lowest > 1 {
		late, err := s.since(now.Add(-sweepBack))
		if err != nil {
			return nil, err
		}
		uids = append(uids, late...)
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// latest returns when the last overlap and the last sweep were, or now for one
// that is due.
func (f *folder) latest(now time.Time) (overlapped, swept time.Time) {
	overlapped, swept = f.overlapped, f.swept
	if now.Sub(overlapped) >= overlapEvery || now.Before(overlapped) {
		overlapped = now
	}
	if now.Sub(swept) >= sweepEvery || now.Before(swept) {
		swept = now
	}
	return overlapped, swept
}

// unknown leaves out of uids what the ledger knows already: what lies below
// the cursor, and what was recorded above it before a crash. What was gone, and
// is listed again, is not known.
func (f *folder) unknown(ctx context.Context, uids []uint32) ([]uint32, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	rows, err := f.w.acct.Rows(ctx, f.epoch, uids[0], uids[len(uids)-1])
	if err != nil {
		return nil, f.fault(KindStore, "read the ledger", "", storeError{err})
	}
	i := 0
	return slices.DeleteFunc(uids, func(uid uint32) bool {
		for i < len(rows) && rows[i].Last < uid {
			i++
		}
		return i < len(rows) && rows[i].First <= uid && rows[i].Fate != aup.Gone
	}), nil
}
