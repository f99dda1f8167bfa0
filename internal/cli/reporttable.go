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
	width int // 0 without a terminal
	rows  []table.Row
}

// wide is the width from which a list has room for the sender and the year.
const wide = 100

// reportColumns are what a line says of a report.
var reportColumns = []column{{"id", 0}, {"recorded", 70}, {"state", 60}, {"outcome", 50}, {"clauses", 0}, {"from", wide}, {"subject", 0}}

func newReportTable(a *app) *reportTable {
	width, _ := terminal(a.out)
	return &reportTable{a: a, width: width}
}

func (t *reportTable) add(r aup.Report) {
	outcome := paint(t.a.out, string(r.Outcome), outcomeColour(r.Outcome))
	if r.Urgent != "" {
		outcome = paint(t.a.out, "urgent", text.Bold, text.FgRed)
	}
	at, clauses, from := r.Received.UTC().Format(time.RFC3339), clausesOf(r), clean(r.From)
	switch {
	case t.width == 0:
	case t.width < wide:
		at, clauses = r.Received.Local().Format("01-02 15:04"), fit(clauses, 9)
	default:
		at, clauses, from = r.Received.Local().Format("2006-01-02 15:04"), fit(clauses, 14), fit(from, 24)
	}
	t.rows = append(t.rows, table.Row{string(r.ID), at, string(r.StateAt(time.Now())), outcome, clauses, from, subjectOf(r)})
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

func (t *reportTable) render() { t.a.listing(reportColumns, t.rows) }
