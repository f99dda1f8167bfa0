package classify

import (
	"cmp"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

// How the learned part is trained: by gradient steps on the loss of a multinomial
// logistic regression, each weight with a step of its own (AdaGrad), in the
// same order always, so that the same examples give the same weights. What the
// rules say of an example is counted as said: the learned part adds to it.
const (
	epochs   = 12
	rate     = 0.5
	cool     = 0.5 // how much smaller the steps of each further epoch are
	rarest   = 2   // examples that a feature must be in
	rarely   = 4   // that two words in a row must be in: there are many more of them
	smallest = 0.2 // weights under this are left out
)

// decays are the L2 of the groups' features. The mail that is passed on repeats
// itself, and of reporters' words there are many more examples.
var decays = [groups]float64{0.6e-2, 0.8e-2}

// Train writes the learned part for p's clauses that examples give.
func Train(p *policy.Policy, examples []Example, w io.Writer) error {
	v, err := loadVocabulary(p)
	if err != nil {
		return err
	}
	t := newTrainer(v, examples)
	for epoch := range epochs {
		step := rate / (1 + cool*float64(epoch))
		for _, i := range t.order {
			t.learn(&t.lessons[i], step)
		}
	}
	return t.learned().write(w)
}

// A trainer holds what is learned: a weight for each feature and clause.
type trainer struct {
	clauses []aup.ClauseID
	lessons []lesson
	order   []int
	names   []string  // of the features
	telling []float64 // how much each feature tells: less, the more examples have it
	decay   []float64 // of each feature
	weights []float64 // of each feature, for each clause
	past    []float64 // the sum of the squares of the steps of each
	// bias is how much more often a clause is among the examples than others.
	// That says nothing of how often it is reported: it is learned apart, and
	// left behind.
	bias, pastBias []float64
	sum            []float64 // of the lesson at hand, by clause
}

// A lesson is what the trainer sees of an example.
type lesson struct {
	features []int
	ruled    []float64 // what the rules give each clause
	target   []float64 // the share of each clause
	weight   float64
}

func newTrainer(v *vocabulary, examples []Example) *trainer {
	t := &trainer{clauses: clausesOf(examples), order: spread(len(examples))}
	in := make(map[string]int)
	all := make([][]string, len(examples))
	for i, e := range examples {
		text, group := []zone{{where: own, factor: 1, raw: e.Text}}, 0
		z := &text[0]
		if e.Original {
			z.where, group = original, 1
		}
		z.folded = fold(z.raw)
		z.ends = z.folded.sentences()
		v.match(text)
		set := make(map[string]bool)
		z.addNames(v, group, set)
		all[i] = slices.Sorted(maps.Keys(set))
		for _, f := range all[i] {
			in[f]++
		}
		l := lesson{ruled: make([]float64, len(t.clauses)), target: make([]float64, len(t.clauses))}
		for _, s := range scores(v.fire(text, nil), t.clauses) {
			l.ruled[slices.Index(t.clauses, s.clause)] = s.weight
		}
		t.lessons = append(t.lessons, l)
	}
	t.name(all, in)
	t.weigh(examples)
	k := len(t.clauses)
	t.weights, t.past = make([]float64, len(t.names)*k), make([]float64, len(t.names)*k)
	t.bias, t.pastBias, t.sum = make([]float64, k), make([]float64, k), make([]float64, k)
	return t
}

func clausesOf(examples []Example) []aup.ClauseID {
	set := make(map[aup.ClauseID]bool)
	for _, e := range examples {
		for _, c := range e.Clauses {
			set[c] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// name numbers the features that enough examples have. in holds in how many
// each is.
func (t *trainer) name(all [][]string, in map[string]int) {
	number := make(map[string]int)
	of := math.Log(float64(len(all) + 1))
	for i, features := range all {
		for _, f := range features {
			if in[f] < rarest || in[f] < rarely && strings.Contains(f, " ") && !isConcept(f) {
				continue
			}
			n, ok := number[f]
			if !ok {
				n = len(t.names)
				number[f] = n
				t.names = append(t.names, f)
				t.telling = append(t.telling, strength(f)*math.Sqrt((of-math.Log(float64(in[f])))/of))
				t.decay = append(t.decay, decays[groupOf(f)])
			}
			t.lessons[i].features = append(t.lessons[i].features, n)
		}
	}
}

// strength is how much a feature of a kind counts beside a word: a concept
// means the same in every language, so it is to be learned from first.
func strength(feature string) float64 {
	if isConcept(feature) && !strings.Contains(feature, " ") {
		return 2
	}
	return 1
}

// groupOf returns the group that a feature is of.
func groupOf(feature string) int {
	if strings.HasPrefix(feature, prefixes[1]) {
		return 1
	}
	return 0
}

// isConcept reports whether a feature is a concept, or two.
func isConcept(feature string) bool {
	return strings.HasPrefix(strings.TrimPrefix(feature, prefixes[1]), "#")
}

// weigh sets what each lesson is to teach, and how much: an example of a rare
// clause counts more.
func (t *trainer) weigh(examples []Example) {
	with := make([]float64, len(t.clauses))
	for i, e := range examples {
		for k, c := range e.Clauses {
			n := slices.Index(t.clauses, c)
			t.lessons[i].target[n] = shareOf(k, len(e.Clauses))
			with[n]++
		}
	}
	mean := 0.0
	for i := range t.lessons {
		l := &t.lessons[i]
		for c, share := range l.target {
			l.weight += share * math.Sqrt(float64(len(examples))/max(with[c], 1))
		}
		mean += l.weight / float64(len(t.lessons))
	}
	for i := range t.lessons {
		t.lessons[i].weight /= mean
	}
}

// primaryShare is what the primary one of several clauses has of an example: it
// is to be found before the others.
const primaryShare = 0.65

// shareOf returns what clause k of n has of an example, the primary one being 0.
func shareOf(k, n int) float64 {
	switch {
	case n == 1:
		return 1
	case k == 0:
		return primaryShare
	}
	return (1 - primaryShare) / float64(n-1)
}

// learn takes one step towards what l teaches.
func (t *trainer) learn(l *lesson, step float64) {
	k := len(t.clauses)
	x := damp(len(l.features))
	for c := range t.sum {
		t.sum[c] = t.bias[c] + l.ruled[c]
	}
	for _, f := range l.features {
		v := t.telling[f] * x
		for c, w := range t.weights[f*k : f*k+k] {
			t.sum[c] += w * v
		}
	}
	shares(t.sum)
	for c := range t.sum {
		t.sum[c] = (t.sum[c] - l.target[c]) * l.weight
		t.pastBias[c] += t.sum[c] * t.sum[c]
		t.bias[c] -= 0.1 * step * t.sum[c] / math.Sqrt(t.pastBias[c]+1e-9)
	}
	for _, f := range l.features {
		v := t.telling[f] * x
		weights, past, decay := t.weights[f*k:f*k+k], t.past[f*k:f*k+k], t.decay[f]
		for c, d := range t.sum {
			g := d*v + decay*weights[c]
			past[c] += g * g
			weights[c] -= step * g / math.Sqrt(past[c]+1e-6)
		}
	}
}

// shares makes probabilities of sums.
func shares(sum []float64) {
	largest, all := slices.Max(sum), 0.0
	for i, x := range sum {
		sum[i] = math.Exp(x - largest)
		all += sum[i]
	}
	for i := range sum {
		sum[i] /= all
	}
}

// learned returns what was learned, without what hardly counts.
func (t *trainer) learned() *learned {
	l := &learned{clauses: t.clauses, features: newTable(len(t.names))}
	k := len(t.clauses)
	for f, name := range t.names {
		weights := make([]weight, k)
		for c, w := range t.weights[f*k : f*k+k] {
			if w = math.Round(w*t.telling[f]*100) / 100; math.Abs(w) >= smallest {
				weights[c] = weightOf(w)
			}
		}
		if tells(weights) {
			l.add(name, weights)
		}
	}
	return l
}

// spread returns 0 to n-1 in an order that does not follow the files', always
// the same.
func spread(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(a, b int) int {
		return cmp.Or(cmp.Compare(uint32(a)*2654435761, uint32(b)*2654435761), cmp.Compare(a, b))
	})
	return out
}
