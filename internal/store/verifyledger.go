package store

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// ledger checks that the rows of an epoch do not overlap, that each recorded
// one names a report that has that source, and each folder's counts.
func (a *auditor) ledger(ctx context.Context, tx *bbolt.Tx) error {
	fates := make(map[string]map[aup.Fate]int) // by epoch
	var epoch []byte
	last := uint32(0)
	c := tx.Bucket(bucketLedger).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, uid, ok := parseLedgerKey(k)
		var row aup.LedgerRow
		if err := json.Unmarshal(v, &row); err != nil || !ok || row.Last != uid || row.First == 0 || row.First > row.Last {
			a.fault("ledger row %q: %q is not what stands there", k, v)
			continue
		}
		if prefix := k[:len(k)-4]; !bytes.Equal(prefix, epoch) {
			epoch, last = prefix, 0
			fates[string(epoch)] = make(map[aup.Fate]int)
		}
		if row.First <= last {
			a.fault("ledger %s/%s: rows overlap at UID %d", e.Mailbox, e.Folder, row.First)
		}
		last = row.Last
		fates[string(epoch)][row.Fate] += int(row.Last - row.First + 1)
		a.recorded(tx, e, row)
	}
	return a.folders(tx, fates)
}

// recorded checks that the report that a row names has the row's source.
func (a *auditor) recorded(tx *bbolt.Tx, e aup.Epoch, row aup.LedgerRow) {
	if (row.Report != "") != keeps(row.Fate) {
		a.fault("ledger %s/%s: UID %d is %s and names the report %q", e.Mailbox, e.Folder, row.First, row.Fate, row.Report)
	}
	if row.Report == "" {
		return
	}
	r, _, err := readReport(tx.Bucket(bucketView), row.Report)
	src := aup.Source{Mailbox: e.Mailbox, Folder: e.Folder, UIDValidity: e.UIDValidity, UID: row.First}
	if err != nil || row.First != row.Last || !slices.ContainsFunc(r.Sources, src.Same) {
		a.fault("ledger %s/%s: UID %d is said to be report %s, which does not know of it", e.Mailbox, e.Folder, row.First, row.Report)
	}
}

// folders checks the counts of each folder against its rows.
func (a *auditor) folders(tx *bbolt.Tx, fates map[string]map[aup.Fate]int) error {
	return tx.Bucket(bucketFolders).ForEach(func(k, _ []byte) error {
		mailbox, folder, _ := bytes.Cut(bytes.TrimSuffix(k, []byte{0}), []byte{0})
		f, _, err := readFolder(tx, string(mailbox), string(folder))
		if err != nil {
			a.fault("%v", err)
			return nil
		}
		e := aup.Epoch{Mailbox: string(mailbox), Folder: string(folder), UIDValidity: f.UIDValidity}
		if got := fates[string(epochKey(e))]; !maps.Equal(got, f.Fates) {
			a.fault("folder %s/%s: the fates are counted as %v, the ledger has %v", mailbox, folder, f.Fates, got)
		}
		return nil
	})
}

// source checks that the ledger knows what became of the UID that a report
// was met at.
func (a *auditor) source(tx *bbolt.Tx, id aup.ReportID, src aup.Source) {
	if src.UID == 0 {
		return // a file
	}
	rows, err := touching(tx, src.Epoch(), src.UID, src.UID)
	if err != nil || len(rows) == 0 || !keeps(rows[0].Fate) {
		a.fault("report %s: the ledger does not say that UID %d of %s/%s was recorded", id, src.UID, src.Mailbox, src.Folder)
	}
}
