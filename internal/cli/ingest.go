package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/ingest"

	"github.com/spf13/cobra"
)

func (a *app) ingestCmd() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use: "ingest [FILE|DIR …]", Short: "Record mail once: every configured mailbox, or the named files",
		Long: `Without arguments, read every configured mailbox until all of it is known, and
end. With arguments, record the named .eml files, mboxes or Maildirs through the
same parser and rules; every message in them is taken, whatever its subject.
Mail that is recorded already is not recorded again.`,
		Example: "  aupd ingest\n  aupd ingest ~/Maildir report.eml",
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the summary as one JSON object")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log every message to standard error")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		frugal()
		b, err := a.openIntake(cmd.Context(), len(args) > 0)
		if err != nil {
			return err
		}
		defer b.Close()
		log := slog.New(slog.DiscardHandler)
		if verbose {
			log = slog.New(slog.NewTextHandler(a.err, nil))
		}
		sum := &summary{}
		bar := a.progress("mail")
		if len(args) > 0 {
			err = a.ingestFiles(cmd.Context(), b, args, sum, bar, log)
		} else {
			err = a.ingestMailboxes(cmd.Context(), b, sum, bar, log)
		}
		bar.stop()
		if err != nil && !errors.Is(err, errSome) && sum.empty() {
			return err
		}
		return errors.Join(a.summarise(sum, asJSON), err)
	})
	return cmd
}

// errNoMailbox is for a pass over nothing.
var errNoMailbox = fmt.Errorf("no mailbox is configured: name one in aupd.yaml (\"aupd config example\" shows how), or name files to ingest: %w", aup.ErrInvalid)

// openIntake opens the backlog for mail. Where there is none to come, no store is
// made: a running daemon may have mailboxes of its own.
func (a *app) openIntake(ctx context.Context, files bool) (*backend, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	if files || len(cfg.Mailboxes) > 0 {
		return openData(ctx, cfg, readWrite)
	}
	b, err := openData(ctx, cfg, readOnly)
	if errors.Is(err, aup.ErrNotFound) {
		return nil, errNoMailbox
	}
	return b, err
}

// A summary is what a pass came to.
type summary struct {
	New       int              `json:"new"`
	Known     int              `json:"known"` // the same bytes were a report already
	Failed    int              `json:"failed"`
	ByOutcome map[string]int   `json:"-"`
	Fates     map[aup.Fate]int `json:"fates,omitempty"` // of the mailboxes' messages
}

// empty reports whether nothing was dealt with.
func (s *summary) empty() bool {
	n := s.New + s.Known + max(s.Failed, 1) - 1 // one failed input is its error
	for _, count := range s.Fates {
		n += count
	}
	return n == 0
}

func (s *summary) count(r aup.Receipt) {
	if r.New {
		s.New++
	} else {
		s.Known++
	}
}

func (a *app) summarise(s *summary, asJSON bool) error {
	if asJSON {
		return a.jsonLine(s)
	}
	line := fmt.Sprintf("%d recorded, %d known already", s.New, s.Known)
	for _, f := range []aup.Fate{aup.NotSelected, aup.NearMiss, aup.Undecided, aup.Missing, aup.Gone, aup.Quarantined} {
		if n := s.Fates[f]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, f)
		}
	}
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d failed", s.Failed)
	}
	_, err := fmt.Fprintln(a.out, line)
	return err
}

