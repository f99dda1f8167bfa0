package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The near misses lie in the ledger; how they were settled follows from the
// log, and is kept in the view:
//
//	view/tray/<mailbox>\0<folder>\0<uidvalidity, 4 bytes><UID, 4 bytes> =
//	    <number of the last event that settled it, 8 bytes><the event's kind>

func trayKey(src aup.Source) []byte {
	return binary.BigEndian.AppendUint32(epochKey(src.Epoch()), src.UID)
}

// noteSettled keeps that e settled a near miss, if it did.
func noteSettled(view *bbolt.Bucket, e aup.Event) error {
	if !slices.Contains(aup.SettleKinds, e.Kind) {
		return nil
	}
	if e.Settled == nil {
		return fmt.Errorf("apply event %d: it settles no near miss: %w", e.Seq, aup.ErrInvalid)
	}
	return view.Bucket(bucketTray).Put(trayKey(e.Settled.Source), append(seqKey(e.Seq), e.Kind...))
}

// lastSettled returns the event that settled a near miss last, and the state
// that it led to; 0 and open for none.
func lastSettled(row []byte) (aup.Seq, aup.TrayState) {
	if len(row) < 8 {
		return 0, aup.TrayOpen
	}
	return aup.Seq(binary.BigEndian.Uint64(row)), aup.TrayStateOf(aup.EventKind(row[8:]))
}

// isNearMiss reports whether a person should look at a message of that fate.
func isNearMiss(f aup.Fate) bool { return f == aup.NearMiss || f == aup.Undecided }

// NearMisses implements [aup.Tray].
func (s *Store) NearMisses(ctx context.Context, all bool) (page aup.TrayPage, err error) {
	page.Items = []aup.TrayItem{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if page.Open, err = openNearMisses(tx); err != nil {
			return err
		}
		if page.Items, err = openItems(tx, page.Items); err != nil || !all {
			return err
		}
		if page.Items, page.More, err = settledItems(tx, page.Items); err != nil || !aup.Blind(ctx) {
			return err
		}
		for i, item := range page.Items {
			if item.Sealed {
				page.Items[i].Subject, page.Items[i].Reason = "", ""
			}
		}
		return nil
	})
	page.More = page.More || page.Open > aup.MaxTray
	return page, err
}

// openNearMisses counts what nobody has settled: the near misses that are
// counted with the folders, less the settled ones among them.
func openNearMisses(tx *bbolt.Tx) (n int, err error) {
	all, err := folders(tx)
	for _, f := range all {
		n += f.Fates[aup.NearMiss] + f.Fates[aup.Undecided]
		for uid, state := range settledIn(tx, f.Epoch) {
			if state == aup.TrayOpen {
				continue
			}
			row, err := ledgerRow(tx, f.Epoch, uid)
			if err != nil {
				return 0, err
			}
			if isNearMiss(row.Fate) {
				n--
			}
		}
	}
	return n, err
}

// settledIn yields the UIDs of an epoch that somebody settled, and how, in
// ascending order.
func settledIn(tx *bbolt.Tx, e aup.Epoch) iter.Seq2[uint32, aup.TrayState] {
	return func(yield func(uint32, aup.TrayState) bool) {
		prefix := epochKey(e)
		c := tx.Bucket(bucketView).Bucket(bucketTray).Cursor()
		for k, v := c.Seek(prefix); len(k) == len(prefix)+4 && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			_, state := lastSettled(v)
			if !yield(binary.BigEndian.Uint32(k[len(prefix):]), state) {
				return
			}
		}
	}
}

// ledgerRow returns what became of one UID; the zero row when that is not
// known.
func ledgerRow(tx *bbolt.Tx, e aup.Epoch, uid uint32) (aup.LedgerRow, error) {
	rows, err := touching(tx, e, uid, uid)
	if err != nil || len(rows) == 0 {
		return aup.LedgerRow{}, err
	}
	return rows[0], nil
}

