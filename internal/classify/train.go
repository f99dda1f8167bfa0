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
	"aupd/internal/policy"
)

// An Example is a text with the clauses that it speaks for, none for a text
// that reports no violation.
type Example struct {
	Clauses []aup.ClauseID // the primary one first
	// Original is set for the text of a message that is passed on, unset for
	// the words of a reporter.
	Original bool
	Text     string
}

// ReadExamples reads a file of examples: a header row, then for each its
// clauses (separated by commas, "none" for no violation), language, kind and
// text, separated by tabs, with \n for a line end. The kind "original" is the
// text of a message that is passed on; all others are words of reporters.
func ReadExamples(data []byte) ([]Example, error) {
	var out []Example
	for n, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if n == 0 || line == "" {
			continue
		}
		if len(f) != 4 || f[0] == "" {
			return nil, fmt.Errorf("line %d: want clauses, language, kind and text", n+1)
		}
		e := Example{Original: f[2] == "original", Text: strings.ReplaceAll(f[3], `\n`, "\n")}
		for id := range strings.SplitSeq(f[0], ",") {
			e.Clauses = append(e.Clauses, aup.ClauseID(strings.TrimSpace(id)))
		}
		out = append(out, e)
	}
	return out, nil
}

// How the learned part is trained: by gradient steps on the logistic loss with L2, in
// the order of the examples, so that the same examples give the same weights.
const (
	epochs   = 30
	rate     = 1
	decay    = 5e-4 // L2
	rarest   = 2    // examples that a feature must be in
	smallest = 0.15 // weights under this are left out
)

// Train writes the learned part for p's clauses that examples give.
func Train(p *policy.Policy, examples []Example, w io.Writer) error {
	v, err := loadVocabulary(p)
	if err != nil {
		return err
	}
	t := trainer{index: make(map[string]int)}
	t.see(v, examples)
	return t.fit(examples).write(w)
}

type trainer struct {
	index    map[string]int // of each feature
	names    []string
	features [][]int   // of each example
	telling  []float64 // how much each feature tells: less, the more examples have it
}

func (t *trainer) see(v *vocabulary, examples []Example) {
	in := make(map[string]int)
	all := make([][]string, len(examples))
	for i, e := range examples {
		z := zone{where: own, factor: 1, raw: e.Text}
		if e.Original {
			z.where = original
		}
		z.folded = fold(z.raw)
		z.ends = z.folded.sentences()
		z.match(v)
		set := make(map[string]bool)
		z.features(v, z.groups()[0], func(f []byte, _, _ int) { set[string(f)] = true })
		all[i] = slices.Sorted(maps.Keys(set))
		for _, f := range all[i] {
			in[f]++
		}
	}
	for _, fs := range all {
		var ids []int
		for _, f := range fs {
			if in[f] < rarest {
				continue
			}
			id, ok := t.index[f]
			if !ok {
				id = len(t.names)
				t.index[f] = id
				t.names = append(t.names, f)
				t.telling = append(t.telling, math.Log(float64(len(examples)+1)/float64(in[f]))/math.Log(float64(len(examples)+1)))
			}
			ids = append(ids, id)
		}
		t.features = append(t.features, ids)
	}
}

func (t *trainer) fit(examples []Example) *learned {
	counts := make(map[aup.ClauseID]int)
	for _, e := range examples {
		for _, c := range e.Clauses {
			counts[c]++
		}
	}
	l := &learned{clauses: slices.Sorted(maps.Keys(counts)), weights: make(map[string][]weight)}
	for i, c := range l.clauses {
		b, w := t.one(examples, c)
		l.bias = append(l.bias, math.Round(b*100)/100)
		for f, x := range w {
			if x = math.Round(x*100) / 100; math.Abs(x) >= smallest {
				l.weights[t.names[f]] = append(l.weights[t.names[f]], weight{i, x})
			}
		}
	}
	return l
}

// one fits the model of one clause.
func (t *trainer) one(examples []Example, c aup.ClauseID) (bias float64, w []float64) {
	w = make([]float64, len(t.names))
	order := spread(len(examples))
	heavier := balance(examples, c)
	scale := 1.0 // of w: L2 shrinks all weights at once
	for epoch := range epochs {
		step := rate / (1 + float64(epoch)/4)
		for _, i := range order {
			x := damp(len(t.features[i]))
			sum := bias
			for _, f := range t.features[i] {
				sum += w[f] * scale * t.telling[f] * x
			}
			y := 0.0
			if slices.Contains(examples[i].Clauses, c) {
				y = 1
			}
			d := 1/(1+math.Exp(-sum)) - y
			if y == 1 {
				d *= heavier
			}
			bias -= step * 0.1 * d
			scale *= 1 - step*decay
			for _, f := range t.features[i] {
				w[f] -= step * d * t.telling[f] * x / scale
			}
		}
	}
	for f := range w {
		w[f] *= scale * t.telling[f]
	}
	return bias, w
}

// heaviest bounds how much more an example of a rare clause counts.
const heaviest = 12

// balance returns how much an example of c counts beside one of another clause:
// examples say nothing of how often a clause is reported.
func balance(examples []Example, c aup.ClauseID) float64 {
	with := 0
	for _, e := range examples {
		if slices.Contains(e.Clauses, c) {
			with++
		}
	}
	return min(heaviest, float64(len(examples)-with)/float64(max(with, 1)))
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
