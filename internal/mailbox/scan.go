package mailbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aupd/internal/aup"
)

const (
	// batchSize is how many messages are asked for at once: Exchange takes
	// commands of up to 10 KB.
	batchSize = 500
	// overlap is how many UIDs below the cursor are listed again now and then,
	// and overlapEvery how often: servers let messages appear late.
	overlap      = 500
	overlapEvery = 15 * time.Minute
	// sweepBack and sweepEvery do the same by date, for UIDs far below.
	sweepBack  = 3 * 24 * time.Hour
	sweepEvery = 24 * time.Hour
	// maxEpochs is how often an hour a folder may change its UIDVALIDITY before
	// the server is taken to be broken: each change reads everything anew.
	maxEpochs = 4
	// stuckAt is how many failures at the same cursor make the folder careful:
	// one message at a time, to find the one that the server chokes on.
	stuckAt = 2
	// maxTries is how often a message may end the connection before it is put
	// aside as missing.
	maxTries = 3
	// harmful is how many tries a message counts at least that ended the
	// connection, so that it is asked for again after a minute at first.
	harmful = 6
)

// A folder is the work on one folder. What is not behind mu belongs to the
// goroutine of Run or Once.
type folder struct {
	w    *Watcher
	name string
	wake chan struct{}

	mu     sync.Mutex
	status aup.FolderStatus

	epoch   aup.Epoch
	cursor  uint32
	missing map[uint32]missing // what the server lists and does not give
	epochs  []time.Time        // when the UIDVALIDITY changed lately
	tried   Secret             // at the last sign-in

	overlapped, swept time.Time

	stuck        int            // failures in a row at this cursor
	carefulUntil uint32         // take UIDs up to here one at a time
	blame        map[uint32]int // connections that ended at a UID
	noIdle       bool           // IDLE does not work here
	markFrom     uint32         // nothing below it waits for its mark
	unmarked     error          // why the last look left messages unmarked
}

// A missing message is asked for again, ever less often.
type missing struct {
	tries int
	at    time.Time
}

// due returns when a missing message is to be asked for again: after two
// seconds, for it may just have arrived, then twice as long each time, up to
// six hours.
func (m missing) due() time.Time {
	return m.at.Add(min(2*time.Second<<min(m.tries-1, 20), 6*time.Hour))
}

