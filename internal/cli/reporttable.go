package cli

import (
	"time"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A reportTable shows reports a line each, as wide as the terminal; without a
// terminal nothing is cut.
type reportTable struct {
	a     *app
	width int
	table table.Writer
}

// narrow is the width under which the sender is left out, for the subject's
// sake.
const narrow = 100

func newReportTable(a *app) *reportTable {
	width, _ := terminal(a.out)
	t := &reportTable{a: a, width: width}
	if t.wide() {
		t.table = newTable(a.out, "id", "recorded", "state", "outcome", "clauses", "from", "subject")
	} else {
		t.table = newTable(a.out, "id", "recorded", "state", "outcome", "clauses", "subject")
	}
	return t
}

func (t *reportTable) wide() bool { return t.width == 0 || t.width >= narrow }

func (t *reportTable) add(r aup.Report) {
	clauses := clausesOf(r)
	outcome := paint(t.a.out, string(r.Outcome), outcomeColour(r.Outcome))
	if r.Urgent != "" {
		outcome = paint(t.a.out, "urgent", text.Bold, text.FgRed)
	}
	state := string(r.StateAt(time.Now()))
	// The subject gets what is left beside the columns of fixed width, with two
	// spaces after each: id 14, time, state 7, outcome 9, clauses, and the sender
	// if wide.
	const sender = 24
	switch id := string(r.ID); {
	case t.width == 0:
		t.table.AppendRow(table.Row{id, r.Received.UTC().Format(time.RFC3339), state, outcome, clauses, clean(r.From), subjectOf(r)})
	case t.wide():
		at := r.Received.Local().Format("2006-01-02 15:04")
		left := t.width - (14 + 2 + len(at) + 2 + 7 + 2 + 9 + 2 + 14 + 2 + sender + 2)
		t.table.AppendRow(table.Row{id, at, state, outcome, fit(clauses, 14), fit(clean(r.From), sender), fit(subjectOf(r), left)})
	default:
		at := r.Received.Local().Format("01-02 15:04")
		left := t.width - (14 + 2 + len(at) + 2 + 7 + 2 + 9 + 2 + 9 + 2)
		t.table.AppendRow(table.Row{id, at, state, outcome, fit(clauses, 9), fit(subjectOf(r), max(left, 12))})
	}
}

// clausesOf returns the clauses as a column shows them.
func clausesOf(r aup.Report) string {
	if len(r.Clauses) == 0 {
		return "–"
	}
	return joined(r.Clauses)
}

// subjectOf returns the subject as a column shows it.
func subjectOf(r aup.Report) string {
	if r.Subject == "" {
		return "(no subject)"
	}
	return clean(r.Subject)
}

func (t *reportTable) render() { t.table.Render() }
