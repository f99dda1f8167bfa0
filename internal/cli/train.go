package cli

import (
	"errors"
	"fmt"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

func (a *app) trainCmd() *cobra.Command {
	var r aup.TrainRequest
	var asJSON bool
	cmd := &cobra.Command{
		Use: "train", Short: "Let the classifier learn from the decisions", Args: cobra.NoArgs,
		Long: `Learn from every decision that holds: what was decided otherwise than it was
classified moves the classifier, what was decided as classified holds it in
place. First it is tried: with a part of the decisions kept out, are more of
them found than before? If fewer are, nothing is taken over. What is taken over
is an event in the log, from which the model follows; --revert goes back to what
is shipped. Reports keep their findings until "aupd reclassify".`,
		Example: "  aupd train --dry-run\n  aupd train && aupd reclassify --dry-run",
	}
	f := cmd.Flags()
	f.BoolVar(&r.DryRun, "dry-run", false, "only try: record nothing")
	f.BoolVar(&r.Force, "force", false, "take it over even if fewer of the kept out decisions are found")
	f.BoolVar(&r.Revert, "revert", false, "forget what was learned")
	f.BoolVar(&asJSON, "json", false, "print the result as one JSON object")
	cmd.MarkFlagsMutuallyExclusive("force", "revert")
	cmd.RunE = run(func(cmd *cobra.Command, _ []string) error {
		how := readWrite
		if r.DryRun {
			how = readOnly
		}
		b, err := a.open(cmd.Context(), how)
		if err != nil {
			return err
		}
		defer b.Close()
		t, err := b.Train(cmd.Context(), aup.PrincipalOf(cmd.Context()).Actor(), r)
		if err != nil {
			if errors.Is(err, aup.ErrConflict) && asJSON {
				return errors.Join(err, a.jsonLine(t))
			}
			return err
		}
		if asJSON {
			return a.jsonLine(t)
		}
		a.trained(t, r)
		return nil
	})
	return cmd
}

func (a *app) trained(t aup.Trained, r aup.TrainRequest) {
	if t.UpTo == 0 {
		fmt.Fprintf(a.out, "The classifier is as it is shipped: model %s.\n", t.Model)
		return
	}
	fmt.Fprintf(a.out, "%d decisions, %d of them corrections. Of %d kept out, %.0f%% are found with what the others teach, %.0f%% without.\n",
		t.Decisions, t.Corrections, t.Held, 100*t.After, 100*t.Before)
	if r.DryRun {
		fmt.Fprintln(a.out, "Nothing was recorded.")
		return
	}
	fmt.Fprintf(a.out, "Taken over: model %s. See what it changes: aupd reclassify --dry-run\n", t.Model)
}
