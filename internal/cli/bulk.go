package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// bulkKinds are the commands that can be given for several reports at once. To
// undo is not among them: each report has its own last action.
var bulkKinds = map[string]aup.EventKind{
	"claim": aup.EventClaimed, "release": aup.EventReleased, "decide": aup.EventDecided, "wait": aup.EventWaiting,
	"close": aup.EventClosed, "reopen": aup.EventReopened, "note": aup.EventNoted, "assign": aup.EventAssigned,
	"tag": aup.EventTagged, "priority": aup.EventPrioritised, "link": aup.EventLinked, "unlink": aup.EventUnlinked,
}

// maxBulk is how many reports are acted on at once, as the store has it.
const maxBulk = 1000

// bulk is what the flags of the bulk command say.
type bulk struct {
	a                          *app
	decide                     decideFlags
	action                     string
	length                     time.Duration
	to, priority, with, inCase string
	add, remove                []string
	yes, preview, asJSON       bool
}

func (a *app) bulkCmd() *cobra.Command {
	o := &bulk{a: a}
	cmd := &cobra.Command{
		Use: "bulk QUERY…", Short: "Do the same to all reports of a query, after a preview", Args: cobra.MinimumNArgs(1),
		Long: `Do the same to all reports that words in the filter language select, at most
1000. First it is tried and shown for which reports it would be done and which
are skipped, each with the reason; then you are asked. What changes between the
preview and your answer is skipped. If any is skipped the exit status is 5.

` + filterHelp,
		Example: `  aupd bulk state:open indicator:203.0.113.9 --action decide --clause 2.2
  aupd bulk case:c-7k3m-9qxt-2fhc --action close --reason duplicate --yes`,
	}
	f := cmd.Flags()
	f.StringVar(&o.action, "action", "", "what to do, by the `COMMAND` for one report: claim, release, decide, wait, close, reopen, note, assign, tag, priority, link or unlink")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.BoolVar(&o.preview, "preview", false, "do nothing, only show what would be done")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object a report; needs --yes or --preview")
	f.StringVar(&o.decide.reason, "reason", "", "why, what is waited for, or the note, as `TEXT`")
	o.decide.add(f)
	f.DurationVar(&o.length, "for", 0, "claim: how long")
	f.StringVar(&o.to, "to", "", "assign: to this `USER`; to nobody without it")
	f.StringSliceVar(&o.add, "add", nil, "tag: a `TAG` to add; may be repeated")
	f.StringSliceVar(&o.remove, "remove", nil, "tag: a `TAG` to remove; may be repeated")
	f.StringVar(&o.priority, "priority", "normal", "priority: high, normal or low")
	f.StringVar(&o.with, "with", "", "link: with the report of this `ID`")
	f.StringVar(&o.inCase, "case", "", "link: to this `CASE`")
	cmd.MarkFlagsMutuallyExclusive("yes", "preview")
	if err := cmd.MarkFlagRequired("action"); err != nil {
		panic(err) // it is defined above
	}
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), queryOf(args)) })
	return cmd
}

// of returns the action that the flags describe.
func (o *bulk) of() (act aup.Action, err error) {
	act = aup.Action{
		Do: bulkKinds[o.action], Reason: o.decide.reason, To: o.to, Add: o.add, Remove: o.remove,
		With: aup.ReportID(o.with), Case: aup.CaseID(o.inCase),
	}
	switch act.Do {
	case "":
		return act, usageError{fmt.Errorf("--action %q: see \"aupd help bulk\" for what can be done", o.action)}
	case aup.EventDecided:
		act, err = o.decide.action(aup.Report{})
	case aup.EventClaimed:
		act.Until, err = until(o.length)
	case aup.EventPrioritised:
		act.Priority, err = priority(o.priority)
	}
	return act, err
}

func (o *bulk) run(ctx context.Context, words string) error {
	act, err := o.of()
	if err != nil {
		return err
	}
	if o.asJSON && !o.yes && !o.preview {
		return usageError{errors.New("--json needs --yes or --preview")}
	}
	q, err := parseWords(words)
	if err != nil {
		return err
	}
	b, err := o.a.open(ctx, readWrite)
	if err != nil {
		return err
	}
	defer b.Close()
	sights, err := o.sights(ctx, b, q)
	if err != nil {
		return err
	}
	who := aup.PrincipalOf(ctx).Actor()
	all := aup.Bulk{Reports: sights, Action: act, Preview: true}
	if !o.yes {
		results, err := b.Bulk(ctx, who, all)
		if err != nil {
			return err
		}
		if err := o.show(results, "would be done"); err != nil || o.preview {
			return err
		}
		if err := o.ask(); err != nil {
			return err
		}
	}
	all.Preview = false
	results, err := b.Bulk(ctx, who, all)
	if err != nil {
		return err
	}
	return o.tell(results)
}

// sights finds the reports with the revisions that they have now.
func (o *bulk) sights(ctx context.Context, b *backend, q aup.Query) ([]aup.Sight, error) {
	q.Limit = maxBulk
	page, err := b.Reports(ctx, q)
	switch {
	case err != nil:
		return nil, err
	case page.Next != "":
		return nil, fmt.Errorf("the query selects more than %d reports: narrow it down: %w", maxBulk, aup.ErrInvalid)
	case len(page.Reports) == 0:
		return nil, fmt.Errorf("no report matches: %w", aup.ErrNotFound)
	}
	var sights []aup.Sight
	for _, r := range page.Reports {
		sights = append(sights, aup.Sight{ID: r.ID, Saw: r.Revision})
	}
	return sights, nil
}

// show lists what is done, or would be, and what is not.
func (o *bulk) show(results []aup.BulkResult, verb string) error {
	done := 0
	for _, r := range results {
		if o.asJSON {
			if err := o.a.jsonLine(r); err != nil {
				return err
			}
			continue
		}
		if r.Skipped != "" {
			fmt.Fprintf(o.a.out, "%s  skipped: %s\n", r.ID, clean(r.Skipped))
			continue
		}
		done++
		fmt.Fprintf(o.a.out, "%s  %s  %s\n", r.ID, o.action, fit(clean(r.Subject), 60))
	}
	if !o.asJSON {
		fmt.Fprintf(o.a.out, "%d %s, %d skipped\n", done, verb, len(results)-done)
	}
	return nil
}

// ask returns nil when the operator at the terminal agrees.
func (o *bulk) ask() error {
	f, ok := o.a.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return usageError{errors.New("nothing was done: add --yes to do it, or --preview to stop here")}
	}
	fmt.Fprint(o.a.err, "Do it? [y/N] ")
	answer, err := bufio.NewReader(f).ReadString('\n')
	if err != nil || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return errors.New("nothing was done")
	}
	return nil
}

// tell shows what was done; what was skipped is an error each.
func (o *bulk) tell(results []aup.BulkResult) error {
	if err := o.show(results, "done"); err != nil {
		return err
	}
	skipped := 0
	for _, r := range results {
		if r.Skipped != "" {
			skipped++
			fmt.Fprintf(o.a.err, "aupd: %s\n", clean(r.Skipped))
		}
	}
	if skipped > 0 {
		return printed{errSome}
	}
	return nil
}
