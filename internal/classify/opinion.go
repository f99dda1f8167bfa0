package classify

import (
	"cmp"
	"math"
	"slices"

	"aupd/internal/aup"
)

// groups are the kinds of zone whose features are weighed apart, so that a long
// original does not drown what the reporter says of it.
const groups = 2

// in reports whether the zone's features are of a group. Of what may be the
// reporter's own words or what they pass on, they are of both.
func (z *zone) in(group int) bool {
	switch z.where {
	case original:
		return group == 1
	case pasted:
		return true
	}
	return group == 0
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

// A sighting is where a feature was first seen: in which zone, and where in its
// folded text. There are hundreds in a message, so they are kept small.
type sighting struct {
	feature, zone, start, end int32
}

// bytesPerSighting is about how many bytes of a text have one feature that l knows.
const bytesPerSighting = 4

// sightings returns the features of group g that l knows and that are not in seen,
// each once, as they come. It adds them to seen.
func (l *learned) sightings(v *vocabulary, zones []zone, g int, seen set) []sighting {
	most := 0
	for i := range zones {
		if z := &zones[i]; z.in(g) {
			most += min(len(z.folded.text)/bytesPerSighting, maxWords)
		}
	}
	out := make([]sighting, 0, most)
	for i := range zones {
		z := &zones[i]
		if !z.in(g) {
			continue
		}
		z.features(g, func(f feature) {
			if n, ok := l.find(v, z, g, f); ok && seen.add(int(n)) {
				out = append(out, sighting{n, int32(i), int32(f.start), int32(f.end)})
			}
		})
	}
	return out
}

// An opinion is what the learned part says of a document.
type opinion struct {
	learned *learned
	zones   []zone
	seen    [groups][]sighting
	scale   [groups]float64
	weights []float64 // of each of its clauses
}

// speaks reports whether anything speaks for one of its clauses.
func (o *opinion) speaks(clause int) bool {
	return slices.ContainsFunc(o.seen[:], func(seen []sighting) bool {
		return slices.ContainsFunc(seen, func(s sighting) bool { return o.learned.weight(s.feature, clause) > 0 })
	})
}

// judge returns what the learned part gives each clause.
func (l *learned) judge(v *vocabulary, zones []zone) *opinion {
	o := &opinion{learned: l, zones: zones, weights: make([]float64, len(l.clauses))}
	var found [groups]int
	seen := newSet(l.features.len())
	for g := range groups {
		o.seen[g] = l.sightings(v, zones, g, seen)
		found[g] = len(o.seen[g])
	}
	o.scale = scales(found)
	sum := o.weights
	for g, seen := range o.seen {
		scale := o.scale[g] / 100 // of hundredths
		for _, s := range seen {
			weights := l.of(s.feature)
			sum = sum[:len(weights)]
			for c, w := range weights {
				sum[c] += float64(scale * float64(w)) // rounded, as not all processors do unasked
			}
		}
	}
	return o
}

// scales returns what each feature of a group counts, by how many of each group
// were found.
func scales(found [groups]int) (of [groups]float64) {
	for g, n := range found {
		of[g] = damp(n) * trust[g]
	}
	if found[1] > 0 && found[0] < few {
		of[0] *= passing
	}
	return of
}

// A share is what one feature gives a clause.
type share struct {
	sighting
	value float64
}

// appendSpans appends the words that give one of the learned part's clauses most,
// strongest first, with r's reason.
func (o *opinion) appendSpans(out []aup.Span, clause int, r *rule) []aup.Span {
	best := make([]share, 0, kept)
	for g := range groups {
		for _, s := range o.seen[g] {
			if w := o.learned.weight(s.feature, clause); w > 0 {
				best = keep(best, share{s, o.scale[g] * w.value()})
			}
		}
	}
	for _, s := range places(best) {
		out = append(out, s.span(&o.zones[s.zone], r))
	}
	return out
}

// keep puts s among the strongest shares, strongest first.
func keep(best []share, s share) []share {
	if len(best) == kept && s.value <= best[kept-1].value {
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

// places makes of shares, strongest first, their strongest places, strongest
// first: what overlaps a stronger one is counted there.
func places(shares []share) []share {
	out := shares[:0]
	for _, s := range shares {
		i := slices.IndexFunc(out, func(o share) bool { return o.zone == s.zone && s.start < o.end && o.start < s.end })
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

func (s share) span(z *zone, r *rule) aup.Span {
	from, to := z.folded.original(int(s.start), int(s.end))
	return aup.Span{
		Part: z.part, Start: z.base + from, End: z.base + to, Text: z.raw[from:to],
		Reason: r.Reason, Weight: round(s.value), Rule: modelGroup,
	}
}

// damp is the value of each of n features, so that long texts do not shout, and
// that a single word does not either.
func damp(n int) float64 { return 1 / math.Sqrt(float64(n+lone)) }

// lone is how many features a text of a single word lacks to be weighed as others are.
const lone = 10
