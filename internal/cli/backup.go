package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aupd/internal/aup"
	"aupd/internal/store"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func (a *app) backupCmd() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a verified copy of the whole store", Args: cobra.ExactArgs(1),
		Long: `Write a consistent copy of the store to FILE, also while aupd serves, and verify
it: chain, hashes and view. FILE must not exist. "aupd restore" takes it back.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); err == nil {
				return fmt.Errorf("%s: exists already: name a new file: %w", args[0], aup.ErrConflict)
			}
			b, err := a.open(cmd.Context(), readOnly)
			if err != nil {
				return err
			}
			defer b.Close()
			return a.backup(cmd.Context(), b, args[0])
		}),
	}
}

// backup writes the copy into a folder of its own beside the target, where it
// is verified, and only then gives it its name.
func (a *app) backup(ctx context.Context, b *backend, target string) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(target), ".aupd-backup-")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder: make it first, or name another: %w", filepath.Dir(target), aup.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, store.FileName)
	n, err := b.copyTo(ctx, file)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	s, err := store.Open(dir, store.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("backup: open the copy: %w", err)
	}
	got, err := s.Verify(ctx)
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("backup: verify the copy: %w", err)
	}
	if len(got.Faults) > 0 {
		return fmt.Errorf("backup: the store has %d %s, the copy was not kept: run \"aupd verify\": %w", len(got.Faults), plural(len(got.Faults), "fault"), aup.ErrDamaged)
	}
	if err := os.Rename(file, target); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %s, %d reports, verified\n", clean(target), humanize.IBytes(uint64(n)), got.Reports)
	return nil
}

// copyTo writes a copy of the store to a new file and syncs it.
func (b *backend) copyTo(ctx context.Context, file string) (n int64, err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	if b.daemon != nil {
		n, err = b.daemon.Backup(ctx, f)
	} else {
		n, err = b.store.WriteTo(f)
	}
	return n, errors.Join(err, f.Sync(), f.Close())
}
