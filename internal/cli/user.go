package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/daemon"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func (a *app) userCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "user", Short: "Manage who may sign in on the console", Args: cobra.NoArgs,
		Long: `Manage the users who sign in on the console with a password. As long as there
are none, whoever works on this machine uses the console without signing in.

Roles: reader, operator (works on reports), lead (many at once, for others),
policy-editor, auditor (the whole log), admin (everything but the content of
sealed reports), and beside one of these minors-cleared (that content too).`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.userListCmd(), a.userAddCmd(), a.userSetCmd(), a.userRemoveCmd())
	return cmd
}

func (a *app) userListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the users", Args: cobra.NoArgs}
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object a line")
	cmd.RunE = a.inDirectory(readOnly, func(ctx context.Context, d aup.Directory, _ []string) error {
		users, err := d.Users(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printLines(a, users)
		}
		t := newTable(a.out, "name", "roles", "last sign-in")
		for _, u := range users {
			t.AppendRow(table.Row{clean(u.Name), roleList(u.Roles), ago(u.LastSignIn)})
		}
		t.Render()
		return nil
	})
	return cmd
}

func (a *app) userAddCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add NAME --role ROLE[,ROLE]", Short: "Make a user", Args: cobra.ExactArgs(1),
		Long: `Make a user. The password is asked for on the terminal; without one it is the
first line of standard input, or lies in a file.`,
		Example: "  aupd user add alice --role operator,minors-cleared\n  aupd user add root --role admin --password-file /run/secrets/root",
	}
	roles := cmd.Flags().StringSlice("role", nil, "the `ROLES`, with commas")
	file := cmd.Flags().String("password-file", "", "read the password from `FILE`, - for standard input")
	_ = cmd.MarkFlagRequired("role") // the flag is there
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		password, err := a.password(cmd.Context(), *file)
		if err != nil {
			return err
		}
		return a.withDirectory(cmd.Context(), readWrite, func(ctx context.Context, d aup.Directory) error {
			u, err := d.AddUser(ctx, args[0], aup.UserChange{Roles: rolesOf(*roles), Password: password})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s may sign in: %s\n", u.Name, roleList(u.Roles))
			return nil
		})
	})
	return cmd
}

func (a *app) userSetCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change a user's roles or password, which signs them out everywhere", Args: cobra.ExactArgs(1),
		Example: "  aupd user set alice --role lead\n  aupd user set alice --password",
	}
	roles := cmd.Flags().StringSlice("role", nil, "the `ROLES` to have from now on, with commas")
	ask := cmd.Flags().Bool("password", false, "ask for a new password")
	file := cmd.Flags().String("password-file", "", "read the new password from `FILE`, - for standard input")
	cmd.MarkFlagsOneRequired("role", "password", "password-file")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) (err error) {
		c := aup.UserChange{Roles: rolesOf(*roles)}
		if *ask || *file != "" {
			if c.Password, err = a.password(cmd.Context(), *file); err != nil {
				return err
			}
		}
		return a.withDirectory(cmd.Context(), readWrite, func(ctx context.Context, d aup.Directory) error {
			u, err := d.SetUser(ctx, args[0], c)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s: %s; signed out everywhere\n", u.Name, roleList(u.Roles))
			return nil
		})
	})
	return cmd
}

func (a *app) userRemoveCmd() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a user, who is signed out everywhere", Args: cobra.ExactArgs(1),
		RunE: a.inDirectory(readWrite, func(ctx context.Context, d aup.Directory, args []string) error {
			if err := d.RemoveUser(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s may no longer sign in\n", clean(args[0]))
			return nil
		}),
	}
}

// inDirectory makes a command's function of f.
func (a *app) inDirectory(how opening, f func(context.Context, aup.Directory, []string) error) func(*cobra.Command, []string) error {
	return run(func(cmd *cobra.Command, args []string) error {
		return a.withDirectory(cmd.Context(), how, func(ctx context.Context, d aup.Directory) error { return f(ctx, d, args) })
	})
}

// withDirectory calls f with the users and tokens, and a context by which the
// owner of the data folder works on them.
func (a *app) withDirectory(ctx context.Context, how opening, f func(context.Context, aup.Directory) error) error {
	b, err := a.open(ctx, how)
	if err != nil {
		return err
	}
	defer b.Close()
	return f(aup.WithPrincipal(ctx, aup.Owner(daemon.User())), b.directory())
}

// directory returns who may sign in, as the daemon or the store has it.
func (b *backend) directory() aup.Directory {
	if b.daemon != nil {
		return b.daemon
	}
	return access.NewDirectory(b.store.Shelf(), b.store, nil)
}

// maxSecret is how much of standard input is read for a password.
const maxSecret = 4096

// password reads a password from a file; from the terminal, unseen and twice;
// or, where there is none, from the first line of standard input.
func (a *app) password(ctx context.Context, file string) (aup.Secret, error) {
	if file != "" && file != "-" {
		s, err := config.ReadSecret(file)
		if err != nil {
			return "", noFile(file, err)
		}
		return aup.Secret(s), nil
	}
	if in, ok := a.in.(*os.File); ok && file == "" && term.IsTerminal(int(in.Fd())) {
		return a.askPassword(ctx, int(in.Fd()))
	}
	data, err := io.ReadAll(io.LimitReader(a.in, maxSecret))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("standard input holds no password: put it on the first line, or name a file with --password-file: %w", aup.ErrInvalid)
	}
	return aup.Secret(line), nil
}

func (a *app) askPassword(ctx context.Context, fd int) (aup.Secret, error) {
	first, err := a.unseen(ctx, fd, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := a.unseen(ctx, fd, "Once more: ")
	if err == nil && first != again {
		err = fmt.Errorf("the two passwords differ: try again: %w", aup.ErrInvalid)
	}
	return first, err
}

// unseen reads a line from the terminal without showing it. When ctx ends the
// terminal shows again what is typed, and the read is left to end with the
// process: nothing else can end it.
func (a *app) unseen(ctx context.Context, fd int, prompt string) (aup.Secret, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.err, prompt)
	defer fmt.Fprintln(a.err)
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		got <- answer{line, err}
	}()
	select {
	case g := <-got:
		return aup.Secret(g.line), g.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

func rolesOf(names []string) []aup.UserRole {
	var out []aup.UserRole
	for _, n := range names {
		out = append(out, aup.UserRole(strings.TrimSpace(n)))
	}
	return out
}

func roleList(roles []aup.UserRole) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}

// ago says how long ago t was, or that it never was.
func ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return humanize.Time(t)
}

// printLines prints each of all as one line of JSON.
func printLines[T any](a *app, all []T) error {
	for _, v := range all {
		if err := a.jsonLine(v); err != nil {
			return err
		}
	}
	return nil
}
