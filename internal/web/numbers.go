package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"
)

// periods are the stretches of days that numbers are shown for.
var periods = []int{7, 30, 90, 365}

func (c *Console) numbers(w http.ResponseWriter, r *http.Request) error {
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || !slices.Contains(periods, days) {
		days = 30
	}
	since := c.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)
	n, err := c.Desk.Numbers(r.Context(), since)
	if err != nil {
		return err
	}
	steps := grouped(n.Days)
	latest := slices.Clone(steps)
	slices.Reverse(latest)
	c.render(w, r, http.StatusOK, "numbers", map[string]any{
		"Title": "Numbers", "Days": days, "Periods": periods, "Numbers": n, "Latest": latest, "Weekly": len(steps) < len(n.Days),
		"Flow":    barChart(steps, func(d aup.DayNumbers) [2]int { return [2]int{d.Received, d.Decided} }),
		"Clauses": c.clauseRows(n, steps), "Outcomes": outcomes,
	})
	return nil
}

// weekly is from how many days on a chart shows weeks: more bars than that are
// not told apart.
const weekly = 60

// grouped returns days as they are, or as weeks when there are many.
func grouped(days []aup.DayNumbers) []aup.DayNumbers {
	if len(days) <= weekly {
		return days
	}
	var out []aup.DayNumbers
	for week := range slices.Chunk(days, 7) {
		sum := aup.DayNumbers{Day: week[0].Day, ByClause: make(map[aup.ClauseID]int)}
		for _, d := range week {
			sum.Received += d.Received
			sum.Decided += d.Decided
			for id, n := range d.ByClause {
				sum.ByClause[id] += n
			}
		}
		out = append(out, sum)
	}
	return out
}

// A clauseRow is a clause's numbers with a line of small bars over time.
type clauseRow struct {
	aup.ClauseNumbers
	Title string
	Trend chart
}

// clauseRows returns the clauses that have numbers in the order of the policy,
// then what is no clause of it.
func (c *Console) clauseRows(n aup.Numbers, steps []aup.DayNumbers) []clauseRow {
	p := c.Policy()
	place := func(id aup.ClauseID) int {
		for i, clause := range p.Clauses {
			if clause.ID == id {
				return i
			}
		}
		return len(p.Clauses)
	}
	var out []clauseRow
	for _, one := range n.Clauses {
		clause, ok := p.Clause(one.Clause)
		if !ok && one.Clause == aup.None {
			clause.Title = "no violation"
		}
		trend := sparkline(steps, func(d aup.DayNumbers) int { return d.ByClause[one.Clause] })
		out = append(out, clauseRow{one, clause.Title, trend})
	}
	slices.SortStableFunc(out, func(a, b clauseRow) int {
		if d := place(a.Clause) - place(b.Clause); d != 0 {
			return d
		}
		return strings.Compare(string(a.Clause), string(b.Clause))
	})
	return out
}
