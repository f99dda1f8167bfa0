package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"

	"aupd/internal/aup"
)

// A Decided is a document with what an operator decided on it.
type Decided struct {
	Document *aup.Document
	Clauses  []aup.ClauseID // the primary one first; empty for no violation
}

// How decisions are learned: by small steps away from what is shipped, and a
// pull back to it, so that a few of them move what they speak of and little
// else.
const (
	adaptEpochs = 8
	adaptRate   = 0.25
	adaptPull   = 0.02
	adaptRarest = 2    // decisions that a new feature must be in
	adaptLeast  = 0.05 // changes under this are left out
)

// Adapt returns a Classifier that has learned from decisions beside what c
// knows, in their order: the same decisions give the same Classifier. c is not
// modified. With none it is c.
func (c *Classifier) Adapt(decisions []Decided) *Classifier {
	if len(decisions) == 0 {
		return c
	}
	a := newAdapter(c, decisions)
	for range adaptEpochs {
		for i := range a.lessons {
			a.learn(&a.lessons[i])
		}
	}
	out, vocab := *c, *c.vocab
	vocab.learned = a.result().numbered(c.vocab)
	vocab.digest = c.vocab.digest + "+" + a.digest()
	out.vocab = &vocab
	return &out
}

// An adapter moves the weights of a learned part.
type adapter struct {
	base    *learned
	answers [][]int // of each of the learned part's clauses, among the classifier's answers
	lessons []adaptLesson
	change  map[string][]float64 // of a feature's weights, by the learned part's clauses
	past    map[string][]float64
}

// An adaptLesson is what an adapter sees of a decision.
type adaptLesson struct {
	fixed    []float64 // what the rules and the shipped weights give each answer
	target   []float64
	features map[string]float64 // with what each counts
}

func newAdapter(c *Classifier, decisions []Decided) *adapter {
	base := c.vocab.learned
	a := &adapter{base: base, change: make(map[string][]float64), past: make(map[string][]float64)}
	for _, id := range base.clauses {
		var at []int
		for _, m := range answersTo(c.policy, id) {
			at = append(at, slices.Index(c.answers, m))
		}
		a.answers = append(a.answers, at)
	}
	in := make(map[string]int)
	for _, d := range decisions {
		l := c.lesson(d)
		if !slices.ContainsFunc(l.target, func(share float64) bool { return share > 0 }) {
			continue // on clauses that the policy has no more
		}
		for f := range l.features {
			in[f]++
		}
		a.lessons = append(a.lessons, l)
	}
	for _, l := range a.lessons {
		maps.DeleteFunc(l.features, func(f string, _ float64) bool {
			_, known := base.features.find([]byte(f))
			return !known && in[f] < adaptRarest
		})
	}
	return a
}

// lesson reads a decision.
func (c *Classifier) lesson(d Decided) adaptLesson {
	zones, facts := c.read(d.Document)
	l := adaptLesson{fixed: make([]float64, len(c.answers)), target: make([]float64, len(c.answers)), features: make(map[string]float64)}
	for _, s := range scores(c.fire(zones, facts), c.answers) {
		l.fixed[slices.Index(c.answers, s.clause)] = s.weight
	}
	ids := d.Clauses
	if len(ids) == 0 {
		ids = []aup.ClauseID{aup.None}
	}
	for k, id := range ids {
		if i := slices.Index(c.answers, id); i >= 0 {
			l.target[i] = shareOf(k, len(ids))
		}
	}
	var found [groups]map[string]bool
	for g := range groups {
		found[g] = make(map[string]bool)
		for i := range zones {
			if zones[i].in(g) {
				zones[i].addNames(c.vocab, g, found[g])
			}
		}
	}
	for g, scale := range scales([groups]int{len(found[0]), len(found[1])}) {
		for f := range found[g] {
			l.features[f] = scale
		}
	}
	return l
}

// learn takes one step towards a decision.
func (a *adapter) learn(l *adaptLesson) {
	k := len(a.base.clauses)
	sum := slices.Clone(l.fixed)
	features := slices.Sorted(maps.Keys(l.features))
	for _, f := range features {
		for c, w := range a.change[f] {
			for _, i := range a.answers[c] {
				sum[i] += w * l.features[f]
			}
		}
	}
	shares(sum)
	for _, f := range features {
		if a.change[f] == nil {
			a.change[f], a.past[f] = make([]float64, k), make([]float64, k)
		}
		change, past := a.change[f], a.past[f]
		for c := range k {
			g := adaptPull * change[c]
			for _, i := range a.answers[c] {
				g += (sum[i] - l.target[i]) * l.features[f]
			}
			past[c] += g * g
			change[c] -= adaptRate * g / math.Sqrt(past[c]+1e-3)
		}
	}
}

// result returns the learned part with the changes in it.
func (a *adapter) result() *learned {
	out := &learned{clauses: a.base.clauses, features: newTable(a.base.features.len() + len(a.change))}
	for n := range int32(a.base.features.len()) {
		f, weights := string(a.base.features.name(n)), a.base.of(n)
		if change, ok := a.change[f]; ok {
			weights = changed(change, weights)
		}
		out.add(f, weights)
	}
	for _, f := range slices.Sorted(maps.Keys(a.change)) {
		if _, known := a.base.features.find([]byte(f)); known {
			continue
		}
		if weights := changed(a.change[f], make([]weight, len(out.clauses))); tells(weights) {
			out.add(f, weights)
		}
	}
	return out
}

// changed returns weights with a change of each clause's in them.
func changed(change []float64, weights []weight) []weight {
	out := make([]weight, len(weights))
	for c, w := range weights {
		if v := change[c] + w.value(); math.Abs(v) >= adaptLeast {
			out[c] = weightOf(v)
		}
	}
	return out
}

// digest names the changes.
func (a *adapter) digest() string {
	h := sha256.New()
	for _, f := range slices.Sorted(maps.Keys(a.change)) {
		fmt.Fprintf(h, "%s %.4f\n", f, a.change[f])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
