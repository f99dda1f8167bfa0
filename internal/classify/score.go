package classify

import (
	"cmp"
	"math"
	"slices"

	"aupd/internal/aup"
)

// A score is how much speaks for one clause, or for no violation.
type score struct {
	clause aup.ClauseID
	weight float64   // of all that speaks for it, less what speaks against it
	odds   float64   // log-odds against all other answers together
	ruled  float64   // log-odds by its rules alone
	reason string    // of the first thing that has text to show; empty if nothing has
	fired  []*firing // strongest first
}

// evidence returns the text that speaks for s, strongest first; of what is equally
// strong, what rules found before what was learned.
func (s score) evidence() []aup.Span {
	most := 0
	for _, f := range s.fired {
		most += f.mostSpans()
	}
	out := make([]aup.Span, 0, most)
	for _, learned := range []bool{false, true} {
		for _, f := range s.fired {
			if (f.opinion != nil) == learned {
				out = f.appendSpans(out)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b aup.Span) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}

func (s score) probability() float64 { return calibrated(s.odds) }

// byRules is the probability by the rules alone.
func (s score) byRules() float64 { return sigmoid(s.ruled) }

// calibrated makes a score of log-odds: of the findings with a score of 0.8
// about eight in ten are right, and of none it is certain.
func calibrated(odds float64) float64 {
	return round(0.01 + 0.98*sigmoid(steeper*odds+surer))
}

// Labelled mail shows the best of twenty answers to be right far more often than
// its share of the sum says.
const (
	steeper = 2.2
	surer   = 3.3
)

// sigmoid is rounded, so that a score reads well and prints the same anywhere.
func sigmoid(x float64) float64 { return round(1 / (1 + math.Exp(-x))) }

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

const (
	// prior is the log-odds that rules have to overcome.
	prior = -2.6
	// ruled is how much the rules' weights count in the sum with the learned
	// part's.
	ruled = 0.5
)

// commoner is how much more of all mail reports no violation than speaks for any
// one clause, in log-odds.
const commoner = 0.5

// scores adds up what fired for each answer, best first. Of the rules of one
// group only the strongest counts in full, since they say the same thing in
// other words; each further one counts half as much as the one before.
func scores(fired []firing, answers []aup.ClauseID) []score {
	out := make([]score, len(answers))
	for i, a := range answers {
		out[i] = score{clause: a, ruled: prior}
		if a == aup.None {
			out[i].weight = commoner
		}
	}
	order := byAnswer(fired, answers)
	for from, to := 0, 0; from < len(order); from = to {
		answer := order[from].answer
		for to = from; to < len(order) && order[to].answer == answer; to++ {
		}
		out[answer].fired = order[from:to]
		out[answer].add()
	}
	against(out)
	slices.SortStableFunc(out, func(a, b score) int {
		if a.odds != b.odds {
			return cmp.Compare(b.odds, a.odds)
		}
		return cmp.Compare(a.clause, b.clause)
	})
	return out
}

// byAnswer returns what fired for any of the answers, in their order, and for each
// of them the strongest first.
func byAnswer(fired []firing, answers []aup.ClauseID) []*firing {
	order := make([]*firing, 0, len(fired))
	for i := range fired {
		f := &fired[i]
		if f.answer = slices.Index(answers, f.rule.Clause); f.answer >= 0 {
			order = append(order, f)
		}
	}
	slices.SortStableFunc(order, func(a, b *firing) int {
		if a.answer != b.answer {
			return a.answer - b.answer
		}
		return cmp.Compare(math.Abs(b.weight), math.Abs(a.weight))
	})
	return order
}

// add adds up what fired for s.
func (s *score) add() {
	for i, f := range s.fired {
		if s.reason == "" && f.shows() {
			s.reason = f.rule.Reason
		}
		if f.opinion != nil {
			s.weight += f.weight
			continue
		}
		f.share = 1
		for _, o := range slices.Backward(s.fired[:i]) {
			if o.opinion == nil && o.rule.group() == f.rule.group() {
				f.share = o.share / 2
				break
			}
		}
		w := f.weight * f.share
		s.ruled += w
		w *= ruled
		s.weight += w
	}
}

// against sets the odds of each answer, of which one is right.
func against(all []score) {
	shares := make([]float64, len(all))
	for i := range all {
		shares[i] = math.Exp(all[i].weight)
	}
	for i := range all {
		others := 0.0
		for j, share := range shares {
			if j != i {
				others += share
			}
		}
		all[i].odds = all[i].weight - math.Log(max(others, math.SmallestNonzeroFloat64))
	}
}
