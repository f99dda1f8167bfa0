package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"

	"github.com/spf13/cobra"
)

// noFile is the error of a file that cannot be read.
func noFile(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file: %w", path, aup.ErrNotFound)
	}
	return err
}

func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration, or print an example", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.configCheckCmd(), a.configExampleCmd())
	return cmd
}

func (a *app) configCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use: "check [FILE]", Short: "Check a configuration file, all problems at once", Args: cobra.MaximumNArgs(1),
		Long: `Read the configuration, the policy that it names, and every certificate and
secret, and name all that is wrong. Nothing is connected to: see "aupd doctor".`,
		RunE: run(func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.configPath = args[0]
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if err := daemon.Check(cfg); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "good: %d %s, data in %s\n", len(cfg.Mailboxes), plural(len(cfg.Mailboxes), "mailbox"), cfg.Data)
			return nil
		}),
	}
}

func (a *app) configExampleCmd() *cobra.Command {
	return &cobra.Command{
		Use: "example", Short: "Print the commented example configuration", Args: cobra.NoArgs,
		Example: "  aupd config example > aupd.yaml",
		RunE: run(func(*cobra.Command, []string) error {
			_, err := a.out.Write(config.Example())
			return err
		}),
	}
}
