package classify

import (
	"slices"

	"aupd/internal/aup"
)

// A firing is a rule that fired, and what made it: its text is put together only
// when it is shown.
type firing struct {
	rule    *rule
	answer  int // the number of the answer that it speaks for, -1 for none
	weight  float64
	share   float64  // of the weight that counts for its clause; of rules only
	places  []place  // of a rule of concepts
	fact    *fact    // of a rule of facts
	opinion *opinion // of the learned part
	clause  int      // the learned part's
}

// maxSpans is how many places of one rule are kept: the first ones tell.
const maxSpans = 6

// A place is a hit with its zone.
type place struct {
	*hit
	z *zone
}

// shows reports whether f has text to show.
func (f *firing) shows() bool {
	return len(f.places) > 0 || f.fact != nil || f.opinion != nil && f.opinion.speaks(f.clause)
}

// take adds the places of hits, when they satisfy f's rule, and keeps the largest
// weight.
func (f *firing) take(hits []place) {
	r := f.rule
	found := func(concept int) (place, bool) {
		for _, h := range hits {
			if h.concept == concept && !h.denied && (r.Asked || !h.asked) {
				return h, true
			}
		}
		return place{}, false
	}
	used := make([]place, 0, 2*maxSpans)
	for _, c := range r.all {
		h, ok := found(c)
		if !ok {
			return
		}
		used = append(used, h)
	}
	used = r.appendDifferent(used, hits)
	for _, c := range r.not {
		if _, ok := found(c); ok {
			return
		}
	}
	if len(r.Any) > 0 && len(used)-len(r.all) < max(r.Least, 1) || len(used) == 0 {
		return
	}
	factor := 1.0
	for _, h := range used {
		w := h.z.factor
		if h.z.subject && h.z.where == own {
			w = 1.15 // a subject names what the report is about
		}
		factor = min(factor, w)
		if len(used) == 1 {
			factor = w
		}
	}
	f.places = append(f.places, used[:min(len(used), maxSpans-len(f.places))]...)
	f.weight = larger(f.weight, r.Weight*factor)
}

// appendDifferent appends the first hit of each phrase of r's any concepts.
func (r *rule) appendDifferent(out, hits []place) []place {
	from := len(out)
	for _, h := range hits {
		if !r.some.has(h.concept) || h.denied && !r.Asked || h.asked && !r.Asked {
			continue
		}
		if !slices.ContainsFunc(out[from:], func(o place) bool { return o.phrase == h.phrase }) {
			out = append(out, h)
		}
	}
	return out
}

func larger(a, b float64) float64 {
	if max(a, -a) > max(b, -b) {
		return a
	}
	return b
}

// mostSpans returns how many spans f has at most.
func (f *firing) mostSpans() int {
	if f.opinion != nil {
		return strongest
	}
	return max(len(f.places), 1)
}

// appendSpans appends the text that made f, each span with its part of what f
// counts.
func (f *firing) appendSpans(out []aup.Span) []aup.Span {
	if f.opinion != nil {
		return f.opinion.appendSpans(out, f.clause, f.rule)
	}
	from := len(out)
	if f.fact != nil {
		out = append(out, f.fact.span(f.rule))
	}
	for _, p := range f.places {
		out = append(out, p.span(f.rule))
	}
	made := out[from:]
	for i := range made {
		made[i].Weight = round(f.weight * f.share * ruled / float64(len(made)))
	}
	return out
}

func (h place) span(r *rule) aup.Span {
	start, end := h.z.folded.original(h.start, h.end)
	return aup.Span{
		Part: h.z.part, Start: h.z.base + start, End: h.z.base + end, Text: h.z.raw[start:end], Reason: r.Reason, Rule: r.Group,
	}
}
