package cli

import (
	"errors"
	"fmt"
	"slices"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// decideFlags are the flags that say what is decided.
type decideFlags struct {
	outcome, reason    string
	clauses, taken     []string
	none, asClassified bool
}

// add gives f the flags that a decision on one report shares with one on
// several, which are not all classified alike.
func (d *decideFlags) add(f *pflag.FlagSet) {
	f.StringVar(&d.outcome, "outcome", "", "`OUTCOME`: violation, exception or none (default violation when a clause is named)")
	f.StringSliceVar(&d.clauses, "clause", nil, "the `CLAUSE` that it is against, the primary one first; may be repeated")
	f.BoolVar(&d.none, "none", false, "it reports no violation")
	f.StringSliceVar(&d.taken, "taken", nil, "a `MEASURE` that was taken, such as block-ip; may be repeated")
}

// action returns the decision that the flags make, on what was classified as r.
func (d *decideFlags) action(r aup.Report) (aup.Action, error) {
	a := aup.Action{Do: aup.EventDecided, Saw: r.Revision, Reason: d.reason, Taken: d.taken, Outcome: aup.Outcome(d.outcome)}
	for _, c := range d.clauses {
		a.Clauses = append(a.Clauses, aup.ClauseID(c))
	}
	switch {
	case d.asClassified && r.Outcome == aup.OutcomeReview:
		return a, fmt.Errorf("report %s: the classifier leaves it to a person (%s): say which clause it is, or --none: %w", r.ID, r.Reason, aup.ErrInvalid)
	case d.asClassified:
		a.Outcome, a.Clauses = r.Outcome, r.Clauses
	case d.none:
		a.Outcome = aup.OutcomeNone
	case d.outcome == "" && len(a.Clauses) > 0:
		a.Outcome = aup.OutcomeViolation
	case d.outcome == "":
		return a, usageError{errNoDecision}
	case !slices.Contains([]aup.Outcome{aup.OutcomeViolation, aup.OutcomeException, aup.OutcomeNone}, a.Outcome):
		return a, usageError{fmt.Errorf("--outcome %s: want violation, exception or none", d.outcome)}
	}
	return a, nil
}

// errNoDecision is for a decision that says nothing.
var errNoDecision = errors.New("say what you decide: --clause, --none or --as-classified")

func (a *app) decideCmd() *cobra.Command {
	w := a.workCmd("decide ID", "Decide what a report is, and what was done", cobra.ExactArgs(1))
	w.cmd.Long = `Record a decision on a report, pinned to the clauses as they read now. It is on
the revision that you saw: --saw names it, as "aupd show" prints it. If the
report changed since, nothing is recorded, the exit status is 4, and the message
says what changed. Without --saw the decision is on the report as it is now.`
	w.cmd.Example = `  aupd decide 7k3m --as-classified --taken block-ip
  aupd decide 7k3m --saw 41 --clause 1.5 --clause 3.1 --reason "a lure"
  aupd decide 7k3m --outcome exception --clause 4.1
  aupd decide 7k3m --none --reason "a question about our prices"`
	d := &decideFlags{}
	f := w.cmd.Flags()
	d.add(f)
	f.BoolVar(&d.asClassified, "as-classified", false, "what the classifier said")
	f.StringVar(&d.reason, "reason", "", "why, as `TEXT`")
	w.cmd.MarkFlagsMutuallyExclusive("as-classified", "none", "outcome")
	w.cmd.MarkFlagsMutuallyExclusive("as-classified", "clause")
	w.cmd.MarkFlagsMutuallyExclusive("none", "clause")
	w.cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		if d.outcome == "" && len(d.clauses) == 0 && !d.none && !d.asClassified {
			return usageError{errNoDecision}
		}
		return w.on(cmd.Context(), args[0], d.action)
	})
	return w.cmd
}
