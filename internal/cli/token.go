package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) tokenCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Manage the tokens by which programs use the API", Args: cobra.NoArgs,
		Long: `Manage the tokens by which programs use the API. A program sends its token with
every request:  Authorization: Bearer aupd_…  A token may do what its roles
may, see "aupd help user", until it expires.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenListCmd(), a.tokenCreateCmd(), a.tokenRemoveCmd())
	return cmd
}

func (a *app) tokenListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the tokens, without their secrets", Args: cobra.NoArgs}
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object a line")
	cmd.RunE = a.inDirectory(readOnly, func(ctx context.Context, d aup.Directory, _ []string) error {
		tokens, err := d.Tokens(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printLines(a, tokens)
		}
		t := newTable(a.out, "name", "token", "roles", "expires", "last used", "by")
		for _, tok := range tokens {
			t.AppendRow(table.Row{clean(tok.Name), tok.Prefix + "…", roleList(tok.Roles), expiry(tok.Expires), ago(tok.LastUsed), clean(tok.By)})
		}
		t.Render()
		return nil
	})
	return cmd
}

func (a *app) tokenCreateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "create --name NAME --role ROLE[,ROLE]", Short: "Make a token and print it this once", Args: cobra.NoArgs,
		Long: `Make a token and print it, alone on a line. It is shown this once: only a digest
of it is kept.`,
		Example: "  aupd token create --name ci --role reader --expires 90d",
	}
	name := cmd.Flags().String("name", "", "what it is for: `NAME` stands in the log with all that it does")
	roles := cmd.Flags().StringSlice("role", nil, "the `ROLES`, with commas")
	expires := cmd.Flags().String("expires", "90d", "how long it is to work, such as 12h or 90d, a year at most")
	asJSON := cmd.Flags().Bool("json", false, "print it as one JSON object")
	_, _ = cmd.MarkFlagRequired("name"), cmd.MarkFlagRequired("role") // the flags are there
	cmd.RunE = a.inDirectory(readWrite, func(ctx context.Context, d aup.Directory, _ []string) error {
		lasts, err := parseDays(*expires)
		if err != nil {
			return usageError{err}
		}
		t, err := d.AddToken(ctx, aup.Token{Name: *name, Roles: rolesOf(*roles), Expires: time.Now().Add(lasts)})
		if err != nil {
			return err
		}
		if *asJSON {
			return a.jsonLine(t)
		}
		fmt.Fprintf(a.err, "Token %s works until %s. It is shown this once:\n", t.Name, t.Expires.Format(time.RFC3339))
		fmt.Fprintln(a.out, string(t.Secret))
		return nil
	})
	return cmd
}

func (a *app) tokenRemoveCmd() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "End a token at once", Args: cobra.ExactArgs(1),
		RunE: a.inDirectory(readWrite, func(ctx context.Context, d aup.Directory, args []string) error {
			if err := d.RemoveToken(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "token %s no longer works\n", clean(args[0]))
			return nil
		}),
	}
}

func expiry(t time.Time) string {
	if !time.Now().Before(t) {
		return "expired"
	}
	return ago(t)
}

// parseDays reads a duration, which may be in days.
func parseDays(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("--expires %q: write it as in 12h or 90d", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("--expires %q: write it as in 12h or 90d", s)
	}
	return d, nil
}
