package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/export"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func (a *app) verifyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "verify [BUNDLE]", Short: "Prove that everything recorded is whole", Args: cobra.MaximumNArgs(1),
		Long: `Check the log's hash chain, each raw message against its hash, the ledger
against the reports, and the view against one made again from the log. Each
fault is printed; the exit status is then 1.

With a BUNDLE of "aupd export --bundle" check that file alone, which needs no
store: that its message, its events and all that is said about them fit.`,
	}
	asJSON := cmd.Flags().Bool("json", false, "print the result as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.verifyBundle(args[0], *asJSON)
		}
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		return a.audit(cmd.Context(), "verified", b.Verify, *asJSON)
	})
	return cmd
}

// verifyBundle checks a bundle of evidence and prints each check.
func (a *app) verifyBundle(file string, asJSON bool) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file: %w", file, aup.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	checks, err := export.Verify(f, info.Size(), version())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	faults := 0
	for _, c := range checks {
		word := "ok    "
		if c.Fault != "" {
			word, faults = "fault ", faults+1
		}
		if !asJSON {
			fmt.Fprintln(a.out, strings.TrimSuffix(word+clean(c.Name)+": "+clean(c.Fault), ": "))
		} else if err := a.jsonLine(c); err != nil {
			return err
		}
	}
	if faults > 0 {
		return fmt.Errorf("%s: %d %s found: it is not as it was made: %w", file, faults, plural(faults, "fault"), aup.ErrDamaged)
	}
	return nil
}

func (a *app) rebuildCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rebuild", Short: "Make the view again from the log", Args: cobra.NoArgs,
		Long: "Throw the view away and make it again from the log. Nothing recorded changes.",
	}
	asJSON := cmd.Flags().Bool("json", false, "print the result as one JSON object")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readWrite)
		if err != nil {
			return err
		}
		defer b.Close()
		return a.audit(cmd.Context(), "rebuilt", b.Rebuild, *asJSON)
	})
	return cmd
}

func (a *app) audit(ctx context.Context, done string, f func(context.Context) (aup.Audit, error), asJSON bool) error {
	got, err := f(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		if err := a.jsonLine(got); err != nil {
			return err
		}
	} else {
		for _, fault := range got.Faults {
			fmt.Fprintln(a.out, "fault:", clean(fault))
		}
		fmt.Fprintf(a.out, "%s: %s events, %s reports, %s of mail; the log ends in %s\n", done,
			humanize.Comma(int64(got.Events)), humanize.Comma(int64(got.Reports)), humanize.IBytes(uint64(got.RawBytes)), short(got.Head))
	}
	if n := len(got.Faults); n > 0 {
		return fmt.Errorf("%d %s found: keep a copy of the data folder before anything else, then see \"aupd rebuild\" if only the view differs: %w", n, plural(n, "fault"), aup.ErrDamaged)
	}
	return nil
}

// short is as much of a hash as tells it from others at a glance.
func short(hash string) string { return hash[:min(16, len(hash))] }

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	if strings.HasSuffix(word, "x") || strings.HasSuffix(word, "s") {
		return word + "es"
	}
	return word + "s"
}
