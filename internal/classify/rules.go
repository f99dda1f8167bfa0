package classify

import (
	"slices"

	"aupd/internal/aup"
)

// A rule gives a clause log-odds when its concepts stand together.
type rule struct {
	Clause aup.ClauseID `yaml:"clause"`
	// All must be found; of Any at least one, when there are some; of Not none,
	// in the same scope.
	All []string `yaml:"all"`
	Any []string `yaml:"any"`
	Not []string `yaml:"not"`
	// Least is how many different phrases of Any must be found; 1 if 0.
	Least int `yaml:"least"`
	// Scope is sentence (the default), zone or document.
	Scope string `yaml:"scope"`
	// Where limits the rule to zones of these kinds; if empty, to all in which
	// people and programs report.
	Where  []where `yaml:"where"`
	Weight float64 `yaml:"weight"`
	Reason string  `yaml:"reason"`
	// Group names rules that say the same in other words; the reason if empty.
	Group string `yaml:"group"`
	// Asked lets the rule count in questions and suppositions too.
	Asked bool `yaml:"asked"`
	// Fact, in place of concepts, is a fact that the document's machine-made
	// parts state, such as arf/abuse.
	Fact string `yaml:"fact"`

	all, any, not []int
}

func (r *rule) group() string {
	if r.Group != "" {
		return r.Group
	}
	return r.Reason
}

// A firing is a rule that fired, with the text that made it: of what was
// learned, that is looked for only when it is shown.
type firing struct {
	rule    *rule
	weight  float64
	spans   []aup.Span
	opinion *opinion // of the learned part; nil for other rules
	clause  int      // the learned part's
}

// shows reports whether f has text to show.
func (f *firing) shows() bool {
	return len(f.spans) > 0 || f.opinion != nil && f.opinion.speaks(f.clause)
}

// maxSpans is how many spans of one rule are kept: the first ones tell.
const maxSpans = 6

// fire returns the rules that fire, in their order, each once, with the
// strongest weight that a place gives it.
func (v *vocabulary) fire(zones []zone, facts []fact) []firing {
	var out []firing
	present := make([]bool, len(v.concepts))
	for i := range zones {
		for _, h := range zones[i].hits {
			present[h.concept] = true
		}
	}
	there := func(concept int) bool { return present[concept] }
	for i := range v.rules {
		r := &v.rules[i]
		if r.Fact != "" {
			for _, f := range facts {
				if f.name == r.Fact {
					out = append(out, firing{rule: r, weight: r.Weight, spans: []aup.Span{f.span(r)}})
					break
				}
			}
			continue
		}
		if !r.possible(there) {
			continue
		}
		if f, ok := r.fire(zones); ok {
			out = append(out, f)
		}
	}
	return out
}

// possible reports whether r can fire where these concepts are there.
func (r *rule) possible(there func(concept int) bool) bool {
	for _, c := range r.all {
		if !there(c) {
			return false
		}
	}
	return len(r.any) == 0 || slices.ContainsFunc(r.any, there)
}

func (r *rule) fire(zones []zone) (firing, bool) {
	f := firing{rule: r}
	var hits []place
	if r.Scope == "document" {
		for i := range zones {
			if r.in(&zones[i]) {
				hits = r.appendHits(hits, &zones[i], 0, len(zones[i].hits))
			}
		}
		f.take(r, hits)
		return f, len(f.spans) > 0
	}
	for i := range zones {
		z := &zones[i]
		if !r.in(z) {
			continue
		}
		if r.Scope == "zone" {
			hits = r.appendHits(hits[:0], z, 0, len(z.hits))
			f.take(r, hits)
			continue
		}
		for from := 0; from < len(z.hits); {
			to := from + 1
			for to < len(z.hits) && z.hits[to].sentence == z.hits[from].sentence {
				to++
			}
			if r.possible(func(c int) bool {
				return slices.ContainsFunc(z.hits[from:to], func(h hit) bool { return h.concept == c })
			}) {
				hits = r.appendHits(hits[:0], z, from, to)
				f.take(r, hits)
			}
			from = to
		}
	}
	return f, len(f.spans) > 0
}

func (r *rule) in(z *zone) bool {
	if len(r.Where) == 0 {
		return z.where != original && z.where != headers
	}
	if z.where == pasted && (slices.Contains(r.Where, own) || slices.Contains(r.Where, original)) {
		return true
	}
	return slices.Contains(r.Where, z.where)
}

// different returns the first hit of each phrase of r's any concepts.
func (r *rule) different(hits []place) []place {
	var out []place
	for _, h := range hits {
		if !slices.Contains(r.any, h.concept) || h.denied && !r.Asked || h.asked && !r.Asked {
			continue
		}
		if !slices.ContainsFunc(out, func(o place) bool { return o.phrase == h.phrase }) {
			out = append(out, h)
		}
	}
	return out
}

// A place is a hit with its zone.
type place struct {
	*hit
	z *zone
}

// appendHits appends those of a zone's hits, from one up to another, that r asks
// for.
func (r *rule) appendHits(hits []place, z *zone, from, to int) []place {
	for i := from; i < to; i++ {
		if c := z.hits[i].concept; slices.Contains(r.any, c) || slices.Contains(r.all, c) || slices.Contains(r.not, c) {
			hits = append(hits, place{&z.hits[i], z})
		}
	}
	return hits
}

// take adds the spans of hits, when they satisfy r, and keeps the largest
// weight.
func (f *firing) take(r *rule, hits []place) {
	found := func(concept int) (place, bool) {
		for _, h := range hits {
			if h.concept == concept && !h.denied && (r.Asked || !h.asked) {
				return h, true
			}
		}
		return place{}, false
	}
	var used []place
	for _, c := range r.all {
		h, ok := found(c)
		if !ok {
			return
		}
		used = append(used, h)
	}
	different := r.different(hits)
	used = append(used, different...)
	for _, c := range r.not {
		if _, ok := found(c); ok {
			return
		}
	}
	if len(r.any) > 0 && len(different) < max(r.Least, 1) || len(used) == 0 {
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
		if len(f.spans) < maxSpans {
			f.spans = append(f.spans, h.span(r))
		}
	}
	f.weight = larger(f.weight, r.Weight*factor)
}

func larger(a, b float64) float64 {
	if max(a, -a) > max(b, -b) {
		return a
	}
	return b
}

func (h place) span(r *rule) aup.Span {
	start, end := h.z.folded.original(h.start, h.end)
	return aup.Span{
		Part: h.z.part, Start: h.z.base + start, End: h.z.base + end, Text: h.z.raw[start:end], Reason: r.Reason, Rule: r.Group,
	}
}
