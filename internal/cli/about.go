package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: run(func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "aupd %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}),
	}
}

func (a *app) manCmd() *cobra.Command {
	return &cobra.Command{
		Use: "man [COMMAND …]", Short: "Print the manual page of aupd or of one command",
		Example: "  aupd man ingest | man -l -",
		RunE: run(func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usageError{fmt.Errorf("man %q: there is no such command", args)}
			}
			target.DisableAutoGenTag = true
			return doc.GenMan(target, &doc.GenManHeader{Section: "1", Source: "aupd", Manual: "aupd"}, a.out)
		}),
	}
}
