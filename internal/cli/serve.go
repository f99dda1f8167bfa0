package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/store"

	"github.com/spf13/cobra"
)

func (a *app) serveCmd() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the daemon: watch every mailbox, record, serve API and console", Args: cobra.NoArgs,
		Long: `Watch every configured mailbox, record what is selected, and serve the console
and the API, until SIGTERM or SIGINT. SIGHUP reads the configuration again: it
is taken over as a whole, or the running one stays and the log says why. Without
a mailbox it serves what was taken in from files.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			log := newLog(a.err, cfg.Log)
			if len(cfg.Mailboxes) == 0 {
				if _, err := os.Stat(filepath.Join(cfg.Data, store.FileName)); err != nil {
					return fmt.Errorf("no mailbox is configured: name one in aupd.yaml (\"aupd config example\" shows how), take in files first (\"aupd ingest DIR\"), or try \"aupd demo\": %w", aup.ErrInvalid)
				}
				log.Warn("no mailbox is configured: mail comes in from files alone")
			}
			frugal()
			hup := make(chan os.Signal, 1)
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			return daemon.Run(cmd.Context(), cfg, daemon.Options{
				Log: log, Version: version(), Reload: hup, Load: a.config,
			})
		}),
	}
}

// frugal has the garbage collector run more often than it would: a message of
// any size passes through in small pieces, and what they leave behind would
// otherwise be most of the heap. GOGC, where it is set, decides instead.
func frugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
}

// newLog returns the daemon's log as it is configured.
func newLog(w io.Writer, c config.Log) *slog.Logger {
	opt := &slog.HandlerOptions{Level: slog.Level(c.Level)}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}
