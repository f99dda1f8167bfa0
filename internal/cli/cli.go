// Package cli is the command line: one file for each subcommand. A command
// that needs the backlog asks the running daemon through the socket in the
// data folder, or opens the store itself when there is none; it cannot tell
// the difference.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/daemon"

	"github.com/spf13/cobra"
)

// The exit statuses. They are stable: scripts test them.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNotFound = 3
	exitConflict = 4
	exitSome     = 5
)

// errSome: some of the inputs failed.
var errSome = errors.New("some of the inputs failed")

// printed is an error that standard error shows already.
type printed struct{ error }

func (p printed) Unwrap() error { return p.error }

// Main runs the command that args name and returns its exit status. It returns
// when the command is done or ctx ends; a command that runs until it is told
// to stop counts that as done.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr}
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var failed failure
	switch {
	case err == nil:
		return exitDone
	case !errors.As(err, &failed):
		a.complain(err)
		fmt.Fprintf(stderr, "Run \"%s\" for more.\n", strings.Replace(cmd.CommandPath(), "aupd", "aupd help", 1))
		return exitUsage
	}
	a.complain(failed.error)
	return status(failed.error)
}

// A failure is an error of a command that was called rightly; any other error
// is one of usage.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// run makes a command's function tell its failures from errors of usage.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		var wrong usageError
		if err == nil || errors.As(err, &wrong) {
			return err
		}
		return failure{err}
	}
}

// A usageError is a wrong call that only the command itself can find.
type usageError struct{ error }

func status(err error) int {
	switch {
	case errors.Is(err, errSome):
		return exitSome
	case errors.Is(err, aup.ErrNotFound):
		return exitNotFound
	case errors.Is(err, aup.ErrConflict):
		return exitConflict
	}
	return exitFailed
}

// complain prints each of the errors joined in err on a line of its own,
// without the kinds that the exit status says and the text has told in words.
func (a *app) complain(err error) {
	if errors.As(err, new(printed)) {
		return
	}
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		for _, kind := range []error{aup.ErrInvalid, aup.ErrConflict} {
			line = strings.TrimSuffix(line, ": "+kind.Error())
		}
		fmt.Fprintf(a.err, "aupd: %s\n", clean(line))
	}
}

// app is what every command works with.
type app struct {
	in         io.Reader
	out, err   io.Writer
	configPath string
	dataDir    string
	operator   string
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "aupd",
		Short: "Turn a support mailbox into a classified, provable backlog of abuse reports",
		Long: `aupd watches support mailboxes over IMAP, records every message whose subject
contains "Acceptable Use Policy", and classifies each against the clauses of the
policy with reasons that a person can check. The mailbox is only read.

Try it without any set-up:  aupd demo`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			name := a.operator
			if name == "" {
				name = daemon.User()
			}
			cmd.SetContext(aup.WithPrincipal(cmd.Context(), aup.Owner(name)))
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", os.Getenv("AUPD_CONFIG"), "configuration `FILE` (default $AUPD_CONFIG, else ./aupd.yaml, else built-in defaults)")
	flags.StringVar(&a.dataDir, "data", os.Getenv("AUPD_DATA"), "data `DIR` (default $AUPD_DATA, else the configured one)")
	flags.StringVar(&a.operator, "as", os.Getenv("AUPD_USER"), "work under this `NAME` (default $AUPD_USER, else the system's user)")
	root.AddGroup(&cobra.Group{ID: "run", Title: "Taking mail in:"}, &cobra.Group{ID: "read", Title: "Reading the backlog:"},
		&cobra.Group{ID: "work", Title: "Working on the backlog:"},
		&cobra.Group{ID: "keep", Title: "Is all well, is all there:"}, &cobra.Group{ID: "set", Title: "Policy, configuration and access:"},
		&cobra.Group{ID: "more", Title: "More:"})
	group := func(id string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group("run", a.demoCmd(), a.serveCmd(), a.ingestCmd(), a.classifyCmd(), a.parseCmd())
	group("read", a.listCmd(), a.showCmd(), a.searchCmd(), a.queueCmd(), a.casesCmd(), a.similarCmd(), a.statsCmd(), a.logCmd(), a.filterCmd(), a.exportCmd())
	group("work", a.trayCmd(), a.nextCmd(), a.claimCmd(), a.releaseCmd(), a.decideCmd(), a.waitCmd(), a.closeCmd(), a.reopenCmd(), a.noteCmd(),
		a.assignCmd(), a.tagCmd(), a.priorityCmd(), a.linkCmd(), a.unlinkCmd(), a.undoCmd(), a.bulkCmd())
	group("keep", a.statusCmd(), a.reconcileCmd(), a.verifyCmd(), a.rebuildCmd(), a.backupCmd(), a.restoreCmd(), a.compactCmd(), a.doctorCmd())
	group("set", a.policyCmd(), a.reclassifyCmd(), a.trainCmd(), a.configCmd(), a.evalCmd(), a.userCmd(), a.tokenCmd())
	group("more", a.versionCmd(), a.manCmd())
	root.SetHelpCommandGroupID("more")
	root.SetCompletionCommandGroupID("more")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", a.page())))
	a.completeFlags(root)
	sayArguments(root)
	return root
}

// page is how wide help is: as the terminal is, within what is read with ease.
func (a *app) page() int {
	if width, tty := terminal(a.out); tty {
		return min(width, 100)
	}
	return 80
}

// sayArguments has cmd and the commands under it say what to write when they are
// given too few arguments or too many.
func sayArguments(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		sayArguments(sub)
		check := sub.Args
		if check == nil || sub.HasSubCommands() {
			continue
		}
		sub.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) != nil {
				return fmt.Errorf("%d %s: write \"%s\"", len(args), plural(len(args), "argument"), strings.TrimSuffix(cmd.UseLine(), " [flags]"))
			}
			return nil
		}
	}
}

// version names the build: a release's version, or the commit it was made from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v
}
