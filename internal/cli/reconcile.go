package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/mailbox"

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
selected, near miss, undecided, missing, gone or quarantined. When one is not
accounted for, each folder's reason is printed and the exit status is 5.`,
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
		r := &reconciler{a: a, b: b, asJSON: asJSON, each: each}
		folders := 0
		var errs []error
		for s, err := range daemon.Survey(cmd.Context(), cfg) {
			folders++
			if err == nil {
				err = r.folder(cmd.Context(), s)
			}
			errs = append(errs, err)
		}
		err = a.some(errors.Join(errs...), folders)
		if len(r.lost) == 0 {
			return err
		}
		a.complain(errors.Join(r.lost...))
		if err != nil {
			a.complain(err)
		}
		return printed{errSome}
	})
	return cmd
}

// A reconciler prints what became of the messages of one folder after the
// other.
type reconciler struct {
	a            *app
	b            *backend
	asJSON, each bool
	lost         []error // why messages of a folder are not accounted for
}

// folder prints what became of the UIDs of one folder. Mail that came a moment
// ago is given to the running daemon, if there is one, to be dealt with first.
func (r *reconciler) folder(ctx context.Context, s mailbox.Holding) error {
	known, err := r.look(ctx, s)
	if err == nil && r.b.daemon != nil && slices.ContainsFunc(known.rows, isUnknown) {
		if err := r.a.waitForDaemon(ctx, r.b, &summary{}); err != nil && !errors.Is(err, errSome) {
			return err
		}
		known, err = r.look(ctx, s)
	}
	if err != nil {
		return err
	}
	n := make(map[aup.Fate]int)
	for _, row := range known.rows {
		n[row.Fate] += int(row.Last - row.First + 1)
		if err := r.print(s, row); err != nil {
			return err
		}
	}
	if !r.asJSON {
		fmt.Fprintf(r.a.out, "%s/%s, UIDVALIDITY %d: %d %s: %s\n", s.Mailbox, clean(s.Folder), s.UIDValidity, len(s.UIDs), plural(len(s.UIDs), "message"), counts(n))
	}
	r.explain(s, known)
	return nil
}

// A ledgerView is what the ledger says of a folder: how far it is known, and
// the rows of the UIDs that lie there now.
type ledgerView struct {
	epoch  aup.Epoch
	cursor uint32
	rows   []aup.LedgerRow
}

// look asks for the cursor first: what is recorded meanwhile is then never
// taken for lost.
func (r *reconciler) look(ctx context.Context, s mailbox.Holding) (v ledgerView, err error) {
	if v.epoch, v.cursor, err = r.b.Cursor(ctx, s.Mailbox, s.Folder); err != nil || len(s.UIDs) == 0 {
		return v, err
	}
	known, err := r.b.Rows(ctx, s.Epoch, slices.Min(s.UIDs), slices.Max(s.UIDs))
	v.rows = present(known, s.UIDs)
	return v, err
}

func (r *reconciler) print(s mailbox.Holding, row aup.LedgerRow) error {
	switch {
	case r.asJSON:
		return r.a.jsonLine(reconciled{s.Epoch, row})
	case r.each:
		line := fmt.Sprintf("%s/%s %s %s %s %s", s.Mailbox, s.Folder, uids(row), row.Fate, row.Report, row.Note)
		fmt.Fprintln(r.a.out, clean(strings.TrimRight(line, " ")))
	}
	return nil
}

// uids writes the UIDs of a row as in 7 or 7–9.
func uids(row aup.LedgerRow) string {
	if row.First == row.Last {
		return fmt.Sprint(row.First)
	}
	return fmt.Sprintf("%d–%d", row.First, row.Last)
}

func isUnknown(row aup.LedgerRow) bool { return row.Fate == unknown }

// explain says why messages of the folder are not accounted for: they came
// after the last look, the folder was never looked at or was made anew since,
// or the ledger lacks what it should have.
func (r *reconciler) explain(s mailbox.Holding, known ledgerView) {
	lost := make(map[string][]string) // UIDs by reason
	n := make(map[string]int)
	for _, row := range known.rows {
		if !isUnknown(row) {
			continue
		}
		why := "they came after the last look: run \"aupd ingest\""
		switch {
		case known.epoch.UIDValidity == 0:
			why = "the folder was never read: run \"aupd ingest\""
		case known.epoch.UIDValidity != s.UIDValidity:
			why = fmt.Sprintf("the folder was made anew since, its UIDVALIDITY was %d: run \"aupd ingest\"", known.epoch.UIDValidity)
		case row.First <= known.cursor:
			why = fmt.Sprintf("the ledger should know them, it is said to be whole up to UID %d: run \"aupd verify\"", known.cursor)
		}
		n[why] += int(row.Last - row.First + 1)
		lost[why] = append(lost[why], uids(row))
	}
	for _, why := range slices.Sorted(maps.Keys(lost)) {
		r.lost = append(r.lost, fmt.Errorf("%s/%s: %d %s not accounted for (UID %s): %s",
			s.Mailbox, s.Folder, n[why], plural(n[why], "message"), some(lost[why]), why))
	}
}

// some writes the first few of a list.
func some(list []string) string {
	const most = 8
	if len(list) > most {
		list = append(slices.Clip(list[:most]), "…")
	}
	return strings.Join(list, ", ")
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
