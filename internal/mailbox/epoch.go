package mailbox

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"aupd/internal/aup"
)

// maxEpochs is how often an hour a folder may change its UIDVALIDITY before
// the server is taken to be broken: each change reads everything anew.
const maxEpochs = 4

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
		if err := f.recall(ctx, e); err != nil {
			return err
		}
	}
	f.epoch, f.cursor = e, cursor
	f.update(func(s *aup.FolderStatus) { s.Epoch, s.Cursor = e, cursor })
	return nil
}

// distrust tells, once, of a server that says no UIDNEXT of a folder opened for
// reading (RFC 9051, 6.3.2 wants it). Courier does so, and keeps the UIDs that
// it gives to new mail, and the UIDVALIDITY of a new folder, only when somebody
// opens the folder for writing: until then they may name another message the
// next time.
func (f *folder) distrust(s *session) {
	n := s.g.noted()
	if f.distrusted || !n.ReadOnly || n.UIDNext {
		return
	}
	f.distrusted = true
	f.w.opt.Log.Warn("the server may not keep the UIDs of a folder that is only read: have a mail program open it often, or set mark: keyword, which opens it for writing",
		"mailbox", f.w.opt.Name, "folder", f.name)
}

// renew starts a new epoch in the ledger.
func (f *folder) renew(ctx context.Context, old, e aup.Epoch) error {
	if old.UIDValidity != 0 {
		now := f.w.wall()
		f.epochs = slices.DeleteFunc(f.epochs, func(t time.Time) bool { return now.Sub(t) > time.Hour })
		if len(f.epochs) >= maxEpochs {
			return f.fault(KindEpoch, "open the folder", "each change makes every message new: the server is broken, or keeps no UIDs of a folder that nobody opened for writing yet (Courier): open it with a mail program",
				fmt.Errorf("UIDVALIDITY changed more than %d times within the hour, now from %d to %d", maxEpochs, old.UIDValidity, e.UIDValidity))
		}
		f.epochs = append(f.epochs, now)
		f.w.opt.Log.Warn("UIDVALIDITY changed: every message is looked at anew", "mailbox", e.Mailbox, "folder", e.Folder,
			"old", old.UIDValidity, "new", e.UIDValidity)
	}
	return f.account(ctx, e, nil, 0)
}

// recall reads from the ledger which messages are missing. That may be some above
// the cursor, and of an epoch that the server went back to.
func (f *folder) recall(ctx context.Context, e aup.Epoch) error {
	rows, err := f.w.acct.Rows(ctx, e, 1, math.MaxUint32)
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
