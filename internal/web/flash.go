package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// A flash says on the page after an action what was done, and offers to undo
// it. It is made from the report itself: an address that somebody made up
// shows nothing.
type flash struct {
	Report aup.ReportID
	Seq    aup.Seq // of the action, to undo it; 0 when it was itself undone
	Text   string
}

// done returns the query by which the next page shows what was done to r.
func done(r aup.Report) url.Values {
	if len(r.Steps) == 0 {
		return url.Values{"done": {string(r.ID) + ".0"}}
	}
	return url.Values{"done": {fmt.Sprintf("%s.%d", r.ID, r.Steps[len(r.Steps)-1].Seq)}}
}

// flash returns what the request's address says was done last, nil for
// nothing.
func (c *Console) flash(r *http.Request) *flash {
	id, number, ok := strings.Cut(r.URL.Query().Get("done"), ".")
	if !ok {
		return nil
	}
	report, err := c.Desk.Report(r.Context(), aup.ReportID(id))
	if err != nil {
		return nil
	}
	if r.URL.Query().Has("undone") {
		return &flash{Report: report.ID, Text: "Undone."}
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || len(report.Steps) == 0 {
		return nil
	}
	last := report.Steps[len(report.Steps)-1]
	if last.Seq != aup.Seq(n) || last.By != aup.PrincipalOf(r.Context()).Name {
		return nil
	}
	return &flash{Report: report.ID, Seq: last.Seq, Text: did(last.Do, report)}
}

// did says what an action came to.
func did(do aup.EventKind, r aup.Report) string {
	switch do {
	case aup.EventDecided:
		if r.Decision == nil {
			return "Decided."
		}
		if len(r.Decision.Clauses) == 0 {
			return "Decided: no violation."
		}
		return "Decided: " + outcomeWord(r.Decision.Outcome) + " " + string(r.Decision.Clauses[0].Clause) + "."
	case aup.EventAssigned:
		if r.Assignee == "" {
			return "Assigned to nobody."
		}
		return "Assigned to " + r.Assignee + "."
	case aup.EventLinked:
		return "Put into case " + string(r.Case) + "."
	}
	word := actWord(do)
	return strings.ToUpper(word[:1]) + word[1:] + "."
}
