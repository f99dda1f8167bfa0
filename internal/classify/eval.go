package classify

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A Label is what a careful operator would say of one message.
type Label struct {
	File    string
	Primary aup.ClauseID // aup.None when it reports no violation
	// Required holds the clauses that must be recorded; Acceptable further
	// ones that are neither rewarded nor punished.
	Required, Acceptable []aup.ClauseID
}

// An Eval says how verdicts compare with labels. Shares lie in [0,1].
type Eval struct {
	Messages int     `json:"messages"`
	Primary  float64 `json:"primary"` // share whose primary clause is the label's
	// Precision, Recall and F1 count every recorded and required clause.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	// Clauses has a row for each clause that is labelled or recorded, and one
	// for no violation, in order.
	Clauses []ClauseEval `json:"clauses"`
	// Reliability says for each tenth of the scores how often they were right.
	Reliability []Bin `json:"reliability"`
	// Confusion counts what each labelled primary was taken for instead, most
	// frequent first.
	Confusion []Confused `json:"confusion"`
	Misses    []Miss     `json:"misses"` // the surest errors first
	Reviews   int        `json:"reviews"`
}

// A ClauseEval is how well one clause is found.
type ClauseEval struct {
	Clause    aup.ClauseID `json:"clause"`
	Labelled  int          `json:"labelled"`
	Precision float64      `json:"precision"`
	Recall    float64      `json:"recall"`
	F1        float64      `json:"f1"`
}

// A Bin is a tenth of the range of scores.
type Bin struct {
	From     float64 `json:"from"`
	Findings int     `json:"findings"`
	Right    float64 `json:"right"` // share whose clause is required or acceptable
}

// Confused counts one error.
type Confused struct {
	Label   aup.ClauseID `json:"label"`
	Verdict aup.ClauseID `json:"verdict"`
	Count   int          `json:"count"`
}

// A Miss is one message whose primary clause is wrong.
type Miss struct {
	File    string       `json:"file"`
	Label   aup.ClauseID `json:"label"`
	Verdict aup.ClauseID `json:"verdict"`
	Score   float64      `json:"score"` // of the verdict's clause; 0 for none
	Why     string       `json:"why"`
}

// tally counts right and wrong for one clause.
type tally struct{ right, wrong, missed int }

func (t tally) rates() (precision, recall, f1 float64) {
	ratio := func(a, b int) float64 {
		if b == 0 {
			return 0
		}
		return math.Round(1e4*float64(a)/float64(b)) / 1e4
	}
	return ratio(t.right, t.right+t.wrong), ratio(t.right, t.right+t.missed), ratio(2*t.right, 2*t.right+t.wrong+t.missed)
}

// Evaluate compares verdicts with labels, one by one in the same order.
func Evaluate(labels []Label, verdicts []aup.Verdict) Eval {
	e := Eval{Messages: len(labels)}
	var all tally
	each := make(map[aup.ClauseID]*tally)
	of := func(id aup.ClauseID) *tally {
		if each[id] == nil {
			each[id] = &tally{}
		}
		return each[id]
	}
	confusion := make(map[[2]aup.ClauseID]int)
	bins := make([]struct{ n, right int }, 10)
	right := 0
	for i, l := range labels {
		v := verdicts[i]
		if v.Review {
			e.Reviews++
		}
		if v.Primary == l.Primary {
			right++
		} else {
			confusion[[2]aup.ClauseID{l.Primary, v.Primary}]++
			e.Misses = append(e.Misses, missOf(l, v))
		}
		none := of(aup.None)
		switch lnone, vnone := len(l.Required) == 0, len(v.Clauses) == 0; {
		case lnone && vnone:
			none.right++
		case vnone:
			none.wrong++
		case lnone:
			none.missed++
		}
		for _, c := range v.Clauses {
			if slices.Contains(l.Required, c) {
				of(c).right++
				all.right++
			} else if !slices.Contains(l.Acceptable, c) {
				of(c).wrong++
				all.wrong++
			}
		}
		for _, c := range l.Required {
			if !slices.Contains(v.Clauses, c) {
				of(c).missed++
				all.missed++
			}
		}
		for _, f := range v.Findings {
			b := &bins[min(int(f.Score*10), 9)]
			b.n++
			if slices.Contains(l.Required, f.Clause) || slices.Contains(l.Acceptable, f.Clause) {
				b.right++
			}
		}
	}
	if len(labels) > 0 {
		e.Primary = math.Round(1e4*float64(right)/float64(len(labels))) / 1e4
	}
	e.Precision, e.Recall, e.F1 = all.rates()
	for _, id := range slices.Sorted(maps.Keys(each)) {
		p, r, f := each[id].rates()
		e.Clauses = append(e.Clauses, ClauseEval{id, each[id].right + each[id].missed, p, r, f})
	}
	for i, b := range bins {
		if b.n > 0 {
			e.Reliability = append(e.Reliability, Bin{float64(i) / 10, b.n, math.Round(1e4*float64(b.right)/float64(b.n)) / 1e4})
		}
	}
	for k, n := range confusion {
		e.Confusion = append(e.Confusion, Confused{k[0], k[1], n})
	}
	slices.SortFunc(e.Confusion, func(a, b Confused) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Verdict, b.Verdict))
	})
	slices.SortStableFunc(e.Misses, func(a, b Miss) int { return cmp.Compare(b.Score, a.Score) })
	return e
}

func missOf(l Label, v aup.Verdict) Miss {
	m := Miss{File: l.File, Label: l.Primary, Verdict: v.Primary, Why: v.Reason}
	for _, f := range v.Findings {
		if f.Clause == v.Primary {
			m.Score = f.Score
			m.Why = fmt.Sprintf("%s: %.60q", f.Spans[0].Reason, f.Spans[0].Text)
		}
	}
	return m
}

// maxShown is how many confusions and misses are printed: the first ones tell.
const maxShown = 12

// Print writes e for people to read.
func (e Eval) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d messages: primary %.3f, labels precision %.3f recall %.3f F1 %.3f, %d for review\n\n",
		e.Messages, e.Primary, e.Precision, e.Recall, e.F1, e.Reviews)
	fmt.Fprintf(&b, "%-8s %8s %9s %7s %7s\n", "clause", "labelled", "precision", "recall", "F1")
	for _, c := range e.Clauses {
		fmt.Fprintf(&b, "%-8s %8d %9.2f %7.2f %7.2f\n", c.Clause, c.Labelled, c.Precision, c.Recall, c.F1)
	}
	b.WriteString("\nscore     findings   right\n")
	for _, r := range e.Reliability {
		fmt.Fprintf(&b, "%.1f–%.1f  %9d %7.2f\n", r.From, r.From+0.1, r.Findings, r.Right)
	}
	b.WriteString("\nwhat was taken for what\n")
	for _, c := range e.Confusion[:min(len(e.Confusion), maxShown)] {
		fmt.Fprintf(&b, "%4d × %s taken for %s\n", c.Count, c.Label, c.Verdict)
	}
	b.WriteString("\nsurest misses\n")
	for _, m := range e.Misses[:min(len(e.Misses), maxShown)] {
		fmt.Fprintf(&b, "%s: %s taken for %s (%.2f), %s\n", m.File, m.Label, m.Verdict, m.Score, m.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
