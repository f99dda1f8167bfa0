package mailbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"aupd/internal/aup"
)

// A batch is some UIDs of a folder in ascending order and what became of each.
// The mail of it that was selected is with the sink.
type batch struct {
	uids  []uint32
	epoch aup.Epoch

	fates map[uint32]fate // of those that are not with the sink

	recorded chan struct{} // closed when the sink is done with all of it

	mu     sync.Mutex
	left   int              // with the sink, and one until all is handed over
	failed map[uint32]error // what the sink could not record
}

// A fate is what becomes of a UID, before it is a row.
type fate struct {
	aup.Fate
	note  string
	tries int
}

// maxNote bounds the subject kept in the ledger, in bytes.
const maxNote = 500

func (f *folder) newBatch(uids []uint32) *batch {
	return &batch{
		uids: uids, epoch: f.epoch, fates: make(map[uint32]fate, len(uids)),
		recorded: make(chan struct{}), left: 1, failed: make(map[uint32]error),
	}
}

// done notes that the sink is done with uid, or that nothing more is handed
// over.
func (b *batch) done(uid uint32, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed[uid] = err
	}
	if b.left--; b.left == 0 {
		close(b.recorded)
	}
}

// fetchBatch finds out what becomes of uids, going by their subjects. The batch
// is returned even with an error: mail that the sink was handed may still be on
// its way.
func (f *folder) fetchBatch(ctx context.Context, s *session, uids []uint32, subjects map[uint32]decided) (*batch, error) {
	b := f.newBatch(uids)
	defer b.done(0, nil)
	var wanted, lost []uint32
	for _, uid := range uids {
		d, ok := subjects[uid]
		switch {
		case !ok:
			lost = append(lost, uid)
		case f.takes(uid, d):
			wanted = append(wanted, uid)
		default:
			b.fates[uid] = f.fateOf(uid, d)
		}
	}
	given := make(map[uint32]bool, len(wanted))
	err := s.bodies(ctx, wanted, !f.careful(), func(m *aup.Mail) error {
		taken, err := f.hand(ctx, b, m, subjects[m.Source.UID])
		given[m.Source.UID] = taken
		return err
	})
	if err != nil {
		return b, err
	}
	for _, uid := range wanted {
		if !given[uid] {
			lost = append(lost, uid)
		}
	}
	return b, f.explain(s, b, lost)
}

// fateOf is the fate of a message whose subject is not a match.
func (f *folder) fateOf(uid uint32, d decided) fate {
	note := cut(d.subject, maxNote)
	switch d.Decision {
	case NearMiss:
		return fate{Fate: aup.NearMiss, note: note}
	case Undecided:
		f.w.opt.Log.Warn("subject could not be read", "mailbox", f.w.opt.Name, "folder", f.name, "uid", uid)
		return fate{Fate: aup.Undecided, note: note}
	}
	return fate{Fate: aup.NotSelected}
}

// hand gives m to the sink, after a last look: between listing and fetching a
// server may put another message in a UID's place, or a made-up one. taken is
// false for such a message.
func (f *folder) hand(ctx context.Context, b *batch, m *aup.Mail, d decided) (taken bool, err error) {
	matches, err := f.matches(m, d)
	if err != nil || !matches {
		return false, errors.Join(err, m.Close())
	}
	uid, fate := m.Source.UID, aup.Recorded
	if m.Quarantine != "" {
		fate = aup.Quarantined
	}
	f.w.opt.Log.Debug("fetched", "id", aup.NewReportID(m.Hash, 0), "mailbox", f.w.opt.Name, "folder", f.name, "uid", uid, "size", m.Size)
	f.markFrom = min(f.markFrom, uid)
	b.mu.Lock()
	b.left++
	b.mu.Unlock()
	err = f.w.sink.Put(ctx, m, func(err error) {
		if err == nil {
			f.count(f.w.opt.Metrics.messages, 1, string(fate))
		}
		b.done(uid, err)
	})
	if err != nil {
		b.done(uid, err)
		return false, storeError{err}
	}
	return true, nil
}

