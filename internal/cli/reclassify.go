package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func (a *app) reclassifyCmd() *cobra.Command {
	var file string
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use: "reclassify", Short: "Classify every recorded report anew", Args: cobra.NoArgs,
		Long: `Classify every recorded report with the policy and the classifier of today, and
say which are classified otherwise: moved to other clauses, newly matched, now
permitted, or lost. With --dry-run nothing is recorded; --policy tries a policy
file. Decisions stay as they were taken, whatever comes out.`,
		Example: "  aupd reclassify --dry-run\n  aupd reclassify --dry-run --policy next.yaml\n  aupd policy apply next.yaml",
	}
	f := cmd.Flags()
	f.BoolVar(&dry, "dry-run", false, "record nothing")
	f.StringVar(&file, "policy", "", "try the policy `FILE` in place of the one in force; needs --dry-run")
	f.BoolVar(&asJSON, "json", false, "one JSON object a report that changes, then one with the counts")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		var text []byte
		if file != "" {
			if !dry {
				return usageError{fmt.Errorf("--policy needs --dry-run: to put a policy into force, use \"aupd policy apply %s\"", file)}
			}
			var err error
			if text, err = os.ReadFile(file); err != nil {
				return noFile(file, err)
			}
		}
		return a.rehearse(cmd.Context(), text, !dry, asJSON)
	})
	return cmd
}

func (a *app) policyApplyCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "Put a policy into force and classify every report under it", Args: cobra.ExactArgs(1),
		Long: `Record the policy in FILE as the version in force, and the findings of every
report under it. Earlier decisions keep the clauses as they read then. See what
would change first: aupd reclassify --dry-run --policy FILE`,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a report that changes, then one with the counts")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return noFile(args[0], err)
		}
		return a.rehearse(cmd.Context(), text, true, asJSON)
	})
	return cmd
}

func (a *app) policyVersionsCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "versions", Short: "List the policy versions that were put into force", Args: cobra.NoArgs}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a version, with the policy's text")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		all, err := b.Policies(cmd.Context())
		if err != nil {
			return err
		}
		for _, v := range all {
			if asJSON {
				if err := a.jsonLine(v); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.out, "%s  %s  event %d by %s  %s\n", v.Version, v.At.Format("2006-01-02 15:04"), v.Seq, clean(v.By), clean(v.Title))
		}
		if len(all) == 0 && !asJSON {
			fmt.Fprintln(a.out, "None: the configuration, or what is built in, says which policy is in force.")
		}
		return nil
	})
	return cmd
}

func (a *app) rehearse(ctx context.Context, text []byte, record, asJSON bool) error {
	how := readOnly
	if record {
		how = readWrite
	}
	b, err := a.open(ctx, how)
	if err != nil {
		return err
	}
	defer b.Close()
	r, err := b.Rehearse(ctx, aup.PrincipalOf(ctx).Actor(), text, record)
	if err != nil {
		return err
	}
	if asJSON {
		for _, s := range r.Shifts {
			if err := a.jsonLine(s); err != nil {
				return err
			}
		}
		r.Shifts = nil
		return a.jsonLine(r)
	}
	a.rehearsal(r)
	return nil
}

func (a *app) rehearsal(r aup.Rehearsal) {
	if len(r.Shifts) > 0 {
		t := newTable(a.out, "id", "what", "from", "to", "subject")
		for _, s := range r.Shifts {
			what := s.What
			if s.Decided {
				what += ", decided"
			}
			t.AppendRow(table.Row{string(s.Report), what, brief(s.From), brief(s.To), fit(clean(s.Subject), 50)})
		}
		t.Render()
	}
	counts := []string{fmt.Sprintf("%d reports", r.Reports)}
	for _, what := range []string{aup.ShiftNone, aup.ShiftMoved, aup.ShiftMatched, aup.ShiftPermitted, aup.ShiftLost} {
		if n := r.ByShift[what]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(what, "-", " ")))
		}
	}
	verb := "Nothing was recorded."
	if r.Recorded {
		verb = "Recorded."
	}
	fmt.Fprintf(a.out, "%s, under policy %s with model %s. %s\n", strings.Join(counts, ", "), r.Policy, r.Model, verb)
}

// brief writes a verdict in one column.
func brief(b aup.Brief) string {
	ids := make([]string, 0, len(b.Clauses))
	for _, c := range b.Clauses {
		ids = append(ids, string(c))
	}
	if len(ids) == 0 {
		return string(b.Outcome)
	}
	if i := slices.Index(b.Clauses, b.Primary); i > 0 {
		ids[0], ids[i] = ids[i], ids[0]
	}
	return strings.Join(ids, " ")
}
