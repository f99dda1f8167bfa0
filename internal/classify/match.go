package classify

import (
	"cmp"
	"slices"
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
	v.automaton.each(t, func(head, at, end int) { z.candidates(v, &v.heads[head], at, end) })
	// Of phrases of one concept that overlap, the longest stays.
	slices.SortFunc(z.hits, func(a, b hit) int {
		return cmp.Or(a.start-b.start, b.end-a.end, len(v.phrases[a.phrase].text)-len(v.phrases[b.phrase].text), a.phrase-b.phrase)
	})
	kept, sentence := z.hits[:0], 0
	last := make([]int, len(v.concepts)) // the end of the last hit of each concept
	for _, h := range z.hits {
		if h.start < last[h.concept] {
			continue
		}
		last[h.concept] = h.end
		for z.ends[sentence] <= h.start {
			sentence++
		}
		h.sentence = sentence
		kept = append(kept, h)
	}
	z.hits = kept
	z.deny(v)
}

// candidates adds the phrases of a head that stand where it was found.
func (z *zone) candidates(v *vocabulary, h *head, from, to int) {
	t := z.folded.text
	start, whole := begin(t, from)
	if !whole && !h.inner {
		return
	}
	for _, c := range h.phrases {
		if c.next != 0 && (to == len(t) || c.next != t[to]) {
			continue
		}
		p := &v.phrases[c.phrase]
		if !whole && !p.inner || !strings.HasPrefix(t[to:], p.tail()) {
			continue
		}
		if end, ok := p.end(t, from+len(p.text)); ok {
			if !whole {
				start = wordStart(t, from)
			}
			z.hits = append(z.hits, hit{concept: p.concept, phrase: int(c.phrase), start: start, end: end})
		}
	}
}

// begin returns where the word begins that has a phrase's beginning at offset i
// of t, if the phrase may stand there: it is the word's beginning too, but for
// what is written together with it.
func begin(t string, i int) (start int, whole bool) {
	if bound(t, i) {
		return i, true
	}
	if t[i] < utf8.RuneSelf { // no script that writes particles together with words
		return i, false
	}
	start = wordStart(t, i)
	return start, proclitic(t[start:i])
}

// end returns where the phrase ends in t when its first piece ends at offset i,
// and whether it stands there.
func (p *phrase) end(t string, i int) (int, bool) {
	for _, piece := range p.rest {
		i = wordEnd(t, i)
		if !strings.HasPrefix(t[i:], piece) {
			return 0, false
		}
		i += len(piece)
	}
	if p.stem {
		return wordEnd(t, i), true
	}
	return i, bound(t, i)
}

// longestWord bounds how far the edge of a word is looked for, in bytes: what is
// longer is no word.
const longestWord = 64

func wordStart(t string, i int) int {
	for least := i - longestWord; i > max(least, 0) && !bound(t, i); {
		_, n := utf8.DecodeLastRuneInString(t[:i])
		i -= n
	}
	return i
}

func wordEnd(t string, i int) int {
	for most := i + longestWord; i < min(most, len(t)) && !bound(t, i); {
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
