package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

// maxNote bounds what is read of a note; a longer one is refused.
const maxNote = 32 << 10

func (a *app) noteCmd() *cobra.Command {
	w := a.workCmd("note ID TEXT…|-", "Write a note on a report", cobra.MinimumNArgs(2))
	w.cmd.Long = "Write a note on a report. With - in place of the text, the note is read from\nstandard input."
	return w.does(func(args []string) (aup.Action, error) {
		text := strings.Join(args[1:], " ")
		if text == "-" {
			data, err := io.ReadAll(io.LimitReader(a.in, maxNote))
			if err != nil {
				return aup.Action{}, err
			}
			text = string(data)
		}
		return aup.Action{Do: aup.EventNoted, Reason: text}, nil
	})
}

func (a *app) assignCmd() *cobra.Command {
	w := a.workCmd("assign ID [USER]", "Make a report somebody's, or nobody's", cobra.RangeArgs(1, 2))
	nobody := w.cmd.Flags().Bool("nobody", false, "take it from whom it is assigned to")
	return w.does(func(args []string) (aup.Action, error) {
		if *nobody == (len(args) == 2) {
			return aup.Action{}, usageError{errors.New("name a user, or --nobody")}
		}
		act := aup.Action{Do: aup.EventAssigned}
		if !*nobody {
			act.To = args[1]
		}
		return act, nil
	})
}

func (a *app) tagCmd() *cobra.Command {
	w := a.workCmd("tag ID +TAG… -TAG…", "Add tags to a report, and remove others", cobra.MinimumNArgs(2))
	w.cmd.Long = `Add the tags with a plus before them to a report, and remove those with a minus.
Flags stand before the ID.`
	w.cmd.Example = "  aupd tag 7k3m +botnet +seen-before -unsure"
	w.cmd.Flags().SetInterspersed(false) // or a tag to remove would be a flag
	return w.does(func(args []string) (aup.Action, error) {
		act := aup.Action{Do: aup.EventTagged}
		for _, t := range args[1:] {
			switch {
			case strings.HasPrefix(t, "--"):
				return act, usageError{fmt.Errorf("%s: flags stand before the ID", t)}
			case strings.HasPrefix(t, "-"):
				act.Remove = append(act.Remove, t[1:])
			default:
				act.Add = append(act.Add, strings.TrimPrefix(t, "+"))
			}
		}
		return act, nil
	})
}

func (a *app) priorityCmd() *cobra.Command {
	w := a.workCmd("priority ID high|normal|low", "Say how soon a report must be read", cobra.ExactArgs(2))
	return w.does(func(args []string) (aup.Action, error) {
		p, err := priority(args[1])
		return aup.Action{Do: aup.EventPrioritised, Priority: p}, err
	})
}

func priority(s string) (aup.Priority, error) {
	switch s {
	case "high", "low":
		return aup.Priority(s), nil
	case "normal":
		return aup.PriorityNormal, nil
	}
	return "", usageError{fmt.Errorf("priority %q: want high, normal or low", s)}
}

func (a *app) linkCmd() *cobra.Command {
	w := a.workCmd("link ID", "Put a report into a case", cobra.ExactArgs(1))
	w.cmd.Long = `Put a report into a case: that of another report, which begins one if it is in
none, or one by its name. "aupd similar" names reports that may belong together.`
	f := w.cmd.Flags()
	with := f.String("with", "", "the `ID` of the other report")
	inCase := f.String("case", "", "the `CASE`")
	reason := f.String("reason", "", "why, as `TEXT`")
	w.cmd.MarkFlagsMutuallyExclusive("with", "case")
	return w.does(func([]string) (aup.Action, error) {
		if *with == "" && *inCase == "" {
			return aup.Action{}, usageError{errors.New("name the other report by --with ID, or the case by --case CASE")}
		}
		return aup.Action{Do: aup.EventLinked, With: aup.ReportID(*with), Case: aup.CaseID(*inCase), Reason: *reason}, nil
	})
}

func (a *app) unlinkCmd() *cobra.Command {
	w := a.workCmd("unlink ID [REASON…]", "Take a report out of its case", cobra.MinimumNArgs(1))
	return w.does(func(args []string) (aup.Action, error) {
		return aup.Action{Do: aup.EventUnlinked, Reason: strings.Join(args[1:], " ")}, nil
	})
}
