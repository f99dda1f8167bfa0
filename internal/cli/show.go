package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/policy"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

func (a *app) showCmd() *cobra.Command {
	var why, raw, asJSON bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one report", Args: cobra.ExactArgs(1),
		Long: `Show one report: what it says, its clauses and where it lies. ID may be
shortened to any prefix that only one report has.`,
		Example:           "  aupd show 7k3m --why\n  aupd show 7k3m-9qxt-2fhc --raw > message.eml",
		ValidArgsFunction: a.completeID,
	}
	f := cmd.Flags()
	f.BoolVar(&why, "why", false, "print each clause's score with the words that earned it")
	f.BoolVar(&raw, "raw", false, "print the message as it was received")
	f.BoolVar(&asJSON, "json", false, "print the report and its document as one JSON object")
	cmd.MarkFlagsMutuallyExclusive("why", "raw")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		b, r, err := openReport(cmd.Context(), cfg, args[0])
		if err != nil {
			return err
		}
		defer b.Close()
		if raw {
			return a.showRaw(cmd, b, r)
		}
		return a.display(cmd.Context(), cfg, b, r, why, asJSON)
	})
	return cmd
}

// display prints a report with its document and its past.
func (a *app) display(ctx context.Context, cfg config.Config, b *backend, r aup.Report, why, asJSON bool) error {
	doc, err := b.Document(ctx, r.ID)
	if err != nil {
		return err
	}
	if asJSON {
		return a.showJSON(r, doc)
	}
	p, err := policyOf(ctx, cfg, b)
	if err != nil {
		return err
	}
	past, err := b.Events(ctx, aup.EventQuery{Report: r.ID})
	if err != nil {
		return err
	}
	a.showReport(r, doc, p.Policy, past.Events, why)
	return nil
}

func (a *app) showRaw(cmd *cobra.Command, b *backend, r aup.Report) error {
	raw, err := b.Raw(cmd.Context(), r.ID)
	if err != nil {
		return err
	}
	defer raw.Close()
	_, err = io.Copy(a.out, raw)
	return err
}

// showJSON prints the report's own fields with the document beside them.
func (a *app) showJSON(r aup.Report, doc aup.Document) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		aup.Report
		Document aup.Document `json:"document"`
	}{r, doc})
}

func (a *app) showReport(r aup.Report, doc aup.Document, p *policy.Policy, past []aup.Event, why bool) {
	fmt.Fprintln(a.out, paint(a.out, clean(r.Subject), text.Bold))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "%-10s %s\n", name, value)
		}
	}
	row("id", string(r.ID))
	row("from", clean(r.From))
	row("about", aboutLine(r))
	row("recorded", r.Received.UTC().Format(time.RFC3339)+" ("+humanize.Time(r.Received)+")")
	row("outcome", paint(a.out, string(r.Outcome), outcomeColour(r.Outcome)))
	if r.Urgent != "" {
		row("urgent", paint(a.out, r.Urgent, text.Bold, text.FgRed))
	}
	row("because", clean(r.Reason))
	for i, id := range r.Clauses {
		name := "clauses"
		if i > 0 {
			name = ""
		}
		c, _ := p.Clause(id)
		line := string(id) + " " + c.Title
		if i := slices.IndexFunc(r.Findings, func(f aup.Finding) bool { return f.Clause == id }); i >= 0 {
			line += fmt.Sprintf("  %.2f", r.Findings[i].Score)
		}
		fmt.Fprintf(a.out, "%-10s %s\n", name, line)
	}
	for _, s := range standing(r, time.Now()) {
		row(s[0], clean(s[1]))
	}
	row("language", r.Language)
	for _, s := range r.Sources {
		row("lies in", sourceLine(s))
	}
	row("size", humanize.IBytes(uint64(r.Size)))
	row("sha256", r.SHA256.String())
	for _, pr := range r.Problems {
		row("problem", clean(problemLine(pr)))
	}
	for i, e := range past[max(0, len(past)-maxPast):] {
		name := "history"
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(a.out, "%-10s %s\n", name, eventLine(e, false))
	}
	if why {
		a.why(r.Findings, &doc, p)
		return
	}
	fmt.Fprintln(a.out)
	a.document(&doc)
}

// maxAbout is how many of those that a report is about are named in its head.
const maxAbout = 3

// aboutLine says where the abuse came from, what to act on first.
func aboutLine(r aup.Report) string {
	about := r.Suspects()
	var named []string
	for _, t := range about[:min(len(about), maxAbout)] {
		named = append(named, clean(t.Value))
	}
	s := strings.Join(named, ", ")
	if more := len(about) - len(named); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// maxPast is how many events of its past are shown with a report: "aupd log"
// has them all.
const maxPast = 10

// standing returns where r stands in the operators' work, as names with values.
func standing(r aup.Report, now time.Time) [][2]string {
	state := string(r.StateAt(now))
	if by := r.ClaimedBy(now); by != "" {
		state += " by " + by + " until " + r.Claim.Until.Format(time.RFC3339)
	}
	if r.StateReason != "" {
		state += ": " + r.StateReason
	}
	rows := [][2]string{{"state", state}, {"revision", strconv.FormatUint(uint64(r.Revision), 10)}}
	if d := r.Decision; d != nil {
		rows = append(rows, [2]string{"decided", decisionLine(*d)})
		if d.Reason != "" {
			rows = append(rows, [2]string{"reason", d.Reason})
		}
	}
	if !r.Due.IsZero() {
		rows = append(rows, [2]string{"due", r.Due.Format(time.RFC3339) + " (" + humanize.Time(r.Due) + ")"})
	}
	inCase := string(r.Case)
	if r.CaseReason != "" {
		inCase += ": " + r.CaseReason
	}
	return append(rows, [2]string{"severity", string(r.Severity)}, [2]string{"priority", string(r.Priority)},
		[2]string{"assigned", r.Assignee}, [2]string{"tags", strings.Join(r.Tags, " ")}, [2]string{"case", inCase})
}

func decisionLine(d aup.Decision) string {
	s := string(d.Outcome)
	for _, p := range d.Clauses {
		s += " " + string(p.Clause)
	}
	if d.AsClassified {
		s += ", as classified"
	}
	if len(d.Taken) > 0 {
		s += ", taken: " + strings.Join(d.Taken, " ")
	}
	return s + ", by " + d.By + " at " + d.At.Format(time.RFC3339)
}

func sourceLine(s aup.Source) string {
	if s.UID == 0 {
		return clean(s.Folder)
	}
	return fmt.Sprintf("%s/%s, UIDVALIDITY %d, UID %d", s.Mailbox, clean(s.Folder), s.UIDValidity, s.UID)
}

func problemLine(p aup.Problem) string {
	s := p.Kind
	if p.Part != "" {
		s += " in part " + string(p.Part)
	}
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	return s
}

// completeID offers the ids of the newest reports to the shell.
func (a *app) completeID(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	b, err := a.open(cmd.Context(), readOnly)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer b.Close()
	page, err := b.Reports(cmd.Context(), aup.Query{Limit: 50})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ids := make([]string, len(page.Reports))
	for i, r := range page.Reports {
		ids[i] = string(r.ID) + "\t" + fit(clean(r.Subject), 60)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
