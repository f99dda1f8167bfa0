package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

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
		b, err := openData(cmd.Context(), cfg, readOnly)
		if err != nil {
			return err
		}
		defer b.Close()
		r, err := b.Report(cmd.Context(), aup.ReportID(args[0]))
		if err != nil {
			return err
		}
		if raw {
			return a.showRaw(cmd, b, r)
		}
		doc, err := b.Document(cmd.Context(), r.ID)
		if err != nil {
			return err
		}
		if asJSON {
			return a.showJSON(r, doc)
		}
		p, err := policyOf(cmd.Context(), cfg, b)
		if err != nil {
			return err
		}
		a.showReport(r, doc, p.Policy, why)
		return nil
	})
	return cmd
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

func (a *app) showReport(r aup.Report, doc aup.Document, p *policy.Policy, why bool) {
	fmt.Fprintln(a.out, paint(a.out, clean(r.Subject), text.Bold))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "%-10s %s\n", name, value)
		}
	}
	row("id", string(r.ID))
	row("from", clean(r.From))
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
		fmt.Fprintf(a.out, "%-10s %s\n", name, string(id)+" "+c.Title)
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
	if why {
		a.why(r.Findings, &doc, p)
		return
	}
	fmt.Fprintln(a.out)
	a.document(&doc)
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
