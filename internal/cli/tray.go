package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) trayCmd() *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use: "tray", Short: "Look at the near misses: take or dismiss them", Args: cobra.NoArgs,
		Long: `List the messages that were not taken and that somebody should look at: their
subject nearly matches, or could not be read. Nothing of them is kept but the
subject. Take one, and it is fetched and becomes a report; dismiss it, and it is
accounted for as what it is.`,
		Example: "  aupd tray\n  aupd tray take support/INBOX/17\n  aupd tray dismiss support/INBOX/18 support/INBOX/19 --reason \"a newsletter\"",
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().BoolVar(&all, "all", false, "those that were settled as well")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		page, err := b.NearMisses(cmd.Context(), all)
		if err != nil {
			return err
		}
		if asJSON {
			return printLines(a, page.Items)
		}
		a.tray(page, all)
		return nil
	})
	cmd.AddCommand(
		a.settleCmd("take", "Have near misses fetched and recorded, whatever their subject says", aup.EventNearMissTaken),
		a.settleCmd("dismiss", "Say that near misses are no reports", aup.EventNearMissDismissed),
		a.settleCmd("restore", "Put near misses back that were dismissed or taken", aup.EventNearMissRestored))
	return cmd
}

func (a *app) tray(page aup.TrayPage, all bool) {
	if len(page.Items) == 0 {
		fmt.Fprintln(a.out, "The tray is empty.")
		return
	}
	columns := []column{{"message", 0}, {"since", 60}, {"why", 50}, {"subject", 0}}
	if all {
		columns = append(columns, column{"settled", 0})
	}
	rows := make([]table.Row, 0, len(page.Items))
	for _, i := range page.Items {
		row := table.Row{handle(i.Source), humanize.Time(i.Since), i.Fate}
		if all {
			row = append(row, fit(clean(i.Subject), 60), clean(settled(i)))
		} else {
			row = append(row, clean(i.Subject))
		}
		rows = append(rows, row)
	}
	a.listing(columns, rows)
	if page.More {
		fmt.Fprintf(a.out, "There are more: %d open in all.\n", page.Open)
	}
}

// handle names a near miss on the command line.
func handle(s aup.Source) string {
	return clean(fmt.Sprintf("%s/%s/%d", s.Mailbox, s.Folder, s.UID))
}

// settled says in a few words how somebody settled a near miss.
func settled(i aup.TrayItem) string {
	if i.State == aup.TrayOpen {
		return ""
	}
	s := fmt.Sprintf("%s by %s", i.State, i.By)
	if i.Report != "" {
		s += ", report " + string(i.Report)
	}
	if i.Reason != "" {
		s += ": " + fit(i.Reason, 60)
	}
	return s
}

func (a *app) settleCmd(verb, short string, do aup.EventKind) *cobra.Command {
	var asJSON bool
	var reason string
	cmd := &cobra.Command{
		Use: verb + " MAILBOX/FOLDER/UID…", Short: short, Args: cobra.MinimumNArgs(1),
		Long: short + `.
Name them as "aupd tray" does. If some cannot be, each is told and the exit
status is 5.`,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&reason, "reason", "", "why, as `TEXT`")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		b, err := a.open(cmd.Context(), readWrite)
		if err != nil {
			return err
		}
		defer b.Close()
		var errs []error
		for _, arg := range args {
			item, err := settleOne(cmd.Context(), b, arg, aup.Settlement{Do: do, Reason: reason})
			if err == nil {
				err = a.settledLine(item, asJSON)
			}
			errs = append(errs, err)
		}
		return a.some(errors.Join(errs...), len(args))
	})
	return cmd
}

func settleOne(ctx context.Context, b *backend, arg string, s aup.Settlement) (item aup.TrayItem, err error) {
	if s.Source, err = nearMissAt(ctx, b, arg); err != nil {
		return item, err
	}
	return b.Settle(ctx, aup.PrincipalOf(ctx).Actor(), s)
}

// nearMissAt finds the message that arg names in the folder as it is now. The
// name of a folder may hold slashes.
func nearMissAt(ctx context.Context, b *backend, arg string) (aup.Source, error) {
	at := strings.LastIndexByte(arg, '/')
	mailbox, folder, ok := strings.Cut(arg[:max(at, 0)], "/")
	uid, err := strconv.ParseUint(arg[at+1:], 10, 32)
	if !ok || err != nil {
		return aup.Source{}, usageError{fmt.Errorf("%s: want MAILBOX/FOLDER/UID, as \"aupd tray\" lists them", arg)}
	}
	e, _, err := b.Cursor(ctx, mailbox, folder)
	if err == nil && e.UIDValidity == 0 {
		err = fmt.Errorf("%s: no folder %s of a mailbox %s was ever read: \"aupd tray\" lists the near misses: %w", arg, folder, mailbox, aup.ErrNotFound)
	}
	return aup.Source{Mailbox: mailbox, Folder: folder, UIDValidity: e.UIDValidity, UID: uint32(uid)}, err
}

func (a *app) settledLine(i aup.TrayItem, asJSON bool) error {
	if asJSON {
		return a.jsonLine(i)
	}
	_, err := fmt.Fprintf(a.out, "%s  %s  %s\n", handle(i.Source), i.State, fit(clean(i.Subject), 60))
	return err
}
