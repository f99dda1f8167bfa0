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
	weight float64 // of all that speaks for it, less what speaks against it
	odds   float64 // log-odds against all other answers together
	ruled  float64 // log-odds by its rules alone
	reason string  // of the first thing that has text to show; empty if nothing has
	rules  []*firing
	words  []*firing // of the learned part
}

// evidence returns the text that speaks for s, strongest first.
func (s score) evidence() []aup.Span {
	var out []aup.Span
	for _, fired := range [][]*firing{s.rules, s.words} {
		for _, f := range fired {
			out = append(out, f.spans()...)
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
	order := make([]*firing, len(fired))
	for i := range fired {
		order[i] = &fired[i]
	}
	slices.SortStableFunc(order, func(a, b *firing) int { return cmp.Compare(math.Abs(b.weight), math.Abs(a.weight)) })
	out := make([]score, len(answers))
	for i, a := range answers {
		out[i] = score{clause: a, ruled: prior}
		if a == aup.None {
			out[i].weight = commoner
		}
	}
	for _, f := range order {
		if i := slices.Index(answers, f.rule.Clause); i >= 0 {
			out[i].add(f)
		}
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

// add counts what f gives, which is no stronger than what was counted before.
func (s *score) add(f *firing) {
	if s.reason == "" && f.shows() {
		s.reason = f.rule.Reason
	}
	if f.opinion != nil {
		s.weight += f.weight
		s.words = append(s.words, f)
		return
	}
	f.share = 1
	for _, o := range slices.Backward(s.rules) {
		if o.rule.group() == f.rule.group() {
			f.share = o.share / 2
			break
		}
	}
	w := f.weight * f.share
	s.ruled += w
	w *= ruled
	s.weight += w
	s.rules = append(s.rules, f)
}

// against sets the odds of each answer, of which one is right.
func against(all []score) {
	for i := range all {
		others := 0.0
		for j := range all {
			if j != i {
				others += math.Exp(all[j].weight)
			}
		}
		all[i].odds = all[i].weight - math.Log(max(others, math.SmallestNonzeroFloat64))
	}
}