// explain settles the UIDs that the server listed and did not give: either it
// lists them no longer, or they are missing and will be asked for again.
func (f *folder) explain(s *session, b *batch, lost []uint32) error {
	there, err := s.present(lost)
	if err != nil {
		return err
	}
	for _, uid := range lost {
		if slices.Contains(there, uid) {
			b.fates[uid] = f.missed(uid, "the server lists the message and does not give it")
		} else {
			b.fates[uid] = fate{Fate: aup.Gone}
		}
	}
	return nil
}

// missed is the fate of a UID that could not be had, once more.
func (f *folder) missed(uid uint32, why string) fate {
	tries := f.missing[uid].tries + 1
	f.w.opt.Log.Warn("message is missing", "mailbox", f.w.opt.Name, "folder", f.name, "uid", uid, "tries", tries, "why", why)
	return fate{Fate: aup.Missing, note: why, tries: tries}
}

// settle waits for the sink, then writes the ledger of some batches, which
// follow each other, and moves the cursor as far as everything is known.
func (f *folder) settle(ctx context.Context, batches ...*batch) error {
	if len(batches) == 0 {
		return nil
	}
	var rows []aup.LedgerRow
	var failed error
	now, cursor := f.w.wall().UTC(), uint32(math.MaxUint32)
	for _, b := range batches {
		if err := b.wait(ctx); err != nil {
			return err
		}
		for uid, err := range b.failed {
			failed = f.fault(KindStore, fmt.Sprintf("record uid %d", uid), "", storeError{err})
			if cursor = min(cursor, uid-1); uid <= f.cursor {
				// It turned up late: the cursor does not keep it from being
				// forgotten, so the ledger must.
				b.fates[uid] = f.missed(uid, err.Error())
			}
		}
		rows = append(rows, b.rows(now)...)
	}
	last := batches[len(batches)-1]
	cursor = min(cursor, last.uids[len(last.uids)-1])
	if err := f.account(ctx, last.epoch, rows, max(cursor, f.cursor)); err != nil {
		return err
	}
	for _, b := range batches {
		f.remember(b, now)
	}
	return failed
}

// account writes rows to the ledger and moves the cursor up.
func (f *folder) account(ctx context.Context, e aup.Epoch, rows []aup.LedgerRow, cursor uint32) error {
	if err := f.w.acct.Account(ctx, e, rows, cursor); err != nil {
		return f.fault(KindStore, "write the ledger", "", storeError{err})
	}
	if cursor > f.cursor {
		f.cursor, f.stuck = cursor, 0
		f.gains++
	}
	f.update(func(s *aup.FolderStatus) { s.Epoch, s.Cursor = e, f.cursor })
	return nil
}

// wait returns when the sink is done with all that it was handed.
func (b *batch) wait(ctx context.Context) error {
	select {
	case <-b.recorded:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// remember keeps track of the missing messages and counts the fates.
func (f *folder) remember(b *batch, now time.Time) {
	counts := make(map[aup.Fate]int)
	for _, uid := range b.uids {
		got, ok := b.fates[uid]
		delete(f.missing, uid)
		if got.Fate == aup.Missing {
			f.missing[uid] = missing{tries: got.tries, at: now}
		}
		if ok {
			counts[got.Fate]++
		}
	}
	for fate, n := range counts {
		f.count(f.w.opt.Metrics.messages, n, string(fate))
	}
}

// rows returns the ledger's rows of the batch. Only neighbouring UIDs that the
// server listed share a row: a UID that turns up late has not been dealt with.
func (b *batch) rows(now time.Time) []aup.LedgerRow {
	var rows []aup.LedgerRow
	for _, uid := range b.uids {
		got, ok := b.fates[uid]
		if !ok {
			continue
		}
		row := aup.LedgerRow{First: uid, Last: uid, Fate: got.Fate, Note: got.note, At: now, Tries: got.tries}
		if n := len(rows); n > 0 && joins(rows[n-1], row) {
			rows[n-1].Last = uid
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

func joins(a, b aup.LedgerRow) bool {
	plain := b.Fate == aup.NotSelected || b.Fate == aup.Gone
	return plain && a.Fate == b.Fate && a.Last != math.MaxUint32 && a.Last+1 == b.First
}
