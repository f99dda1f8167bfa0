package classify

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
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
		p := &v.phrases[m.Pattern()]
		start, end, ok := p.at(t, m.Start(), m.End())
		if !ok {
			continue
		}
		h := hit{concept: p.concept, phrase: m.Pattern(), start: start, end: end}
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

// at returns where the phrase stands in t when its first piece stands from
// start to end, and whether it does.
func (p *phrase) at(t string, start, end int) (int, int, bool) {
	if !bound(t, start) {
		from := wordStart(t, start)
		if !p.inner && !proclitic(t[from:start]) {
			return 0, 0, false
		}
		start = from
	}
	for _, piece := range p.rest {
		end = wordEnd(t, end)
		if !strings.HasPrefix(t[end:], piece) {
			return 0, 0, false
		}
		end += len(piece)
	}
	if p.stem {
		return start, wordEnd(t, end), true
	}
	return start, end, bound(t, end)
}

func wordStart(t string, i int) int {
	for i > 0 && !bound(t, i) {
		_, n := utf8.DecodeLastRuneInString(t[:i])
		i -= n
	}
	return i
}

func wordEnd(t string, i int) int {
	for i < len(t) && !bound(t, i) {
		_, n := utf8.DecodeRuneInString(t[i:])
		i += n
	}
	return i
}

// proclitic reports whether s is one or more of the particles that Arabic and
// Hebrew write as the beginning of the word behind them: and, the, in, to.
func proclitic(s string) bool {
	return len(s) <= 8 && strings.Trim(s, "وفبلكاس") == "" || len(s) <= 6 && strings.Trim(s, "הובלכמש") == ""
}

// reach is how far a denial reaches, in bytes of folded text: some eight words.
const reach = 60

// deny marks the hits that a denial in front of them, in the same sentence,
// reaches, and those in questions.
func (z *zone) deny(v *vocabulary) {
	no, supposing := v.concept("denial"), v.concept("hypothesis")
	sentence, denied, supposed := -1, -1, false // the end of the last denial in the sentence
	for i := range z.hits {
		h := &z.hits[i]
		if h.sentence != sentence {
			sentence, denied, supposed = h.sentence, -1, false
		}
		switch h.concept {
		case no:
			denied = h.end
			continue
		case supposing:
			supposed = true
			continue
		}
		h.denied = denied >= 0 && denied <= h.start && h.start-denied <= reach && !strings.Contains(z.folded.text[denied:h.start], ":")
		h.asked = supposed || z.where == own && strings.HasSuffix(strings.TrimRight(z.folded.text[:z.ends[h.sentence]], " \n\")"), "?")
	}
}
