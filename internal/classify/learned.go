package classify

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// A learned part is a linear model: each feature has a weight for each clause
// that it tells of, and for no violation.
type learned struct {
	clauses  []aup.ClauseID
	features *table
	weights  []weight // of all features, one after another
	ends     []uint32 // where those of each feature end
}

// A weight is what a feature speaks for a clause. There are hundreds of
// thousands of them, so they are kept small.
type weight struct {
	clause     uint8
	hundredths int16
}

func (w weight) value() float64 { return float64(w.hundredths) / 100 }

// weightOf returns a weight as near to value as can be kept.
func weightOf(clause int, value float64) weight {
	return weight{uint8(clause), int16(math.Round(min(max(value*100, math.MinInt16), math.MaxInt16)))}
}

// of returns the weights of a feature.
func (l *learned) of(feature int32) []weight {
	from := uint32(0)
	if feature > 0 {
		from = l.ends[feature-1]
	}
	return l.weights[from:l.ends[feature]]
}

// readLearned reads what write wrote: a line of clauses, then one for each
// feature with "clause number:hundredths" pairs, all separated by tabs. The
// features stay parts of data.
func readLearned(data string) (*learned, error) {
	lines := strings.Count(data, "\n")
	l := &learned{
		features: newTable(lines), ends: make([]uint32, 0, lines),
		weights: make([]weight, 0, strings.Count(data, "\t")),
	}
	n := 0
	for line := range strings.Lines(data) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if n++; n == 1 {
			for id := range strings.SplitSeq(name+"\t"+rest, "\t") {
				l.clauses = append(l.clauses, aup.ClauseID(id))
			}
			continue
		}
		for pair := range strings.SplitSeq(rest, "\t") {
			c, w, _ := strings.Cut(pair, ":")
			clause, err := strconv.Atoi(c)
			if err != nil || clause < 0 || clause >= min(len(l.clauses), math.MaxUint8) {
				return nil, fmt.Errorf("line %d: %q is no clause's weight", n, pair)
			}
			value, err := strconv.ParseInt(w, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			l.weights = append(l.weights, weight{uint8(clause), int16(value)})
		}
		l.add(name)
	}
	return l, nil
}

// add adds a feature with the given weights behind those that were appended since
// the last one.
func (l *learned) add(feature string, weights ...weight) {
	l.features.add(feature)
	l.weights = append(l.weights, weights...)
	l.ends = append(l.ends, uint32(len(l.weights)))
}

