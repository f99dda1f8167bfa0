package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aupd/internal/aup"
	"aupd/internal/daemon"

	"github.com/spf13/cobra"
)

// A reconciled is what reconcile says of one run of UIDs, as JSON.
type reconciled struct {
	aup.Epoch
	aup.LedgerRow
}

// unknown is the fate of a UID that the ledger does not know: it came after
// the last poll, or it was lost.
const unknown aup.Fate = "unaccounted"

func (a *app) reconcileCmd() *cobra.Command {
	var asJSON, each bool
	cmd := &cobra.Command{
		Use: "reconcile", Short: "Say what became of every message in the mailboxes", Args: cobra.NoArgs,
		Long: `List every UID of every watched folder and say what became of it: recorded, not
selected, near miss, undecided, missing or quarantined. When one is not accounted
for, the exit status is 5.`,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object for each run of UIDs")
	cmd.Flags().BoolVar(&each, "each", false, "list every run of UIDs, not the counts alone")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		if len(cfg.Mailboxes) == 0 {
			return fmt.Errorf("no mailbox is configured: name one in aupd.yaml (\"aupd config example\" shows how): %w", aup.ErrInvalid)
		}
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		lost, errs := 0, []error(nil)
		for s, err := range daemon.Survey(cmd.Context(), cfg) {
			if err == nil {
				var n int
				n, err = a.reconcile(cmd.Context(), b, s, asJSON, each)
				lost += n
			}
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if lost > 0 {
			a.complain(fmt.Errorf("%d %s not accounted for: run \"aupd ingest\", then reconcile again", lost, plural(lost, "message")))
			return printed{errSome}
		}
		return nil
	})
	return cmd
}

// reconcile prints what became of the UIDs of one folder and returns how many
// the ledger does not know.
func (a *app) reconcile(ctx context.Context, b *backend, s daemon.Surveyed, asJSON, each bool) (int, error) {
	var rows []aup.LedgerRow
	if len(s.UIDs) > 0 {
		known, err := b.Rows(ctx, s.Epoch, slices.Min(s.UIDs), slices.Max(s.UIDs))
		if err != nil {
			return 0, err
		}
		rows = present(known, s.UIDs)
	}
	n := make(map[aup.Fate]int)
	for _, r := range rows {
		n[r.Fate] += int(r.Last - r.First + 1)
		if asJSON {
			if err := a.jsonLine(reconciled{s.Epoch, r}); err != nil {
				return 0, err
			}
		} else if each {
			uids := fmt.Sprint(r.First)
			if r.Last > r.First {
				uids = fmt.Sprintf("%d–%d", r.First, r.Last)
			}
			fmt.Fprintf(a.out, "%s/%s %s %s %s %s\n", s.Mailbox, clean(s.Folder), uids, r.Fate, r.Report, clean(r.Note))
		}
	}
	if !asJSON {
		fmt.Fprintf(a.out, "%s/%s, UIDVALIDITY %d: %d messages: %s\n", s.Mailbox, clean(s.Folder), s.UIDValidity, len(s.UIDs), counts(n))
	}
	return n[unknown], nil
}

// present returns rows for just the given UIDs: what the ledger knows of each,
// neighbours of equal fate in one row, and unknown for the rest.
func present(known []aup.LedgerRow, uids []uint32) []aup.LedgerRow {
	slices.Sort(uids)
	var out []aup.LedgerRow
	i := 0
	for _, uid := range slices.Compact(uids) {
		for i < len(known) && known[i].Last < uid {
			i++
		}
		row := aup.LedgerRow{First: uid, Last: uid, Fate: unknown}
		if i < len(known) && known[i].First <= uid {
			row = known[i]
			row.First, row.Last = uid, uid
		}
		if n := len(out) - 1; n >= 0 && out[n].Last+1 == uid && out[n].Fate == row.Fate && row.Report == "" && row.Note == "" && out[n].Note == "" {
			out[n].Last = uid
			continue
		}
		out = append(out, row)
	}
	return out
}
