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

// bytesPerHit is about how many bytes of a text have one hit.
const bytesPerHit = 20

// match finds every concept in each of the zones.
func (v *vocabulary) match(zones []zone) {
	last := make([]int, len(v.concepts)) // the end of the last hit of each concept
	for i := range zones {
		clear(last)
		zones[i].match(v, last)
	}
}

// match finds every concept in the zone.
func (z *zone) match(v *vocabulary, last []int) {
	t := z.folded.text
	z.hits = make([]hit, 0, len(t)/bytesPerHit+1)
	here := make([]hit, 0, 16) // those that begin together
	v.index.each(t, func(phrase, at int) {
		h, ok := v.hit(phrase, t, at)
		if !ok {
			return
		}
		if len(here) > 0 && here[0].start < h.start {
			z.keep(v, here, last)
			here = here[:0]
		}
		here = append(here, h)
	})
	z.keep(v, here, last)
	z.number()
	z.deny(v)
}

// keep adds those of some hits that begin together: of phrases of one concept that
// overlap, the longest stays.
func (z *zone) keep(v *vocabulary, hits []hit, last []int) {
	slices.SortFunc(hits, func(a, b hit) int {
		if a.end != b.end {
			return b.end - a.end
		}
		return cmp.Or(len(v.phrases[a.phrase].text)-len(v.phrases[b.phrase].text), a.phrase-b.phrase)
	})
	for _, h := range hits {
		if h.start >= last[h.concept] {
			last[h.concept] = h.end
			z.hits = append(z.hits, h)
		}
	}
}

// number says which sentence each hit begins in.
func (z *zone) number() {
	sentence := 0
	for i := range z.hits {
		for z.ends[sentence] <= z.hits[i].start {
			sentence++
		}
		z.hits[i].sentence = sentence
	}
}

// hit returns the hit of a phrase whose first piece stands at offset i of t, and
// whether it is one. Further on in t none begins earlier.
func (v *vocabulary) hit(n int, t string, i int) (hit, bool) {
	p := &v.phrases[n]
	start, whole := begin(t, i)
	if !whole {
		if !p.inner {
			return hit{}, false
		}
		start = wordStart(t, i, longestWord)
	}
	end, ok := p.end(t, i+len(p.text))
	return hit{concept: p.concept, phrase: n, start: start, end: end}, ok
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
	start = wordStart(t, i, longestProclitic+1) // what is longer is none
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

func wordStart(t string, i, most int) int {
	for least := i - most; i > max(least, 0) && !bound(t, i); {
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

// longestProclitic bounds the particles before a word, in bytes.
const longestProclitic = 8

// proclitic reports whether s is one or more of the particles that Arabic and
// Hebrew write as the beginning of the word behind them: and, the, in, to.
func proclitic(s string) bool {
	return len(s) <= longestProclitic && strings.Trim(s, "وفبلكاس") == "" || len(s) <= 6 && strings.Trim(s, "הובלכמש") == ""
}
