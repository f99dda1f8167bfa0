package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

// work is what the commands that act on one report share.
type work struct {
	a      *app
	cmd    *cobra.Command
	saw    uint64
	key    string
	asJSON bool
}

// workCmd returns a command on one report, whose id is the first argument.
func (a *app) workCmd(use, short string, args cobra.PositionalArgs) *work {
	w := &work{a: a, cmd: &cobra.Command{Use: use, Short: short, Args: args, ValidArgsFunction: a.completeID}}
	f := w.cmd.Flags()
	f.Uint64Var(&w.saw, "saw", 0, "refuse, with exit status 4, if the report is not at `REVISION` any more")
	f.StringVar(&w.key, "key", "", "do it once, however often this `KEY` is sent for the report")
	f.BoolVar(&w.asJSON, "json", false, "print the report as one JSON object")
	return w
}

// does has the command do what action returns; it is given the arguments.
func (w *work) does(action func(args []string) (aup.Action, error)) *cobra.Command {
	w.cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		act, err := action(args)
		if err != nil {
			return err
		}
		return w.on(cmd.Context(), args[0], func(aup.Report) (aup.Action, error) { return act, nil })
	})
	return w.cmd
}

// on opens the backlog and does to a report what action makes of it.
func (w *work) on(ctx context.Context, id string, action func(aup.Report) (aup.Action, error)) error {
	b, err := w.a.open(ctx, readWrite)
	if err != nil {
		return err
	}
	defer b.Close()
	r, err := b.Report(ctx, aup.ReportID(id))
	if err != nil {
		return err
	}
	act, err := action(r)
	if err != nil {
		return err
	}
	if act.Key = w.key; w.saw != 0 {
		act.Saw = aup.Seq(w.saw)
	}
	after, err := b.Act(ctx, aup.PrincipalOf(ctx).Actor(), r.ID, act)
	if err != nil {
		return err
	}
	if w.asJSON {
		return w.a.jsonLine(after)
	}
	fmt.Fprintf(w.a.out, "%s  %s (saw revision %d, now %d)\n", after.ID, clean(done(after, act)), r.Revision, after.Revision)
	return nil
}

// done says in a few words what act made of r.
func done(r aup.Report, act aup.Action) string {
	switch act.Do {
	case aup.EventClaimed:
		if r.Claim != nil {
			return "claimed by " + r.Claim.By + " until " + r.Claim.Until.Format(time.RFC3339)
		}
	case aup.EventDecided:
		if r.Decision != nil {
			return "decided " + decisionLine(*r.Decision)
		}
	case aup.EventWaiting:
		return "waiting: " + r.StateReason
	case aup.EventAssigned:
		return "assigned to " + orNobody(r.Assignee)
	case aup.EventTagged:
		return "tags: " + strings.Join(r.Tags, " ")
	case aup.EventPrioritised:
		return "priority " + orNormal(r.Priority)
	case aup.EventLinked:
		return "in case " + string(r.Case)
	case aup.EventUndone:
		return fmt.Sprintf("event %d is undone: %s again", act.Undo, r.State)
	}
	return string(act.Do)
}

func orNobody(name string) string {
	if name == "" {
		return "nobody"
	}
	return name
}

func orNormal(p aup.Priority) string {
	if p == aup.PriorityNormal {
		return "normal"
	}
	return string(p)
}

// until returns when a claim runs out that is to last for d; the zero time, for
// which one is chosen, when d is not set.
func until(d time.Duration) (time.Time, error) {
	switch {
	case d == 0:
		return time.Time{}, nil
	case d < 0:
		return time.Time{}, usageError{fmt.Errorf("--for %v: want a time to come", d)}
	}
	return time.Now().Add(d), nil
}

func (a *app) claimCmd() *cobra.Command {
	w := a.workCmd("claim ID", "Take a report, so that nobody else works on it", cobra.ExactArgs(1))
	length := w.cmd.Flags().Duration("for", 0, "how long, such as 2h, at most 7 days (default 30m)")
	return w.does(func([]string) (aup.Action, error) {
		end, err := until(*length)
		return aup.Action{Do: aup.EventClaimed, Until: end}, err
	})
}

func (a *app) releaseCmd() *cobra.Command {
	w := a.workCmd("release ID", "Give back a report that was claimed", cobra.ExactArgs(1))
	reason := w.cmd.Flags().String("reason", "", "`TEXT`; needed to release somebody else's claim")
	return w.does(func([]string) (aup.Action, error) {
		return aup.Action{Do: aup.EventReleased, Reason: *reason}, nil
	})
}

func (a *app) waitCmd() *cobra.Command {
	w := a.workCmd("wait ID REASON…", "Put a report aside until something happens", cobra.MinimumNArgs(2))
	return w.does(func(args []string) (aup.Action, error) {
		return aup.Action{Do: aup.EventWaiting, Reason: strings.Join(args[1:], " ")}, nil
	})
}

func (a *app) closeCmd() *cobra.Command {
	w := a.workCmd("close ID [REASON…]", "Close a report", cobra.MinimumNArgs(1))
	return w.does(func(args []string) (aup.Action, error) {
		return aup.Action{Do: aup.EventClosed, Reason: strings.Join(args[1:], " ")}, nil
	})
}

func (a *app) reopenCmd() *cobra.Command {
	w := a.workCmd("reopen ID [REASON…]", "Open a report again that was decided on, closed or put aside", cobra.MinimumNArgs(1))
	return w.does(func(args []string) (aup.Action, error) {
		return aup.Action{Do: aup.EventReopened, Reason: strings.Join(args[1:], " ")}, nil
	})
}

func (a *app) undoCmd() *cobra.Command {
	w := a.workCmd("undo ID", "Undo the last action on a report", cobra.ExactArgs(1))
	w.cmd.Long = `Undo the last action on a report: it stands then as before it. The log keeps
both. Undo again for the one before.`
	w.cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		return w.on(cmd.Context(), args[0], func(r aup.Report) (aup.Action, error) {
			if len(r.Steps) == 0 {
				return aup.Action{}, fmt.Errorf("report %s: there is nothing to undo: %w", r.ID, aup.ErrConflict)
			}
			return aup.Action{Do: aup.EventUndone, Undo: r.Steps[len(r.Steps)-1].Seq, Saw: r.Revision}, nil
		})
	})
	return w.cmd
}
