package classify_test

import (
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/classify"
)

func TestEvaluate(t *testing.T) {
	ids := func(s ...aup.ClauseID) []aup.ClauseID { return s }
	labels := []classify.Label{
		{File: "a", Primary: "1.5", Required: ids("1.5", "3.1"), Acceptable: ids("4")},
		{File: "b", Primary: aup.None},
		{File: "c", Primary: "4", Required: ids("4")},
		{File: "d", Primary: aup.None},
	}
	finding := func(c aup.ClauseID, score float64) aup.Finding {
		return aup.Finding{Clause: c, Score: score, Spans: []aup.Span{{Text: "x", Reason: "names it"}}}
	}
	e := classify.Evaluate(labels, []aup.Verdict{
		{Primary: "1.5", Clauses: ids("1.5", "4", "2.5"), Findings: []aup.Finding{finding("1.5", 0.9), finding("2.5", 0.55)}},
		{Primary: aup.None},
		{Primary: aup.None, Review: true},
		{Primary: "4", Clauses: ids("4"), Findings: []aup.Finding{finding("4", 0.8)}},
	})
	// Recorded: 1.5 right, 4 acceptable, 2.5 wrong, 4 wrong; missed: 3.1, 4.
	if e.Messages != 4 || e.Primary != 0.5 || e.Precision != 0.3333 || e.Recall != 0.3333 || e.F1 != 0.3333 || e.Reviews != 1 {
		t.Errorf("figures %+v", e)
	}
	for _, c := range e.Clauses {
		if c.Clause == aup.None && (c.Labelled != 2 || c.Precision != 0.5 || c.Recall != 0.5) {
			t.Errorf("no violation: %+v", c)
		}
	}
	if len(e.Misses) != 2 || e.Misses[0].File != "d" || len(e.Confusion) != 2 {
		t.Errorf("misses %+v, confusion %+v", e.Misses, e.Confusion)
	}
	var b strings.Builder
	if err := e.Print(&b); err != nil || !strings.Contains(b.String(), "4 messages: primary 0.500") || !strings.Contains(b.String(), "d: none taken for 4 (0.80), names it") {
		t.Errorf("printed %q, %v", b.String(), err)
	}
}
