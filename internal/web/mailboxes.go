package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"

	"aupd/internal/aup"
)

// fateOrder is the order in which fates are told: what needs a person first.
var fateOrder = []aup.Fate{aup.NearMiss, aup.Quarantined, aup.Undecided, aup.Missing, aup.Gone, aup.Recorded, aup.NotSelected}

func (c *Console) mailboxes(w http.ResponseWriter, r *http.Request) error {
	status, err := c.Desk.Status(r.Context())
	if err != nil {
		return err
	}
	c.render(w, r, http.StatusOK, "mailboxes", map[string]any{
		"Title": "Mailboxes", "Folders": c.folders(status), "Fates": fateOrder, "Store": status, "Tray": c.Tray != nil,
	})
	return nil
}

// mailbox shows one folder, with the messages of it that a person should look
// at.
func (c *Console) mailbox(w http.ResponseWriter, r *http.Request) error {
	status, err := c.Desk.Status(r.Context())
	if err != nil {
		return err
	}
	all := c.folders(status)
	i := slices.IndexFunc(all, func(f folderView) bool {
		return f.Mailbox == r.PathValue("mailbox") && f.Folder == r.PathValue("folder")
	})
	if i < 0 {
		return fmt.Errorf("folder %s of mailbox %s: %w", r.PathValue("folder"), r.PathValue("mailbox"), aup.ErrNotFound)
	}
	odd, err := c.odd(r.Context(), all[i].FolderStatus)
	if err != nil {
		return err
	}
	c.render(w, r, http.StatusOK, "mailbox", map[string]any{
		"Title": all[i].Mailbox + " / " + all[i].Folder, "Folder": all[i], "Fates": fateOrder, "Odd": odd, "Listed": c.Ledger != nil, "Tray": c.Tray != nil,
	})
	return nil
}

// The ledger has a row for each report, so it is read from its end in steps
// and not beyond some of them.
const (
	oddStep  = 5000
	oddSteps = 10
	maxOdd   = 100
)

// odd returns the ledger's rows of what was neither recorded whole nor passed
// over, the latest first.
func (c *Console) odd(ctx context.Context, f aup.FolderStatus) ([]aup.LedgerRow, error) {
	if c.Ledger == nil {
		return nil, nil
	}
	settled, err := c.settled(ctx, f.Epoch)
	if err != nil {
		return nil, err
	}
	var out []aup.LedgerRow
	last := uint32(math.MaxUint32)
	first := f.Cursor - min(f.Cursor, oddStep)
	for range oddSteps {
		rows, err := c.Ledger.Rows(ctx, f.Epoch, first, last)
		if err != nil {
			return nil, err
		}
		for _, row := range slices.Backward(rows) {
			if row.Fate == aup.Recorded || row.Fate == aup.NotSelected || settled[row.First] && row.Fate != aup.Quarantined && row.Fate != aup.Missing {
				continue
			}
			if out = append(out, row); len(out) == maxOdd {
				return out, nil
			}
		}
		if first == 0 {
			break
		}
		last, first = first-1, first-min(first, oddStep)
	}
	return out, nil
}

// settled returns the UIDs of a folder that somebody took or dismissed: nobody
// has to look at those any more.
func (c *Console) settled(ctx context.Context, e aup.Epoch) (map[uint32]bool, error) {
	out := make(map[uint32]bool)
	if c.Tray == nil {
		return out, nil
	}
	page, err := c.Tray.NearMisses(ctx, true)
	for _, i := range page.Items {
		if i.State != aup.TrayOpen && i.Source.Epoch() == e {
			out[i.Source.UID] = true
		}
	}
	return out, err
}
