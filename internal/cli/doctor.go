package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aupd/config"
	"aupd/internal/daemon"
	"aupd/internal/store"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Test the set-up: policy, data folder, and every mailbox", Args: cobra.NoArgs,
		Long: `Load the configuration and the policy, look at the data folder and the clock,
and for every mailbox at its name in the DNS, TLS and the certificate, the
sign-in, what the server can do, and each folder: whether it may be opened and
read. Nothing is taken or changed. Each line says what is well (good), what may
become a fault (look), or what is wrong (bad), with the mend; the exit status is
1 when something is wrong.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d := &doctor{a: a}
			d.policy(cfg)
			d.data(cfg.Data)
			d.clock(cmd.Context(), cfg)
			if len(cfg.Mailboxes) == 0 {
				d.bad("mailboxes: none is configured: \"aupd config example\" shows how")
			}
			for _, mb := range cfg.Mailboxes {
				d.mailbox(cmd.Context(), cfg, mb)
			}
			if d.faults > 0 {
				return printed{fmt.Errorf("%d faults", d.faults)}
			}
			return nil
		}),
	}
}

// A doctor prints what it finds, a line each.
type doctor struct {
	a      *app
	faults int
}

func (d *doctor) say(word string, c text.Color, format string, args ...any) {
	fmt.Fprintf(d.a.out, "%s  %s\n", paint(d.a.out, word, c), clean(fmt.Sprintf(format, args...)))
}

func (d *doctor) good(format string, args ...any) { d.say("good", text.FgGreen, format, args...) }
func (d *doctor) warn(format string, args ...any) { d.say("look", text.FgYellow, format, args...) }
func (d *doctor) bad(format string, args ...any) {
	d.faults++
	d.say("bad ", text.FgRed, format, args...)
}

func (d *doctor) policy(cfg config.Config) {
	p, err := daemon.LoadPolicy(cfg.Policy)
	if err != nil {
		d.bad("policy: %v", err)
		return
	}
	d.good("policy: %s, %d clauses, version %s", p.Title, len(p.Clauses), p.Version())
}

// leastFree is the free space under which the disk is worth a look: a busy day
// of reports with attachments.
const leastFree = 1 << 30

func (d *doctor) data(dir string) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.good("data folder %s: is made at the first run", dir)
		return
	case err != nil:
		d.bad("data folder: %v", err)
		return
	case !info.IsDir():
		d.bad("data folder %s: a file stands where the folder should be: name another with --data", dir)
		return
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		d.bad("data folder %s: it cannot be written: give the user that runs aupd the right to", dir)
		return
	}
	if info.Mode().Perm()&0o077 != 0 {
		d.warn("data folder %s: others on this machine may look into it: chmod 700", dir)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		d.bad("data folder %s: %v", dir, err)
		return
	}
	free := fs.Bavail * uint64(fs.Bsize)
	if free < leastFree {
		d.warn("data folder %s: only %s free", dir, humanize.IBytes(free))
		return
	}
	d.good("data folder %s: can be written, %s free", dir, humanize.IBytes(free))
	d.old(dir)
}

// old names the stores that an upgrade or a restore has kept.
func (d *doctor) old(dir string) {
	for _, pattern := range []string{".format-*", ".replaced-*"} {
		files, err := filepath.Glob(filepath.Join(dir, store.FileName+pattern))
		if err != nil {
			d.bad("data folder: %v", err)
		}
		for _, f := range files {
			d.warn("data folder: %s is the store as it was before an upgrade or a restore: delete it when it is not needed", f)
		}
	}
}

// skew is how far two clocks may differ before it is worth a look: less is the
// way of a message.
const skew = 2 * time.Minute

// clock looks for a record that was made later than now: the clock was put
// back since, or is wrong now.
func (d *doctor) clock(ctx context.Context, cfg config.Config) {
	if _, err := os.Stat(filepath.Join(cfg.Data, store.FileName)); err != nil {
		return // nothing is recorded yet
	}
	b, err := openData(ctx, cfg, readOnly)
	if err != nil {
		d.bad("%v", err)
		return
	}
	defer b.Close()
	s, err := b.Status(ctx)
	switch {
	case err != nil:
		d.bad("store: %v", err)
	case time.Until(s.Newest) > skew:
		d.bad("clock: the newest report was recorded %s: set this machine's clock", humanize.Time(s.Newest))
	default:
		d.good("store: %s %s", humanize.Comma(int64(s.Reports)), plural(s.Reports, "report"))
	}
}