// ingestFiles records the messages in the named files. A file that cannot be
// read is named and does not stop the others.
func (a *app) ingestFiles(ctx context.Context, b *backend, paths []string, sum *summary, bar *progress, log *slog.Logger) error {
	put, wait, err := a.recorder(ctx, b, sum, log)
	if err != nil {
		return err
	}
	failed := 0
	var last error
	fail := func(err error) {
		failed++
		last = err
		bar.clear()
		a.complain(err)
	}
	for m, err := range ingest.Files(paths) {
		if err == nil {
			bar.add(1)
			err = put(m)
		}
		if err != nil {
			fail(err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	for _, err := range wait() {
		fail(err)
	}
	sum.Failed = failed
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case failed == 0:
		return nil
	case sum.New+sum.Known == 0 && failed == 1:
		return printed{last}
	}
	return printed{errSome}
}

// recorder returns how one mail is recorded, by the running daemon or here,
// and a function that waits for all of them and returns what went wrong.
func (a *app) recorder(ctx context.Context, b *backend, sum *summary, log *slog.Logger) (func(*aup.Mail) error, func() []error, error) {
	if b.daemon != nil {
		put := func(m *aup.Mail) error {
			r, err := b.daemon.Submit(ctx, m.Source.Folder, m.Reader())
			if err == nil {
				sum.count(r)
			}
			return err
		}
		return put, func() []error { return nil }, nil
	}
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	in, err := daemon.NewIntake(ctx, cfg, b.store, daemon.PassOptions{
		Log: log, OnRecorded: func(_ *aup.Mail, r aup.Receipt) { sum.count(r) },
	})
	if err != nil {
		return nil, nil, err
	}
	return in.Put, in.Wait, nil
}

// ingestMailboxes makes one pass over every configured mailbox. A running
// daemon is asked to poll, and waited for.
func (a *app) ingestMailboxes(ctx context.Context, b *backend, sum *summary, bar *progress, log *slog.Logger) error {
	if b.daemon != nil {
		return a.waitForDaemon(ctx, b, sum)
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if len(cfg.Mailboxes) == 0 {
		return errNoMailbox
	}
	before, err := b.Status(ctx)
	if err != nil {
		return err
	}
	err = daemon.Pass(ctx, cfg, b.store, daemon.PassOptions{
		Log: log, OnRecorded: func(_ *aup.Mail, r aup.Receipt) { sum.count(r) }, Progress: bar.set,
	})
	after, statusErr := b.Status(context.WithoutCancel(ctx))
	if statusErr == nil {
		sum.Fates = newFates(before, after)
	}
	folders := 0
	for _, mb := range cfg.Mailboxes {
		folders += len(mb.Folders)
	}
	return errors.Join(a.some(err, folders), statusErr)
}

// some makes of the errors joined in err, each a line on one folder, that some
// of so many failed, unless all of them did.
func (a *app) some(err error, of int) error {
	if err == nil || strings.Count(err.Error(), "\n")+1 >= of {
		return err
	}
	a.complain(err)
	return printed{errSome}
}

// waitForDaemon asks the running daemon to poll and returns when each of its
// folders has polled since and nothing waits.
func (a *app) waitForDaemon(ctx context.Context, b *backend, sum *summary) error {
	before, err := b.Status(ctx)
	if err != nil {
		return err
	}
	asked := time.Now()
	if err := b.daemon.Poll(ctx); err != nil {
		return err
	}
	for {
		s, err := b.Status(ctx)
		if err != nil {
			return err
		}
		done := true
		var faults []error
		for _, f := range s.Folders {
			switch {
			case f.LastError != "":
				faults = append(faults, fmt.Errorf("mailbox %s, folder %s: %s", f.Mailbox, f.Folder, f.LastError))
			case f.LastPoll.Before(asked) || f.Waiting > 0:
				done = false
			}
		}
		if done {
			sum.New = s.Reports - before.Reports
			sum.Fates = newFates(before, s)
			return a.some(errors.Join(faults...), len(s.Folders))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// newFates counts what became of the UIDs between two statuses, recorded ones
// apart: those are reports.
func newFates(before, after aup.Status) map[aup.Fate]int {
	n := make(map[aup.Fate]int)
	for sign, s := range map[int]aup.Status{-1: before, +1: after} {
		for _, f := range s.Folders {
			for fate, count := range f.Fates {
				if fate != aup.Recorded {
					n[fate] += sign * count
				}
			}
		}
	}
	return n
}
