package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

func (a *app) statusCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Show the counts and how every watched folder stands", Args: cobra.NoArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "print the status as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		s, err := b.Status(cmd.Context())
		if err != nil {
			return err
		}
		if *asJSON {
			return a.jsonLine(s)
		}
		a.status(s)
		return nil
	})
	return cmd
}

func (a *app) status(s aup.Status) {
	if s.Version == "" {
		fmt.Fprintln(a.out, "daemon    not running")
	} else {
		fmt.Fprintln(a.out, "daemon    running, aupd", s.Version)
	}
	fmt.Fprintf(a.out, "reports   %s, %s open", humanize.Comma(int64(s.Reports)), humanize.Comma(int64(s.Open())))
	for _, n := range []struct {
		of   int
		word string
	}{{s.Urgent, "urgent"}, {s.Overdue, "overdue"}} {
		if n.of > 0 {
			fmt.Fprintf(a.out, ", %s", paint(a.out, fmt.Sprintf("%d %s", n.of, n.word), text.Bold, text.FgRed))
		}
	}
	fmt.Fprintln(a.out)
	if !s.Newest.IsZero() {
		fmt.Fprintln(a.out, "newest   ", humanize.Time(s.Newest))
	}
	if s.OpenNearMisses > 0 {
		fmt.Fprintf(a.out, "tray      %d near %s to look at: aupd tray\n", s.OpenNearMisses, plural(s.OpenNearMisses, "miss"))
	}
	fmt.Fprintf(a.out, "store     %s, %s events\n", humanize.IBytes(uint64(s.StoreBytes)), humanize.Comma(int64(s.Events)))
	fmt.Fprintln(a.out, "outcomes ", counts(s.ByOutcome))
	fmt.Fprintln(a.out, "clauses  ", counts(s.ByClause))
	if len(s.Folders) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := newTable(a.out, "mailbox", "folder", "state", "last poll", "waiting", "uids")
	for _, f := range s.Folders {
		state := "not connected"
		switch {
		case f.LastError != "":
			state = clean(f.LastError)
		case f.Connected:
			state = "connected"
		case s.Version == "":
			state = "–"
		}
		poll := "–"
		if !f.LastPoll.IsZero() {
			poll = humanize.Time(f.LastPoll)
		}
		t.AppendRow([]any{f.Mailbox, clean(f.Folder), state, poll, f.Waiting, counts(f.Fates)})
	}
	t.Render()
}

// counts prints a map of counts in the order of its keys, "none" when empty.
func counts[K ~string](m map[K]int) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] > 0 {
			s = append(s, fmt.Sprintf("%s %s", k, humanize.Comma(int64(m[k]))))
		}
	}
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}
