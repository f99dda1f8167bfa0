package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

// The most of each that a report's page lists.
const (
	maxEvents  = 200
	maxSimilar = 8
)

func (c *Console) report(w http.ResponseWriter, r *http.Request) error {
	return c.showReport(w, r, aup.ReportID(r.PathValue("id")), nil)
}

// A refusal is an action that could not be done, with what the operator wrote.
type refusal struct {
	Do    aup.EventKind
	Error error
	Saw   aup.Seq
	Form  url.Values
}

// A notice is a refusal as the page tells it.
type notice struct {
	Title, Text string
	Since       []aup.Event // what happened since the operator looked
}

// showReport writes the page of a report; no is what could not be done to it
// just now, nil for nothing.
func (c *Console) showReport(w http.ResponseWriter, r *http.Request, id aup.ReportID, no *refusal) error {
	ctx := r.Context()
	report, err := c.Desk.Report(ctx, id)
	if err != nil {
		return err
	}
	data := map[string]any{"Sealed": hidden(ctx, report)}
	events, err := c.Desk.Events(ctx, aup.EventQuery{Report: report.ID, Limit: maxEvents})
	if err != nil {
		return err
	}
	if !hidden(ctx, report) {
		if err := c.content(ctx, report, data); err != nil {
			return err
		}
	}
	p := c.Policy()
	row := c.row(ctx, p, report)
	status := http.StatusOK
	if no != nil {
		status, _ = statusOf(no.Error)
		data["Notice"] = noticeOf(no, events.Events)
	}
	data["Title"], data["Row"], data["Events"] = shorten(row.Subject), row, events.Events
	data["Desk"] = c.panel(ctx, p, report, no)
	c.render(w, r, status, "report", data)
	return nil
}

// content adds what a report says to a page's data.
func (c *Console) content(ctx context.Context, r aup.Report, data map[string]any) error {
	doc, err := c.Desk.Document(ctx, r.ID)
	if err != nil {
		return err
	}
	similar, err := c.Desk.Similar(ctx, r.ID, maxSimilar)
	if err != nil {
		return err
	}
	p := c.Policy()
	var alike []row
	for _, s := range similar {
		one := c.row(ctx, p, s.Report)
		one.Why = s.Reason
		alike = append(alike, one)
	}
	all := messages(r, doc)
	if len(all) > 0 {
		data["Own"], data["Originals"] = all[0], all[1:]
	}
	data["Findings"], data["Indicators"], data["Similar"], data["Machine"] = c.findings(r), indicators(doc), alike, doc.Machine
	data["Contents"] = c.Contents != nil
	return nil
}

func noticeOf(no *refusal, events []aup.Event) notice {
	_, title := statusOf(no.Error)
	n := notice{Title: title, Text: plain(no.Error)}
	if no.Saw == 0 {
		return n
	}
	for _, e := range events {
		if e.Seq > no.Saw && e.Kind != aup.EventOpened {
			n.Since = append(n.Since, e)
		}
	}
	if len(n.Since) > 0 {
		n.Title = "This report changed while you were looking at it"
		n.Text = "Nothing was recorded. What you chose still stands in the form: look at what changed, then decide again."
	}
	return n
}

// A panel is what the operator may do now, and what the forms hold.
type panel struct {
	May, Mine, Free bool // may act; has claimed it; nobody has
	MayRelease      bool // another's claim
	Open, Closed    bool
	LastMine        aup.Seq // the last action, when it was the operator's own and can be undone
	Key             string
	Decision        decisionForm
	Clauses         []policy.Clause
	Outcomes        []aup.Outcome
	Measures        []policy.Enforcement
	do              aup.EventKind
	form            url.Values
}

// Kept returns what the operator wrote in a field of the form that was
// refused, empty in all others.
func (d panel) Kept(do, name string) string {
	if string(d.do) != do {
		return ""
	}
	return d.form.Get(name)
}

// A decisionForm is what the form of a decision holds at first.
type decisionForm struct {
	Outcome aup.Outcome
	Primary aup.ClauseID
	Further []string
	Taken   []string
	Reason  string
}

// measures are what an operator may say was done.
var measures = []policy.Enforcement{
	policy.BlockDomain, policy.BlockMailServer, policy.BlockIP, policy.RemoveContent, policy.TerminateAccount,
}

func (c *Console) panel(ctx context.Context, p *policy.Policy, r aup.Report, no *refusal) panel {
	who, now := aup.PrincipalOf(ctx), c.Now()
	holder := r.ClaimedBy(now)
	d := panel{
		May: who.May(aup.RightTriage), Mine: holder != "" && holder == who.Name, Free: holder == "", MayRelease: who.May(aup.RightBulk),
		Open: r.StateAt(now).Open(), Closed: r.State == aup.StateClosed, Key: newKey(), Decision: decisionOf(r),
		Clauses: p.Clauses, Outcomes: []aup.Outcome{aup.OutcomeViolation, aup.OutcomeException, aup.OutcomeNone}, Measures: measures,
	}
	if n := len(r.Steps); n > 0 && r.Steps[n-1].By == who.Name {
		d.LastMine = r.Steps[n-1].Seq
	}
	if no == nil {
		return d
	}
	d.do, d.form = no.Do, no.Form
	if no.Do == aup.EventDecided {
		d.Decision = decisionForm{
			Outcome: aup.Outcome(no.Form.Get("outcome")), Primary: aup.ClauseID(no.Form.Get("clause")), Taken: no.Form["taken"], Reason: no.Form.Get("reason"),
		}
		if all := no.Form["clause"]; len(all) > 1 {
			d.Decision.Further = all[1:]
		}
	}
	return d
}

// decisionOf returns the decision that r suggests: the one that holds, or what
// the classifier said.
func decisionOf(r aup.Report) decisionForm {
	if r.Decision == nil {
		f := decisionForm{Outcome: r.Outcome, Primary: r.Primary}
		switch {
		case r.Outcome == aup.OutcomeReview && r.Primary == aup.None:
			f.Outcome = "" // the operator chooses
		case r.Outcome == aup.OutcomeReview:
			f.Outcome = aup.OutcomeViolation
		}
		for _, id := range r.Clauses {
			if id != r.Primary {
				f.Further = append(f.Further, string(id))
			}
		}
		return f
	}
	f := decisionForm{Outcome: r.Decision.Outcome, Taken: slices.Clone(r.Decision.Taken), Reason: r.Decision.Reason}
	for i, pin := range r.Decision.Clauses {
		if i == 0 {
			f.Primary = pin.Clause
			continue
		}
		f.Further = append(f.Further, string(pin.Clause))
	}
	return f
}
