package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The ledger says what became of each UID, and a folder's row how far that is
// known:
//
//	ledger/<mailbox>\0<folder>\0<uidvalidity, 4 bytes><last UID, 4 bytes> = <row as JSON>
//	folders/<mailbox>\0<folder> = <uidvalidity, cursor and counts as JSON>
//
// Rows of one epoch do not overlap. They are keyed by their last UID, so that
// a seek for a UID comes to rest on the row that holds it, if there is one.

// A folderRow is how a folder stands.
type folderRow struct {
	UIDValidity uint32           `json:"uidvalidity"`
	Cursor      uint32           `json:"cursor"`
	Fates       map[aup.Fate]int `json:"fates"` // of the current epoch
}

func folderKey(mailbox, folder string) []byte {
	return append(append(append([]byte(mailbox), 0), folder...), 0)
}

func epochKey(e aup.Epoch) []byte {
	return binary.BigEndian.AppendUint32(folderKey(e.Mailbox, e.Folder), e.UIDValidity)
}

// parseLedgerKey takes the key of a ledger row apart: the epoch and the last UID.
func parseLedgerKey(k []byte) (e aup.Epoch, last uint32, ok bool) {
	mailbox, rest, ok1 := bytes.Cut(k, []byte{0})
	folder, numbers, ok2 := bytes.Cut(rest, []byte{0})
	if !ok1 || !ok2 || len(numbers) != 8 {
		return e, 0, false
	}
	e = aup.Epoch{Mailbox: string(mailbox), Folder: string(folder), UIDValidity: binary.BigEndian.Uint32(numbers)}
	return e, binary.BigEndian.Uint32(numbers[4:]), true
}

// Cursor implements [aup.Ledger].
func (s *Store) Cursor(ctx context.Context, mailbox, folder string) (e aup.Epoch, cursor uint32, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		row, ok, err := readFolder(tx, mailbox, folder)
		if ok {
			e, cursor = aup.Epoch{Mailbox: mailbox, Folder: folder, UIDValidity: row.UIDValidity}, row.Cursor
		}
		return err
	})
	return e, cursor, err
}

// Rows implements [aup.Ledger].
func (s *Store) Rows(ctx context.Context, e aup.Epoch, first, last uint32) (rows []aup.LedgerRow, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		rows, err = touching(tx, e, first, last)
		for i := range rows {
			rows[i].First, rows[i].Last = max(rows[i].First, first), min(rows[i].Last, last)
		}
		return err
	})
	return rows, err
}

// Account implements [aup.Accountant].
func (s *Store) Account(ctx context.Context, e aup.Epoch, rows []aup.LedgerRow, cursor uint32) error {
	if err := checkEpoch(e); err != nil {
		return err
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		f, err := openFolder(tx, e)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.First == 0 || row.Last < row.First {
				return fmt.Errorf("account for UIDs %d to %d: %w", row.First, row.Last, aup.ErrInvalid)
			}
			if row.At.IsZero() {
				row.At = s.now().UTC().Truncate(time.Second)
			}
			if err := putRow(tx, e, f, row); err != nil {
				return err
			}
		}
		f.Cursor = max(f.Cursor, cursor)
		return writeFolder(tx, e, f)
	})
}

// checkEpoch refuses what cannot be an epoch (RFC 9051, 2.3.1.1), or would make
// keys that are not told apart.
func checkEpoch(e aup.Epoch) error {
	if e.UIDValidity == 0 || strings.ContainsRune(e.Mailbox+e.Folder, 0) {
		return fmt.Errorf("folder %q of mailbox %q with UIDVALIDITY %d: neither name may hold a NUL, the number must be above 0: %w",
			e.Folder, e.Mailbox, e.UIDValidity, aup.ErrInvalid)
	}
	return nil
}

