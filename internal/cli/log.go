package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
)

// logPage is how many events are asked for at once.
const logPage = 500

// lookEvery is how often --follow asks a running daemon for what is new.
const lookEvery = time.Second

func (a *app) logCmd() *cobra.Command {
	var q aup.EventQuery
	var after uint64
	var follow, asJSON bool
	cmd := &cobra.Command{
		Use: "log [ID]", Short: "Show what happened: to one report, or all of it", Args: cobra.MaximumNArgs(1),
		Long: `Show the events of the log, oldest first, of one report or all: the number,
when, who, through what, and what they did. Nothing in the log ever changes.`,
		Example:           "  aupd log 7k3m\n  aupd log --follow\n  aupd log --after 1200 --json | jq -r .by | sort | uniq -c",
		ValidArgsFunction: a.completeID,
	}
	f := cmd.Flags()
	f.Uint64Var(&after, "after", 0, "only events behind this `NUMBER`")
	f.BoolVarP(&follow, "follow", "f", false, "go on with what happens, until you stop it; needs a running daemon")
	f.BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		b, err := a.open(cmd.Context(), readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		if follow && b.daemon == nil {
			return errors.New("--follow: nothing happens while no daemon runs: start \"aupd serve\", or leave it out")
		}
		q.After, q.Limit = aup.Seq(after), logPage
		if len(args) > 0 {
			q.Report = aup.ReportID(args[0])
		}
		return a.log(cmd.Context(), b, q, follow, asJSON)
	})
	return cmd
}

func (a *app) log(ctx context.Context, b *backend, q aup.EventQuery, follow, asJSON bool) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		page, err := b.Events(ctx, q)
		if err != nil {
			if follow && ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, e := range page.Events {
			q.After = e.Seq
			if !asJSON {
				fmt.Fprintln(a.out, eventLine(e, q.Report == ""))
			} else if err := a.jsonLine(e); err != nil {
				return err
			}
		}
		switch {
		case page.Next != 0:
			continue
		case !follow:
			if q.After == 0 && !asJSON {
				fmt.Fprintln(a.out, "Nothing has happened yet.")
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// eventLine writes an event in one line, with its report or without.
func eventLine(e aup.Event, report bool) string {
	who := e.By
	if e.From != "" {
		who += " (" + e.From + ")"
	}
	line := fmt.Sprintf("%6d  %s  %-20s  %s", e.Seq, e.At.UTC().Format(time.RFC3339), clean(who), clean(what(e)))
	if report && e.Report != "" {
		line += "  [" + string(e.Report) + "]"
	}
	return line
}

// what says in a few words what an event says.
func what(e aup.Event) string {
	switch {
	case e.Received != nil:
		return "received from " + sourceLine(e.Received.Source)
	case e.Seen != nil:
		return "seen again in " + sourceLine(e.Seen.Source)
	case e.Classified != nil:
		return "classified " + strings.TrimSpace(string(e.Classified.Verdict.Outcome)+" "+joined(e.Classified.Verdict.Clauses))
	case e.Policy != nil:
		return "put policy " + e.Policy.Version + " into force"
	case e.Settled != nil:
		s := string(e.Kind) + " " + handle(e.Settled.Source)
		if e.Settled.Reason != "" {
			s += ": " + fit(e.Settled.Reason, 200)
		}
		return s
	case e.Action != nil:
		return deed(*e.Action)
	}
	return string(e.Kind)
}

// deed says what somebody did, with what they gave as the reason.
func deed(a aup.Action) string {
	s := string(a.Do)
	switch a.Do {
	case aup.EventClaimed:
		s += " until " + a.Until.UTC().Format(time.RFC3339)
	case aup.EventDecided:
		s += " " + strings.TrimSpace(string(a.Outcome)+" "+joined(a.Clauses))
		if len(a.Taken) > 0 {
			s += ", taken: " + strings.Join(a.Taken, " ")
		}
	case aup.EventAssigned:
		s += " to " + orNobody(a.To)
	case aup.EventTagged:
		for _, t := range a.Add {
			s += " +" + t
		}
		for _, t := range a.Remove {
			s += " -" + t
		}
	case aup.EventPrioritised:
		s += " " + orNormal(a.Priority)
	case aup.EventLinked:
		s += " to " + string(a.Case)
	case aup.EventUndone:
		s += fmt.Sprintf(": event %d", a.Undo)
	}
	if a.Reason != "" {
		s += ": " + fit(a.Reason, 200)
	}
	return s
}

// joined writes clauses with spaces between; empty for none.
func joined(clauses []aup.ClauseID) string {
	s := make([]string, len(clauses))
	for i, c := range clauses {
		s[i] = string(c)
	}
	return strings.Join(s, " ")
}
