package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/imaptest"
	"aupd/testdata"

	"github.com/spf13/cobra"
)

func (a *app) demoCmd() *cobra.Command {
	var exit, asJSON bool
	var listen string
	cmd := &cobra.Command{
		Use: "demo", Short: "Try the whole system on sample mail, without any set-up", Args: cobra.NoArgs,
		Long: `Fill an IMAP server inside this process with sample mail and run the daemon on
it: the real mailbox client, a store in a temporary folder, the console on a
loopback port. New mail arrives every few seconds until you stop it. Nothing
outside the temporary folder is read or written.`,
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "stop when the samples are recorded, and print the backlog")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --exit, print one JSON object a line")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "the console's loopback `ADDRESS`")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		if asJSON && !exit {
			return usageError{errors.New("--json goes with --exit")}
		}
		return a.demo(cmd.Context(), exit, asJSON, listen)
	})
	return cmd
}

// arriveEvery is how often the demo's mailbox gets new mail: often enough to
// be seen, slow enough to be read.
const arriveEvery = 4 * time.Second

func (a *app) demo(ctx context.Context, exit, asJSON bool, listen string) (err error) {
	dir, err := os.MkdirTemp("", "aupd-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := imaptest.Start()
	if err != nil {
		return err
	}
	defer server.Close()
	selected := 0
	for _, s := range testdata.Mail() {
		if err := server.Append("INBOX", s.Raw, time.Now()); err != nil {
			return err
		}
		if s.Selected == "yes" {
			selected++
		}
	}
	cfg, err := demoConfig(dir, server, listen)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	recorded := make(chan struct{}, selected)
	ready := make(chan daemon.Addresses, 1)
	done := make(chan error, 1)
	go func() {
		done <- daemon.Run(ctx, cfg, daemon.Options{
			Log: slog.New(slog.DiscardHandler), Version: version(),
			Ready:      func(at daemon.Addresses) { ready <- at },
			OnRecorded: func(*aup.Mail, aup.Receipt) { offer(recorded) },
		})
	}()
	var at daemon.Addresses
	select {
	case err := <-done:
		return err
	case at = <-ready:
	}
	if err := waitFor(ctx, recorded, done, selected); err != nil {
		return err
	}
	if exit {
		err = a.demoBacklog(ctx, dir, asJSON)
	} else {
		err = a.demoRun(ctx, dir, at, server)
	}
	stop()
	return errors.Join(err, <-done)
}

func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// demoPatience is how long the samples may take: they take under a second.
const demoPatience = time.Minute

// waitFor returns when n mails were recorded or nothing more is to come.
func waitFor(ctx context.Context, recorded <-chan struct{}, done <-chan error, n int) error {
	late := time.After(demoPatience)
	for range n {
		select {
		case <-recorded:
		case err := <-done:
			return err
		case <-late:
			return fmt.Errorf("the samples were not recorded within %v", demoPatience)
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func demoConfig(dir string, server *imaptest.Server, listen string) (config.Config, error) {
	secret := dir + "/password"
	if err := os.WriteFile(secret, []byte(imaptest.Password), 0o600); err != nil {
		return config.Config{}, err
	}
	cfg := config.Default()
	cfg.Data = dir + "/data"
	cfg.HTTP.Listen, cfg.Admin.Listen = listen, ""
	cfg.Mailboxes = []config.Mailbox{{
		Name: "demo", URL: "imap://" + server.Addr(), Username: imaptest.Username, PasswordFile: secret, Folders: []string{"INBOX"},
	}}
	return cfg, nil
}

func (a *app) demoBacklog(ctx context.Context, dir string, asJSON bool) error {
	cfg := config.Default()
	cfg.Data = dir + "/data"
	b, err := openData(ctx, cfg, readOnly)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := a.list(ctx, b, aup.Query{}, true, asJSON); err != nil || asJSON {
		return err
	}
	s, err := b.Status(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	a.status(s)
	return nil
}

// self is how this program is called: by its name where that finds it, and
// else, as under "go run", by its path.
func self() string {
	if _, err := exec.LookPath("aupd"); err != nil {
		if path, err := os.Executable(); err == nil {
			return path
		}
	}
	return "aupd"
}

// demoRun shows what there is and lets new mail arrive until ctx ends.
func (a *app) demoRun(ctx context.Context, dir string, at daemon.Addresses, server *imaptest.Server) error {
	if err := a.demoBacklog(ctx, dir, false); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\nConsole:      http://%s/\nCommand line: %s list --data %s/data\nNew mail arrives every few seconds. Stop with Ctrl-C.\n", at.HTTP, self(), dir)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	later := testdata.Later()
	tick := time.NewTicker(arriveEvery)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if i < len(later) {
			if err := server.Append("INBOX", later[i].Raw, time.Now()); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s  new mail: %s\n", time.Now().Format(time.TimeOnly), clean(later[i].Name))
		}
	}
}