// recordedRows writes the ledger rows of recorded mails.
func recordedRows(tx *bbolt.Tx, batch []aup.Intake, receipts []aup.Receipt, at time.Time) error {
	rows := make(map[aup.Epoch][]aup.LedgerRow)
	var epochs []aup.Epoch // in the order in which they were met
	for i, in := range batch {
		m, e := in.Mail, in.Mail.Source.Epoch()
		if m.Source.UID == 0 {
			continue // a file
		}
		row := aup.LedgerRow{First: m.Source.UID, Last: m.Source.UID, Fate: aup.Recorded, Report: receipts[i].ID, At: at.UTC().Truncate(time.Second)}
		if m.Quarantine != "" {
			row.Fate, row.Note = aup.Quarantined, m.Quarantine
		}
		if rows[e] == nil {
			epochs = append(epochs, e)
		}
		rows[e] = append(rows[e], row)
	}
	for _, e := range epochs {
		if err := recordedIn(tx, e, rows[e]); err != nil {
			return err
		}
	}
	return nil
}

// recordedIn writes the ledger rows of mails of one epoch.
func recordedIn(tx *bbolt.Tx, e aup.Epoch, rows []aup.LedgerRow) error {
	if err := checkEpoch(e); err != nil {
		return err
	}
	f, known, err := readFolder(tx, e.Mailbox, e.Folder)
	if err != nil {
		return err
	}
	// Mail of another epoch than the folder's was on its way when the epoch
	// changed: its rows are kept, the folder stays where it is.
	late := known && f.UIDValidity != e.UIDValidity
	if late || !known {
		if f, err = newFolder(tx, e); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := putRow(tx, e, f, row); err != nil {
			return err
		}
	}
	if late {
		return nil
	}
	return writeFolder(tx, e, f)
}

// openFolder returns the folder's row for epoch e: a new one when the folder
// was never seen or had another UIDVALIDITY.
func openFolder(tx *bbolt.Tx, e aup.Epoch) (*folderRow, error) {
	f, ok, err := readFolder(tx, e.Mailbox, e.Folder)
	if err != nil || ok && f.UIDValidity == e.UIDValidity {
		return f, err
	}
	return newFolder(tx, e)
}

// newFolder returns the row of a folder that starts epoch e. The epoch may
// have rows: of mail recorded before it was accounted for, or from earlier,
// when the server went back to it.
func newFolder(tx *bbolt.Tx, e aup.Epoch) (*folderRow, error) {
	f := &folderRow{UIDValidity: e.UIDValidity, Fates: make(map[aup.Fate]int)}
	rows, err := touching(tx, e, 0, math.MaxUint32)
	for _, r := range rows {
		f.Fates[r.Fate] += int(r.Last - r.First + 1)
	}
	return f, err
}

func readFolder(tx *bbolt.Tx, mailbox, folder string) (f *folderRow, ok bool, err error) {
	v := tx.Bucket(bucketFolders).Get(folderKey(mailbox, folder))
	if v == nil {
		return nil, false, nil
	}
	f = &folderRow{Fates: make(map[aup.Fate]int)}
	if err := json.Unmarshal(v, f); err != nil {
		return nil, false, fmt.Errorf("folder %s/%s: %v: %w", mailbox, folder, err, aup.ErrDamaged)
	}
	if f.Fates == nil {
		f.Fates = make(map[aup.Fate]int) // it was null
	}
	return f, true, nil
}

func writeFolder(tx *bbolt.Tx, e aup.Epoch, f *folderRow) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketFolders).Put(folderKey(e.Mailbox, e.Folder), data)
}

// putRow lays row over what is known of its UIDs, and keeps f's counts.
func putRow(tx *bbolt.Tx, e aup.Epoch, f *folderRow, row aup.LedgerRow) error {
	first, last := row.First, row.Last
	if mergeable(row, row) { // the neighbours may become one with it
		first, last = max(first, 1)-1, min(last, math.MaxUint32-1)+1
	}
	old, err := touching(tx, e, first, last)
	if err != nil {
		return err
	}
	ledger, prefix := tx.Bucket(bucketLedger), epochKey(e)
	for _, r := range old {
		f.Fates[r.Fate] -= int(r.Last - r.First + 1)
		if err := ledger.Delete(binary.BigEndian.AppendUint32(bytes.Clone(prefix), r.Last)); err != nil {
			return err
		}
	}
	for _, r := range overlay(old, row) {
		f.Fates[r.Fate] += int(r.Last - r.First + 1)
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := ledger.Put(binary.BigEndian.AppendUint32(bytes.Clone(prefix), r.Last), data); err != nil {
			return err
		}
	}
	for fate, n := range f.Fates {
		if n == 0 {
			delete(f.Fates, fate)
		}
	}
	return nil
}

