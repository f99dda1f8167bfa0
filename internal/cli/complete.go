package cli

import (
	"maps"
	"slices"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

// completeFlags has the shell offer the values of the flags that several
// commands have.
func (a *app) completeFlags(cmd *cobra.Command) {
	for name, offer := range map[string]cobra.CompletionFunc{
		"outcome":  fixed(aup.OutcomeViolation, aup.OutcomeException, aup.OutcomeNone, aup.OutcomeReview),
		"state":    fixed(append([]aup.State{aup.StateOpen}, aup.States...)...),
		"severity": fixed(aup.Severities...),
		"priority": fixed(aup.PriorityHigh, "normal", aup.PriorityLow),
		"action":   fixed(slices.Sorted(maps.Keys(bulkKinds))...),
		"clause":   a.completeClause, "mailbox": a.completeMailbox,
	} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, offer) // has an error only for a flag that is not there
		}
	}
	for _, c := range cmd.Commands() {
		a.completeFlags(c)
	}
}

// fixed offers the same values every time.
func fixed[S ~string](values ...S) cobra.CompletionFunc {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return cobra.FixedCompletions(out, cobra.ShellCompDirectiveNoFileComp)
}

func (a *app) completeClause(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	p, err := a.policy(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ids := make([]string, len(p.Clauses))
	for i, c := range p.Clauses {
		ids[i] = string(c.ID) + "\t" + c.Title
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) completeMailbox(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cfg, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(cfg.Mailboxes))
	for i, m := range cfg.Mailboxes {
		names[i] = m.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
