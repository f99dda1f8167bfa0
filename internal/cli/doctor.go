package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"aupd/config"
	"aupd/internal/daemon"
	"aupd/internal/mailbox"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Test the set-up: policy, data folder, and every mailbox", Args: cobra.NoArgs,
		Long: `Load the configuration and the policy, look at the data folder, sign in to every
mailbox and open its folders. Nothing is taken or changed. Each line says what is
well, or what is wrong and the mend; the exit status is 1 when something is.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			d := &doctor{a: a}
			d.policy(cfg)
			d.data(cfg.Data)
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
}

// soon is how long before its end a certificate is worth a look.
const soon = 21 * 24 * time.Hour

func (d *doctor) mailbox(ctx context.Context, cfg config.Config, mb config.Mailbox) {
	p, err := daemon.Probe(ctx, cfg, mb)
	if err != nil {
		d.bad("%v", err)
		return
	}
	secure := "plain text, on this machine"
	if p.TLS != "" {
		secure = p.TLS + ", certificate until " + p.CertificateEnds.UTC().Format(time.DateOnly)
	}
	d.good("mailbox %s: signed in as %s, %s", mb.Name, mb.Username, secure)
	if !p.CertificateEnds.IsZero() && time.Until(p.CertificateEnds) < soon {
		d.warn("mailbox %s: the server's certificate ends %s", mb.Name, humanize.Time(p.CertificateEnds))
	}
	if !p.SecretEnds.IsZero() && time.Until(p.SecretEnds) < mailbox.SecretSoon {
		d.warn("mailbox %s: the secret of the sign-in ends %s: make a new one", mb.Name, humanize.Time(p.SecretEnds))
	}
	for _, f := range p.Folders {
		d.folder(mb, f)
	}
}

func (d *doctor) folder(mb config.Mailbox, f mailbox.FolderProbe) {
	if f.Err != nil {
		d.bad("%v", f.Err)
		return
	}
	how := "new mail is told at once"
	if !f.Idle {
		how = "new mail is looked for at intervals"
	}
	d.good("folder %s/%s: %s messages, %s", mb.Name, f.Name, humanize.Comma(int64(f.Messages)), how)
}
