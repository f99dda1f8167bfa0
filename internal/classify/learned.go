package classify

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// A learned part is one linear model for each clause and for no violation over
// the same features.
type learned struct {
	clauses []aup.ClauseID
	bias    []float64
	weights map[string][]weight
}

// A weight is what a feature adds to a clause's log-odds.
type weight struct {
	clause int
	value  float64
}

// readLearned reads what write wrote: a line of clauses, one of their biases,
// and one for each feature with "clause number:weight" pairs, all separated by
// tabs.
func readLearned(data []byte) (*learned, error) {
	l := &learned{weights: make(map[string][]weight)}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 0; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		for i, f := range fields {
			if n == 0 {
				l.clauses = append(l.clauses, aup.ClauseID(f))
				continue
			}
			if n > 1 && i == 0 {
				continue
			}
			clause, number := i, f
			if n > 1 {
				c, w, _ := strings.Cut(f, ":")
				number = w
				var err error
				if clause, err = strconv.Atoi(c); err != nil || clause < 0 || clause >= len(l.clauses) {
					return nil, fmt.Errorf("line %d: %q is no clause's weight", n+1, f)
				}
			}
			value, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
			if n == 1 {
				l.bias = append(l.bias, value)
			} else {
				l.weights[fields[0]] = append(l.weights[fields[0]], weight{clause, value})
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(l.bias) != len(l.clauses) {
		return nil, fmt.Errorf("%d biases for %d clauses", len(l.bias), len(l.clauses))
	}
	return l, nil
}

// write writes l, features in order.
func (l *learned) write(w io.Writer) error {
	var b strings.Builder
	line := func(fields []string) { b.WriteString(strings.Join(fields, "\t") + "\n") }
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
	var clauses, biases []string
	for i, c := range l.clauses {
		clauses = append(clauses, string(c))
		biases = append(biases, number(l.bias[i]))
	}
	line(clauses)
	line(biases)
	for _, f := range slices.Sorted(maps.Keys(l.weights)) {
		fields := []string{f}
		for _, x := range l.weights[f] {
			fields = append(fields, strconv.Itoa(x.clause)+":"+number(x.value))
		}
		line(fields)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A sighting is where a feature was first seen.
type sighting struct {
	z          *zone
	start, end int
	weights    []weight
}

// groups are the kinds of zone whose features are weighed apart, so that a long
// original does not drown what the reporter says of it.
const groups = 2

func (z *zone) groups() []int {
	switch z.where {
	case original:
		return []int{1}
	case pasted:
		return []int{0, 1}
	}
	return []int{0}
}

// trust is how much the learned part's log-odds count, by group, beside the
// rules' at ruled: it knows the words of reporters better than those of the
// mail that they pass on.
var trust = [groups]float64{2.7, 1.2}

// Who passes a message on with a few words of their own leaves it to that
// message to say what is wrong: with fewer than few features, theirs count less.
const (
	few     = 60
	passing = 0.3
)

// ruled is how much the rules' log-odds count beside the learned part's.
const ruled = 0.65

// strongest is how many words explain a clause.
const strongest = 5

// modelGroup is the group of what the learned part says.
const modelGroup = "model"

// judge returns for each clause what the learned part adds to its log-odds,
// with the words that add most. l.clauses and the result run in parallel.
func (l *learned) judge(v *vocabulary, zones []zone) []firing {
	var seen [groups]map[string]sighting
	var count [groups]int
	for i := range zones {
		z := &zones[i]
		for _, g := range z.groups() {
			if seen[g] == nil {
				seen[g] = make(map[string]sighting)
			}
			z.features(v, g, func(f []byte, start, end int) {
				if _, again := seen[g][string(f)]; again {
					return
				}
				if w := l.weights[string(f)]; len(w) > 0 {
					count[g]++
					seen[g][string(f)] = sighting{z, start, end, w}
				}
			})
		}
	}
	out := make([]firing, len(l.clauses))
	type share struct {
		sighting
		feature string
		value   float64
	}
	shares := make([][]share, len(l.clauses))
	for g := range groups {
		scale := damp(count[g]) * trust[g]
		if g == 0 && count[1] > 0 && count[0] < few {
			scale *= passing
		}
		for _, f := range slices.Sorted(maps.Keys(seen[g])) {
			s := seen[g][f]
			for _, w := range s.weights {
				value := scale * w.value
				out[w.clause].weight += value
				shares[w.clause] = append(shares[w.clause], share{s, f, value})
			}
		}
	}
	for c := range out {
		slices.SortStableFunc(shares[c], func(a, b share) int { return cmp.Compare(b.value, a.value) })
		r := &rule{Clause: l.clauses[c], Group: modelGroup, Reason: "has words that reports of this kind use"}
		if r.Clause == aup.None {
			r.Reason = "has words of mail that reports no violation"
		}
		out[c].rule = r
		for _, s := range shares[c][:min(len(shares[c]), strongest)] {
			if s.value <= 0 {
				break
			}
			from, to := s.z.folded.original(s.start, s.end)
			out[c].spans = append(out[c].spans, aup.Span{
				Part: s.z.part, Start: s.z.base + from, End: s.z.base + to, Text: s.z.raw[from:to],
				Reason: r.Reason, Weight: round(s.value), Rule: modelGroup,
			})
		}
	}
	return out
}

// damp is the value of each of n features, so that long texts do not shout.
func damp(n int) float64 {
	if n == 0 {
		return 0
	}
	return 1 / math.Sqrt(float64(n))
}
