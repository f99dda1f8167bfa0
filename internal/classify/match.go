package classify

import (
	"slices"
	"sort"
	"strings"
)

// A hit is a phrase of a concept found in a zone.
type hit struct {
	concept    int
	phrase     int
	start, end int // in the folded text
	sentence   int
	denied     bool // "no malware was found"
	asked      bool // in a question, or in what would be if
}

// match finds every concept in the zone.
func (z *zone) match(v *vocabulary) {
	t := z.folded.text
	for it := v.automaton.IterOverlapping(t); ; {
		m := it.Next()
		if m == nil {
			break
		}
		p := v.phrases[m.Pattern()]
		if !bound(t, m.Start()) || !p.stem && !bound(t, m.End()) {
			continue
		}
		end := m.End()
		for p.stem && end < len(t) && !bound(t, end) {
			end++
		}
		h := hit{concept: p.concept, phrase: m.Pattern(), start: m.Start(), end: end}
		h.sentence = sort.SearchInts(z.ends, h.start+1)
		z.hits = append(z.hits, h)
	}
	// Of phrases of one concept that overlap, the longest stays.
	slices.SortStableFunc(z.hits, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	kept := z.hits[:0]
	last := make(map[int]int)
	for _, h := range z.hits {
		if end, ok := last[h.concept]; ok && h.start < end {
			continue
		}
		last[h.concept] = h.end
		kept = append(kept, h)
	}
	z.hits = kept
	z.deny(v)
}

// reach is how far a denial reaches, in bytes of folded text: some eight words.
const reach = 60

// deny marks the hits that a denial in front of them, in the same sentence,
// reaches, and those in questions.
func (z *zone) deny(v *vocabulary) {
	no, if_ := v.concept("denial"), v.concept("hypothesis")
	for i := range z.hits {
		h := &z.hits[i]
		if h.concept == no || h.concept == if_ {
			continue
		}
		for _, d := range z.hits {
			if d.sentence != h.sentence {
				continue
			}
			if d.concept == no && d.end <= h.start && h.start-d.end <= reach && !strings.ContainsAny(z.folded.text[d.end:h.start], ":") {
				h.denied = true
			}
			if d.concept == if_ && d.start < h.start {
				h.asked = true
			}
		}
		if end := z.ends[h.sentence]; z.where == own && end > 0 && strings.HasSuffix(strings.TrimRight(z.folded.text[:end], " \n\")"), "?") {
			h.asked = true
		}
	}
}