// write writes l, features in order.
func (l *learned) write(w io.Writer) error {
	var b strings.Builder
	for i, c := range l.clauses {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(string(c))
	}
	b.WriteByte('\n')
	order := make([]int32, len(l.ends))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return strings.Compare(l.features.names[i], l.features.names[j]) })
	for _, i := range order {
		b.WriteString(l.features.names[i])
		for _, x := range l.of(i) {
			fmt.Fprintf(&b, "\t%d:%d", x.clause, x.hundredths)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
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

// trust is how much the learned part's weights count, by group: it knows the
// words of reporters better than those of the mail that they pass on.
var trust = [groups]float64{1.5, 0.8}

// Who passes a message on with a few words of their own leaves it to that
// message to say what is wrong: with fewer than few features, theirs count less.
const (
	few     = 60
	passing = 0.4
)

// strongest is how many words explain a clause, of kept features: several may
// stand in the same place.
const (
	strongest = 5
	kept      = 20
)

// modelGroup is the group of what the learned part says.
const modelGroup = "model"

// A sighting is where a feature was first seen.
type sighting struct {
	feature    int32
	z          *zone
	start, end int
}

// sightings returns the features of group g that l knows, each once, as they
// come.
func (l *learned) sightings(v *vocabulary, zones []zone, g int) []sighting {
	var out []sighting
	const bits = 64
	seen := make([]uint64, len(l.ends)/bits+1)
	for i := range zones {
		z := &zones[i]
		if !slices.Contains(z.groups(), g) {
			continue
		}
		z.features(v, g, func(f []byte, start, end int) {
			if n, ok := l.features.find(f); ok && seen[n/bits]>>(n%bits)&1 == 0 {
				seen[n/bits] |= 1 << (n % bits)
				out = append(out, sighting{n, z, start, end})
			}
		})
	}
	return out
}

// An opinion is what the learned part says of a document.
type opinion struct {
	learned *learned
	seen    [groups][]sighting
	scale   [groups]float64
	weights []float64 // of each of its clauses
	speaks  []bool    // whether anything speaks for each
}

// judge returns what the learned part gives each clause.
func (l *learned) judge(v *vocabulary, zones []zone) *opinion {
	o := &opinion{learned: l, weights: make([]float64, len(l.clauses)), speaks: make([]bool, len(l.clauses))}
	for g := range groups {
		o.seen[g] = l.sightings(v, zones, g)
		o.scale[g] = damp(len(o.seen[g])) * trust[g]
	}
	if len(o.seen[1]) > 0 && len(o.seen[0]) < few {
		o.scale[0] *= passing
	}
	for g := range groups {
		for _, s := range o.seen[g] {
			for _, w := range l.of(s.feature) {
				o.weights[w.clause] += o.scale[g] * w.value()
				o.speaks[w.clause] = o.speaks[w.clause] || w.hundredths > 0
			}
		}
	}
	return o
}

// A share is what one feature gives a clause.
type share struct {
	sighting
	value float64
}

// spans returns the words that give one of the learned part's clauses most,
// strongest first, with r's reason.
func (o *opinion) spans(clause int, r *rule) []aup.Span {
	var best []share
	for g := range groups {
		for _, s := range o.seen[g] {
			for _, w := range o.learned.of(s.feature) {
				if int(w.clause) == clause {
					best = keep(best, share{s, o.scale[g] * w.value()})
				}
			}
		}
	}
	var out []aup.Span
	for _, s := range places(best) {
		out = append(out, s.span(r))
	}
	return out
}

// keep puts s among the strongest shares, strongest first, if it speaks for its
// clause.
func keep(best []share, s share) []share {
	if s.value <= 0 || len(best) == kept && s.value <= best[kept-1].value {
		return best
	}
	if len(best) < kept {
		best = append(best, s)
	}
	i := len(best) - 1
	for ; i > 0 && best[i-1].value < s.value; i-- {
		best[i] = best[i-1]
	}
	best[i] = s
	return best
}

// places returns the strongest places of shares, strongest first: what overlaps a
// stronger one is counted there.
func places(shares []share) []share {
	var out []share
	for _, s := range shares {
		i := slices.IndexFunc(out, func(o share) bool { return o.z == s.z && s.start < o.end && o.start < s.end })
		if i < 0 {
			out = append(out, s)
		} else {
			out[i].value += s.value
		}
	}
	slices.SortStableFunc(out, func(a, b share) int { return cmp.Compare(b.value, a.value) })
	return out[:min(len(out), strongest)]
}

// spokenFor returns the rule under which the learned part speaks for a clause, or
// for none.
func spokenFor(clause aup.ClauseID) *rule {
	r := &rule{Clause: clause, Group: modelGroup, Reason: "has words that reports of this kind use"}
	if clause == aup.None {
		r.Reason = "has words of mail that reports no violation"
	}
	return r
}

func (s share) span(r *rule) aup.Span {
	from, to := s.z.folded.original(s.start, s.end)
	return aup.Span{
		Part: s.z.part, Start: s.z.base + from, End: s.z.base + to, Text: s.z.raw[from:to],
		Reason: r.Reason, Weight: round(s.value), Rule: modelGroup,
	}
}

// damp is the value of each of n features, so that long texts do not shout, and
// that a single word does not either.
func damp(n int) float64 { return 1 / math.Sqrt(float64(n+lone)) }

// lone is how many features a text of a single word lacks to be weighed as others are.
const lone = 10
