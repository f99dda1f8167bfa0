package cli

import (
	"strings"
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
		t.table = newTable(a.out, "id", "recorded", "outcome", "clauses", "from", "subject")
	} else {
		t.table = newTable(a.out, "id", "recorded", "outcome", "clauses", "subject")
	}
	return t
}

func (t *reportTable) wide() bool { return t.width == 0 || t.width >= narrow }

func (t *reportTable) add(r aup.Report) {
	ids := make([]string, len(r.Clauses))
	for i, c := range r.Clauses {
		ids[i] = string(c)
	}
	clauses := strings.Join(ids, " ")
	if clauses == "" {
		clauses = "–"
	}
	outcome := paint(t.a.out, string(r.Outcome), outcomeColour(r.Outcome))
	if r.Urgent != "" {
		outcome = paint(t.a.out, "urgent", text.Bold, text.FgRed)
	}
	subject := clean(r.Subject)
	if subject == "" {
		subject = "(no subject)"
	}
	// What is left beside the columns of fixed width: id 14, time 16, outcome
	// 9, clauses up to 14, sender 24, two spaces after each.
	const beside, sender = 14 + 2 + 16 + 2 + 9 + 2 + 14 + 2, 24
	id, at := string(r.ID), r.Received.Local().Format("2006-01-02 15:04")
	if t.width == 0 {
		at = r.Received.UTC().Format(time.RFC3339)
	}
	row := table.Row{id, at, outcome, cut(t.width, clauses, 14)}
	if t.wide() {
		row = append(row, cut(t.width, clean(r.From), sender), cut(t.width, subject, t.width-beside-sender-2))
	} else {
		row = append(row, cut(t.width, subject, max(t.width-beside, 20)))
	}
	t.table.AppendRow(row)
}

func (t *reportTable) render() { t.table.Render() }

// cut is fit on a terminal and nothing elsewhere.
func cut(terminal int, s string, width int) string {
	if terminal == 0 {
		return s
	}
	return fit(s, width)
}