func newFolder(w *Watcher, name string) *folder {
	return &folder{
		w: w, name: name, wake: make(chan struct{}, 1), blame: make(map[uint32]int),
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
	return &Error{Mailbox: f.w.opt.Name, Folder: f.name, Host: f.w.end.addr(), Doing: doing, Kind: kind, Mend: mend, Err: err}
}

// pass looks at the folder once and deals with everything that is new in it.
// The folder is selected anew each time: servers do not tell when it was
// replaced.
func (f *folder) pass(ctx context.Context, s *session) error {
	validity, err := s.open(f.name)
	if err != nil {
		return err
	}
	if err := f.enter(ctx, validity); err != nil {
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
	if err := f.process(ctx, s, uids); err != nil {
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

// markNow marks what was recorded. That a mark is refused is told and no more.
func (f *folder) markNow(ctx context.Context, s *session) error {
	refused, broken := f.mark(ctx, s)
	if broken != nil {
		return refused
	}
	if f.unmarked = refused; refused != nil {
		f.failed(f.asError(refused))
		f.w.opt.Log.Warn("recorded messages stay unmarked", "mailbox", f.w.opt.Name, "folder", f.name, "err", refused)
	}
	return nil
}

// retry asks again for the missing messages that are due, each alone and after
// all others, for one of them may end the connection.
func (f *folder) retry(ctx context.Context, s *session, now time.Time) error {
	for _, uid := range slices.Sorted(maps.Keys(f.missing)) {
		if f.missing[uid].due().After(now) {
			continue
		}
		b, err := f.fetchBatch(ctx, s, []uint32{uid})
		if err != nil && ctx.Err() == nil && kindOf(err) != KindStore {
			return errors.Join(err, f.putAside(ctx, uid, err))
		}
		if err == nil {
			err = f.settle(ctx, b)
		}
		if err != nil {
			return errors.Join(err, b.wait(ctx))
		}
	}
	return nil
}

// putAside makes a message missing at which the connection ended.
func (f *folder) putAside(ctx context.Context, uid uint32, why error) error {
	b := f.newBatch([]uint32{uid})
	got := f.missed(uid, why.Error())
	got.tries = max(got.tries, harmful)
	b.fates[uid] = got
	b.done(0, nil)
	return f.settle(ctx, b)
}

// enter makes the folder's epoch the current one. Another UIDVALIDITY than the
// ledger's means that every message is new.
func (f *folder) enter(ctx context.Context, validity uint32) error {
	e := aup.Epoch{Mailbox: f.w.opt.Name, Folder: f.name, UIDValidity: validity}
	kept, cursor, err := f.w.acct.Cursor(ctx, e.Mailbox, e.Folder)
	if err != nil {
		return f.fault(KindStore, "read the ledger", "", storeError{err})
	}
	if kept.UIDValidity != validity {
		if err := f.renew(ctx, kept, e); err != nil {
			return err
		}
		cursor = 0
	}
	if f.epoch != e {
		f.missing = make(map[uint32]missing)
		clear(f.blame)
		f.carefulUntil, f.stuck = 0, 0
		f.overlapped, f.swept, f.markFrom = time.Time{}, time.Time{}, 0
		if err := f.recall(ctx, e, cursor); err != nil {
			return err
		}
	}
	f.epoch, f.cursor = e, cursor
	f.update(func(s *aup.FolderStatus) { s.Epoch, s.Cursor = e, cursor })
	return nil
}

// renew starts a new epoch in the ledger.
func (f *folder) renew(ctx context.Context, old, e aup.Epoch) error {
	if old.UIDValidity != 0 {
		now := f.w.wall()
		f.epochs = slices.DeleteFunc(f.epochs, func(t time.Time) bool { return now.Sub(t) > time.Hour })
		if len(f.epochs) >= maxEpochs {
			return f.fault(KindEpoch, "open the folder", "the server is broken: each change makes every message new",
				fmt.Errorf("UIDVALIDITY changed more than %d times within the hour, now from %d to %d", maxEpochs, old.UIDValidity, e.UIDValidity))
		}
		f.epochs = append(f.epochs, now)
		f.w.opt.Log.Warn("UIDVALIDITY changed: every message is looked at anew", "mailbox", e.Mailbox, "folder", e.Folder,
			"old", old.UIDValidity, "new", e.UIDValidity)
	}
	return f.account(ctx, e, nil, 0)
}

// recall reads from the ledger which messages are missing.
func (f *folder) recall(ctx context.Context, e aup.Epoch, cursor uint32) error {
	if cursor == 0 {
		return nil
	}
	rows, err := f.w.acct.Rows(ctx, e, 1, cursor)
	if err != nil {
		return f.fault(KindStore, "read the ledger", "", storeError{err})
	}
	for _, r := range rows {
		if r.Fate == aup.Missing {
			f.missing[r.First] = missing{tries: max(r.Tries, 1), at: r.At}
		}
	}
	return nil
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
// the cursor, and what was recorded above it before a crash.
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
		return i < len(rows) && rows[i].First <= uid
	}), nil
}

// process deals with uids in batches. While one batch is on its way to the
// disk the next is fetched.
func (f *folder) process(ctx context.Context, s *session, uids []uint32) error {
	defer f.setWaiting(0)
	var last *batch
	for done := 0; done < len(uids); {
		f.setWaiting(len(uids) - done)
		f.w.opt.Progress(f.name, done, len(uids))
		chunk := f.chunk(uids[done:])
		b, err := f.fetchBatch(ctx, s, chunk)
		if last != nil {
			if settled := f.settle(ctx, last); settled != nil {
				return errors.Join(err, settled, b.wait(ctx))
			}
		}
		if err != nil {
			// What was handed over is on its way to the disk; let it arrive
			// before it is asked for again.
			return errors.Join(f.stumble(ctx, chunk, err), b.wait(ctx))
		}
		last, done = b, done+len(chunk)
	}
	if last != nil {
		if err := f.settle(ctx, last); err != nil {
			return err
		}
		f.w.opt.Progress(f.name, len(uids), len(uids))
	}
	f.stuck, f.carefulUntil = 0, 0
	return nil
}

// careful reports whether messages are taken one at a time.
func (f *folder) careful() bool { return f.carefulUntil > 0 }

func (f *folder) chunk(uids []uint32) []uint32 {
	if f.careful() && uids[0] <= f.carefulUntil {
		return uids[:1]
	}
	f.carefulUntil = 0
	return uids[:min(len(uids), batchSize)]
}

// stumble draws the consequence of an error while fetching. A message at which
// the connection ends again and again is put aside, so that it does not hold
// up the others.
func (f *folder) stumble(ctx context.Context, chunk []uint32, err error) error {
	if ctx.Err() != nil || kindOf(err) == KindStore {
		return err
	}
	if !f.careful() {
		if f.stuck++; f.stuck >= stuckAt {
			f.carefulUntil = chunk[len(chunk)-1]
		}
		return err
	}
	uid := chunk[0]
	if f.blame[uid]++; f.blame[uid] < maxTries {
		return err
	}
	delete(f.blame, uid)
	return errors.Join(err, f.putAside(ctx, uid, err))
}
