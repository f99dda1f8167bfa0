package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/httpapi"
	"aupd/internal/search"
	"aupd/internal/store"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func (a *app) restoreCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup into the data folder", Args: cobra.ExactArgs(1),
		Long: `Verify the backup in FILE and put it into the data folder. A store that is there
already is kept beside it with --force, whatever state it is in. Mail that came
after the backup is in the mailboxes still: the next "aupd ingest" or "aupd
serve" records it again. What was decided after the backup is lost.`,
	}
	force := cmd.Flags().Bool("force", false, "replace the store that is there, and keep it under another name")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		dir, err := a.alone(cmd)
		if err != nil {
			return err
		}
		got, err := store.Restore(cmd.Context(), dir, args[0], *force)
		if err != nil {
			return err
		}
		// The index knows the log that was there, and may take this one for it.
		if index := filepath.Join(dir, search.FolderName); os.RemoveAll(index) != nil {
			return fmt.Errorf("%s: restored, but the search index is of the store that was there: delete %s", dir, index)
		}
		fmt.Fprintf(a.out, "%s: restored, %d %s, verified\n", clean(dir), got.Reports, plural(got.Reports, "report"))
		if got.Kept != "" {
			fmt.Fprintf(a.out, "the store that was there is %s; delete it when it is not needed\n", clean(got.Kept))
		}
		return nil
	})
	return cmd
}

func (a *app) compactCmd() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Give the disk back what the store does not use", Args: cobra.NoArgs,
		Long: `Write the store anew without its free pages, verify that, and put it in place of
the old one. The disk needs room for both meanwhile; nothing else may use the
store.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			dir, err := a.alone(cmd)
			if err != nil {
				return err
			}
			before, after, err := store.Compact(cmd.Context(), dir)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: %s became %s, verified\n", clean(dir), humanize.IBytes(uint64(before)), humanize.IBytes(uint64(after)))
			return err
		}),
	}
}

// alone returns the data folder, which no daemon may be using.
func (a *app) alone(cmd *cobra.Command) (string, error) {
	cfg, err := a.config()
	if err != nil {
		return "", err
	}
	c, err := httpapi.Dial(cmd.Context(), daemon.Socket(cfg.Data))
	if errors.Is(err, httpapi.ErrNoDaemon) {
		return cfg.Data, nil
	}
	if err != nil {
		return "", err
	}
	return "", errors.Join(fmt.Errorf("data folder %s: aupd serves it: stop that first: %w", cfg.Data, aup.ErrBusy), c.Close())
}
