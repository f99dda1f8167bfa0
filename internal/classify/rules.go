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
	// Passing lets the rule count only where a message is passed on with few words.
	Passing bool `yaml:"passing"`
	// Fact, in place of concepts, is a fact that the document's machine-made
	// parts state, such as arf/abuse.
	Fact string `yaml:"fact"`

	all, not []int // numbers of concepts
	// needs are those of all, some those of any, and asks all that it looks for.
	needs, some, asks set
}

func (r *rule) group() string {
	if r.Group != "" {
		return r.Group
	}
	return r.Reason
}

// usualFirings is how much fires for a report, with the learned part.
const usualFirings = 48

// fire returns the rules that fire, in their order, each once, with the
// strongest weight that a place gives it.
func (v *vocabulary) fire(zones []zone, facts []fact) []firing {
	out := make([]firing, 0, usualFirings)
	present := newSet(len(v.concepts))
	for i := range zones {
		zones[i].gather(v)
		present.join(zones[i].present)
	}
	passing := passesOn(zones)
	for i := range v.rules {
		r := &v.rules[i]
		if r.Fact != "" {
			if n := slices.IndexFunc(facts, func(f fact) bool { return f.name == r.Fact }); n >= 0 {
				out = append(out, firing{rule: r, weight: r.Weight, fact: &facts[n]})
			}
			continue
		}
		if !r.possible(present) || r.Passing && !passing {
			continue
		}
		if f := r.fire(zones); f.shows() {
			out = append(out, f)
		}
	}
	return out
}

// fewWords is how long, in bytes, a reporter's text is at most that leaves it to the
// message below to say what it is about.
const fewWords = 500

// passesOn reports whether a message is passed on with few words of one's own.
func passesOn(zones []zone) bool {
	words, passed := 0, false
	for i := range zones {
		switch z := &zones[i]; z.where {
		case own:
			words += len(z.folded.text)
		case original, pasted, quoted:
			passed = true
		}
	}
	return passed && words <= fewWords
}

// A sentence is the hits of one of a zone's, as far as it has any.
type sentence struct {
	from, to int // of the zone's hits
	present  set // their concepts
}

// gather says which concepts are in the zone, and in each of its sentences.
func (z *zone) gather(v *vocabulary) {
	n := 0 // sentences with hits
	for i := range z.hits {
		if i == 0 || z.hits[i].sentence != z.hits[i-1].sentence {
			n++
		}
	}
	sets := newSets(n+1, len(v.concepts))
	z.present, z.sentences = sets[n], make([]sentence, 0, n)
	for from, to := 0, 0; from < len(z.hits); from = to {
		s := sentence{from: from, present: sets[len(z.sentences)]}
		for ; to < len(z.hits) && z.hits[to].sentence == z.hits[from].sentence; to++ {
			s.present.add(z.hits[to].concept)
		}
		s.to = to
		z.sentences = append(z.sentences, s)
		z.present.join(s.present)
	}
}

// possible reports whether r can fire where these concepts are present.
func (r *rule) possible(present set) bool {
	return present.holds(r.needs) && (len(r.Any) == 0 || present.meets(r.some))
}

// fire returns r with the places that make it fire, none if it does not.
func (r *rule) fire(zones []zone) firing {
	f := firing{rule: r}
	hits := make([]place, 0, 32) // more than most have
	for i := range zones {
		z := &zones[i]
		switch {
		case !z.present.meets(r.asks) || !r.in(z):
		case r.Scope == "document":
			hits = r.appendHits(hits, z, 0, len(z.hits))
		case !r.possible(z.present):
		case r.Scope == "zone":
			hits = r.appendHits(hits[:0], z, 0, len(z.hits))
			f.take(hits)
		default:
			for _, s := range z.sentences {
				if r.possible(s.present) {
					hits = r.appendHits(hits[:0], z, s.from, s.to)
					f.take(hits)
				}
			}
		}
	}
	if r.Scope == "document" {
		f.take(hits)
	}
	return f
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

// appendHits appends those of a zone's hits, from one up to another, that r asks
// for.
func (r *rule) appendHits(hits []place, z *zone, from, to int) []place {
	for i := from; i < to; i++ {
		if r.asks.has(z.hits[i].concept) {
			hits = append(hits, place{&z.hits[i], z})
		}
	}
	return hits
}