// openItems appends the open items, up to MaxTray in all.
func openItems(tx *bbolt.Tx, items []aup.TrayItem) ([]aup.TrayItem, error) {
	all, err := folders(tx)
	if err != nil {
		return items, err
	}
	tray := tx.Bucket(bucketView).Bucket(bucketTray)
	for _, f := range all {
		if f.Fates[aup.NearMiss]+f.Fates[aup.Undecided] == 0 {
			continue
		}
		for row, err := range nearMissRows(tx, f.Epoch) {
			if err != nil || len(items) == aup.MaxTray {
				return items, err
			}
			src := aup.Source{Mailbox: f.Mailbox, Folder: f.Folder, UIDValidity: f.UIDValidity, UID: row.Last}
			seq, state := lastSettled(tray.Get(trayKey(src)))
			if state != aup.TrayOpen {
				continue
			}
			item, err := itemOf(tx, src, row, seq)
			if err != nil {
				return items, err
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// nearMissRows yields a row for each UID of an epoch that is a near miss. The
// other rows, which may be a hundred thousand, are not decoded.
func nearMissRows(tx *bbolt.Tx, e aup.Epoch) iter.Seq2[aup.LedgerRow, error] {
	return func(yield func(aup.LedgerRow, error) bool) {
		prefix := epochKey(e)
		c := tx.Bucket(bucketLedger).Cursor()
		for k, v := c.Seek(prefix); len(k) == len(prefix)+4 && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			// Quotes within a note are escaped, so this is the field itself.
			if !bytes.Contains(v, []byte(`"fate":"near-miss"`)) && !bytes.Contains(v, []byte(`"fate":"undecided"`)) {
				continue
			}
			var run aup.LedgerRow
			if err := json.Unmarshal(v, &run); err != nil {
				last := binary.BigEndian.Uint32(k[len(prefix):])
				yield(run, fmt.Errorf("ledger row %s/%s up to %d: %v: %w", e.Mailbox, e.Folder, last, err, aup.ErrDamaged))
				return
			}
			// Neighbours without a subject share a row.
			for row, uid := run, uint64(run.First); uid <= uint64(run.Last); uid++ {
				if row.First, row.Last = uint32(uid), uint32(uid); !yield(row, nil) {
					return
				}
			}
		}
	}
}

// settledItems appends what was settled, whatever became of its folder, the
// latest first and up to MaxTray in all.
func settledItems(tx *bbolt.Tx, items []aup.TrayItem) (_ []aup.TrayItem, more bool, err error) {
	var settled []aup.Seq
	err = tx.Bucket(bucketView).Bucket(bucketTray).ForEach(func(_, v []byte) error {
		if seq, state := lastSettled(v); state != aup.TrayOpen {
			settled = append(settled, seq)
		}
		return nil
	})
	if err != nil {
		return items, false, err
	}
	slices.SortFunc(settled, func(a, b aup.Seq) int { return -cmp.Compare(a, b) })
	if room := aup.MaxTray - len(items); len(settled) > room {
		settled, more = settled[:room], true
	}
	for _, seq := range settled {
		item, err := settledItem(tx, seq)
		if err != nil {
			return items, false, err
		}
		items = append(items, item)
	}
	return items, more, nil
}

// settledItem returns the item that the event seq settled.
func settledItem(tx *bbolt.Tx, seq aup.Seq) (aup.TrayItem, error) {
	e, err := settling(tx, seq)
	if err != nil {
		return aup.TrayItem{}, err
	}
	row, err := ledgerRow(tx, e.Settled.Source.Epoch(), e.Settled.Source.UID)
	item := itemBy(row, e)
	item.Sealed = isSealed(tx, row.Report)
	return item, err
}

// settling reads an event that settled a near miss.
func settling(tx *bbolt.Tx, seq aup.Seq) (aup.Event, error) {
	e, _, err := decodeEvent(tx.Bucket(bucketLog).Get(seqKey(seq)))
	if err == nil && e.Settled == nil {
		err = fmt.Errorf("it settles no near miss: %w", aup.ErrDamaged)
	}
	if err != nil {
		return e, fmt.Errorf("event %d: %w", seq, err)
	}
	return e, nil
}

// itemOf returns the item of a message with a ledger row that the event seq
// settled last, 0 for none.
func itemOf(tx *bbolt.Tx, src aup.Source, row aup.LedgerRow, seq aup.Seq) (aup.TrayItem, error) {
	if seq == 0 {
		return aup.TrayItem{Source: src, Subject: row.Note, State: aup.TrayOpen, Fate: row.Fate, Since: row.At}, nil
	}
	e, err := settling(tx, seq)
	if err != nil {
		return aup.TrayItem{}, err
	}
	return itemBy(row, e), nil
}

// itemBy returns the item that e settled. Its subject is the event's: the note
// of the row may tell of something else by now.
func itemBy(row aup.LedgerRow, e aup.Event) aup.TrayItem {
	return aup.TrayItem{
		Source: e.Settled.Source, Subject: e.Settled.Subject, State: aup.TrayStateOf(e.Kind), Fate: row.Fate, Since: row.At, Report: row.Report,
		By: e.By, At: e.At, Reason: e.Settled.Reason,
	}
}

// Settle implements [aup.Tray].
func (s *Store) Settle(ctx context.Context, who aup.Actor, st aup.Settlement) (item aup.TrayItem, err error) {
	if err := st.Check(); err != nil {
		return item, err
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		var seq aup.Seq
		if item, seq, err = settleable(tx, st.Source); err != nil || item.State == aup.TrayStateOf(st.Do) {
			return err
		}
		if _, err := appendEvents(tx, aup.NewSettled(st, item.Subject, seq, who, s.now())); err != nil {
			return err
		}
		item, _, err = settleable(tx, st.Source)
		return err
	})
	if err == nil {
		s.grown()
	}
	return item, err
}

// settleable returns the item of a message, and the event that settled it last,
// unless it is none that can be settled.
func settleable(tx *bbolt.Tx, src aup.Source) (item aup.TrayItem, seq aup.Seq, err error) {
	name := fmt.Sprintf("%s/%s/%d", src.Mailbox, src.Folder, src.UID)
	f, known, err := readFolder(tx, src.Mailbox, src.Folder)
	switch {
	case err != nil:
		return item, 0, err
	case known && f.UIDValidity != src.UIDValidity:
		return item, 0, fmt.Errorf("%s: the folder was made anew, its UIDVALIDITY is %d: look at the tray again: %w", name, f.UIDValidity, aup.ErrConflict)
	}
	row, err := ledgerRow(tx, src.Epoch(), src.UID)
	if err != nil {
		return item, 0, err
	}
	src = aup.Source{Mailbox: src.Mailbox, Folder: src.Folder, UIDValidity: src.UIDValidity, UID: src.UID}
	seq, _ = lastSettled(tx.Bucket(bucketView).Bucket(bucketTray).Get(trayKey(src)))
	switch {
	case row.Report != "":
		return item, 0, fmt.Errorf("%s: it is report %s already: %w", name, row.Report, aup.ErrConflict)
	case row.Fate == aup.Gone && seq != 0:
		return item, 0, fmt.Errorf("%s: it is gone from the mailbox: %w", name, aup.ErrConflict)
	case !isNearMiss(row.Fate) && (row.Fate != aup.Missing || seq == 0):
		return item, 0, fmt.Errorf("%s: it is no near miss: \"aupd tray\" lists them: %w", name, aup.ErrNotFound)
	}
	item, err = itemOf(tx, src, row, seq)
	return item, seq, err
}

// Wanted returns the UIDs of an epoch that were taken from the tray and are no
// report yet, in ascending order.
func (s *Store) Wanted(ctx context.Context, e aup.Epoch) (uids []uint32, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		for uid, state := range settledIn(tx, e) {
			if state != aup.TrayTaken {
				continue
			}
			row, err := ledgerRow(tx, e, uid)
			if err != nil {
				return err
			}
			if isNearMiss(row.Fate) || row.Fate == aup.Missing {
				uids = append(uids, uid)
			}
		}
		return nil
	})
	return uids, err
}