// touching returns the rows that hold a UID from first to last, whole and in
// order.
func touching(tx *bbolt.Tx, e aup.Epoch, first, last uint32) ([]aup.LedgerRow, error) {
	prefix := epochKey(e)
	var rows []aup.LedgerRow
	c := tx.Bucket(bucketLedger).Cursor()
	for k, v := c.Seek(binary.BigEndian.AppendUint32(bytes.Clone(prefix), first)); len(k) == len(prefix)+4 && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		var r aup.LedgerRow
		if err := json.Unmarshal(v, &r); err != nil {
			return nil, fmt.Errorf("ledger row %s/%s up to %d: %v: %w", e.Mailbox, e.Folder, binary.BigEndian.Uint32(k[len(prefix):]), err, aup.ErrDamaged)
		}
		if r.First > last {
			break
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// overlay returns old with row laid over it: row wins, but over what is
// recorded or quarantined already. Neighbours that say the same become one.
// old is in order, without overlap.
func overlay(old []aup.LedgerRow, row aup.LedgerRow) []aup.LedgerRow {
	var out []aup.LedgerRow
	add := func(r aup.LedgerRow, first, last uint64) {
		if first > last {
			return
		}
		r.First, r.Last = uint32(first), uint32(last)
		if n := len(out) - 1; n >= 0 && out[n].Last+1 == r.First && mergeable(out[n], r) {
			out[n].Last = r.Last
			return
		}
		out = append(out, r)
	}
	next := uint64(row.First) // the first UID of row that is not dealt with
	for _, r := range old {
		first, last := uint64(r.First), uint64(r.Last)
		switch {
		case last < uint64(row.First):
			add(r, first, last)
		case first > uint64(row.Last):
			add(row, next, uint64(row.Last))
			next = uint64(row.Last) + 1
			add(r, first, last)
		case keeps(r.Fate):
			add(row, next, first-1)
			add(r, first, last)
			next = last + 1
		default:
			add(r, first, uint64(row.First)-1)
			if last > uint64(row.Last) {
				add(row, next, uint64(row.Last))
				next = uint64(row.Last) + 1
				add(r, next, last)
			}
		}
	}
	add(row, next, uint64(row.Last))
	return out
}

// keeps reports whether the fate of a UID is a report, which nothing replaces.
func keeps(f aup.Fate) bool { return f == aup.Recorded || f == aup.Quarantined }

// mergeable reports whether a and b say the same of their UIDs. When it was is
// told of the first.
func mergeable(a, b aup.LedgerRow) bool {
	return a.Fate == b.Fate && a.Report == "" && b.Report == "" && a.Note == "" && b.Note == "" && a.Tries == b.Tries
}

// folders returns how every folder stands.
func folders(tx *bbolt.Tx) ([]aup.FolderStatus, error) {
	var out []aup.FolderStatus
	err := tx.Bucket(bucketFolders).ForEach(func(k, v []byte) error {
		mailbox, folder, _ := bytes.Cut(bytes.TrimSuffix(k, []byte{0}), []byte{0})
		var f folderRow
		if err := json.Unmarshal(v, &f); err != nil {
			return fmt.Errorf("folder %s/%s: %v: %w", mailbox, folder, err, aup.ErrDamaged)
		}
		out = append(out, aup.FolderStatus{
			Epoch: aup.Epoch{Mailbox: string(mailbox), Folder: string(folder), UIDValidity: f.UIDValidity}, Cursor: f.Cursor, Fates: f.Fates,
		})
		return nil
	})
	return out, err
}
