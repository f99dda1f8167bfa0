package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/evidence"
	"aupd/internal/policy"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// policy returns the policies in force: those of the store, where there is one.
func (a *app) policy(ctx context.Context) (*policy.Set, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	b, err := openData(ctx, cfg, readOnly)
	if errors.Is(err, aup.ErrNotFound) || errors.Is(err, fs.ErrPermission) { // not this user's to ask
		return daemon.LoadPolicies(cfg)
	}
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return policyOf(ctx, cfg, b)
}

// policyOf returns the policies in force in an open backlog.
func policyOf(ctx context.Context, cfg config.Config, b *backend) (*policy.Set, error) {
	all, err := b.Policies(ctx)
	if err != nil {
		return nil, err
	}
	return daemon.InForce(cfg, all)
}

// reader returns the configured policies and how mail is read under them,
// whatever is in force in a store.
func (a *app) reader() (*policy.Set, evidence.Options, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, evidence.Options{}, err
	}
	p, err := daemon.LoadPolicies(cfg)
	if err != nil {
		return nil, evidence.Options{}, err
	}
	return p, daemon.Evidence(cfg, p), nil
}

func (a *app) policyCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Show, check, import, compare or apply the policy", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.policyShowCmd(), a.policyCheckCmd(), a.policyImportCmd(), a.policyDiffCmd(), a.policyApplyCmd(), a.policyVersionsCmd())
	return cmd
}

func (a *app) policyShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show [CLAUSE]", Short: "Print the policy's clauses, or one of them", Args: cobra.MaximumNArgs(1),
	}
	asJSON := cmd.Flags().Bool("json", false, "one JSON object a clause")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		p, err := a.policy(cmd.Context())
		if err != nil {
			return err
		}
		if len(args) == 0 && !*asJSON {
			fmt.Fprintf(a.out, "%s\nversion %s\n", paint(a.out, clean(p.Title), text.Bold), p.Version())
		}
		found := false
		for _, c := range p.Clauses {
			if len(args) > 0 && string(c.ID) != args[0] {
				continue
			}
			found = true
			if *asJSON {
				if err := a.jsonLine(c); err != nil {
					return err
				}
				continue
			}
			a.clause(c)
		}
		if !found {
			return fmt.Errorf("clause %s: the policy has none of that id: %w", args[0], aup.ErrNotFound)
		}
		if len(args) == 0 && !*asJSON {
			for _, n := range p.Notices {
				fmt.Fprintf(a.out, "\nnotice  %s\n", wrap(n.Text, 2))
			}
		}
		return nil
	})
	return cmd
}

func (a *app) clause(c policy.Clause) {
	head := fmt.Sprintf("%-4s %s", c.ID, c.Title)
	more := []string{string(c.Severity)}
	if c.Exception {
		more = append(more, "exception")
	}
	fmt.Fprintf(a.out, "\n%s  (%s)\n%s\n", paint(a.out, clean(head), text.Bold), strings.Join(more, ", "), wrap(c.Summary, 5))
	if c.Wording != "" {
		fmt.Fprintf(a.out, "%s\n", wrap("“"+c.Wording+"”", 5))
	}
	if len(c.Enforce) > 0 {
		s := make([]string, len(c.Enforce))
		for i, e := range c.Enforce {
			s[i] = string(e)
		}
		fmt.Fprintf(a.out, "     allows: %s\n", strings.Join(s, ", "))
	}
}

// wrap breaks s into lines of about 80 columns, each indented.
func wrap(s string, indent int) string {
	pad := strings.Repeat(" ", indent)
	lines := strings.Split(text.WrapSoft(strings.Join(strings.Fields(clean(s)), " "), 80-indent), "\n")
	for i, l := range lines {
		lines[i] = pad + strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

func (a *app) policyCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a policy file, all problems at once", Args: cobra.ExactArgs(1),
		RunE: run(func(_ *cobra.Command, args []string) error {
			p, err := daemon.LoadPolicy(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s: good, %d clauses, version %s\n", args[0], len(p.Clauses), p.Version())
			return nil
		}),
	}
}

func (a *app) policyImportCmd() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE.md", Short: "Read a policy's structure and wording from its Markdown document", Args: cobra.ExactArgs(1),
		Long: `Read the headings and lists of a policy's own document and print a policy file
that keeps its wording, each clause with a digest, for decisions to be pinned
to.`,
		Example: "  aupd policy import policy.md > policy.yaml && aupd policy check policy.yaml",
		RunE: run(func(_ *cobra.Command, args []string) error {
			md, err := os.ReadFile(args[0])
			if err != nil {
				return noFile(args[0], err)
			}
			p, err := policy.Import(md, args[0])
			if err != nil {
				return err
			}
			out, err := p.YAML()
			if err != nil {
				return err
			}
			_, err = a.out.Write(out)
			return err
		}),
	}
}

func (a *app) policyDiffCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "diff A [B]", Short: "Say what differs between two policies, or from the one in force", Args: cobra.RangeArgs(1, 2),
	}
	asJSON := cmd.Flags().Bool("json", false, "one JSON object a change")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		set, err := a.policy(cmd.Context())
		if err != nil {
			return err
		}
		from := set.Main
		if len(args) == 2 {
			if from, err = daemon.LoadPolicy(args[0]); err != nil {
				return err
			}
		}
		to, err := daemon.LoadPolicy(args[len(args)-1])
		if err != nil {
			return err
		}
		changes := policy.Diff(from, to)
		for _, c := range changes {
			if *asJSON {
				if err := a.jsonLine(c); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintln(a.out, clean(c.String()))
		}
		if len(changes) == 0 && !*asJSON {
			fmt.Fprintln(a.out, "No difference.")
		}
		return nil
	})
	return cmd
}
