package classify

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// A feature is something of a zone that the learned part has weights for: a
// word, two words in a row, the beginning of a word, two characters of a script
// without spaces, a concept or what the text has beside words. Its name is a
// readable string:
//
//	refund          a word
//	full refund     two words
//	refu~, refund~  the beginnings of a longer word, the same in many inflections
//	退款             two characters
//	#phishing       a concept of the vocabulary; #?phishing in a question,
//	                #!phishing where it is denied
//	#minor #posing  two concepts in one sentence
//	@clock          what a reporter's text has beside words: see shapes
//
// In messages that are passed on, it begins with "o:".
type feature struct {
	kind       kind
	start, end int // in the folded text
	// What it is made of: two concepts' numbers, or a concept's and nothing; the
	// number of a shape; where a beginning ends; where the first of two words ends
	// and the second one begins.
	one, two int
}

type kind int

const (
	aWord kind = iota
	twoWords
	aBeginning
	aConcept
	askedConcept
	deniedConcept
	twoConcepts
	aShape
)

// prefixes tell the features of a zone's groups apart by whose words they are.
var prefixes = [groups]string{"", "o:"}

// marks stand before the name of a concept.
var marks = [...]string{aConcept: "#", askedConcept: "#?", deniedConcept: "#!"}

// appendName appends the name of a feature of z in group g.
func (z *zone) appendName(b []byte, v *vocabulary, g int, f feature) []byte {
	t := z.folded.text
	b = append(b, prefixes[g]...)
	switch f.kind {
	case aShape:
		return append(b, shapeNames[f.one]...)
	case aConcept, askedConcept, deniedConcept:
		return append(append(b, marks[f.kind]...), v.concepts[f.one]...)
	case twoConcepts:
		one, two := v.concepts[f.one], v.concepts[f.two]
		b = append(append(b, marks[aConcept]...), min(one, two)...)
		return append(append(append(b, ' '), marks[aConcept]...), max(one, two)...)
	case twoWords:
		return append(append(append(b, t[f.start:f.one]...), ' '), t[f.two:f.end]...)
	case aBeginning:
		return append(append(b, t[f.start:f.one]...), '~')
	}
	return append(b, t[f.start:f.end]...)
}

// addNames adds the names of the zone's features in group g to a set.
func (z *zone) addNames(v *vocabulary, g int, set map[string]bool) {
	var b []byte
	z.features(g, func(f feature) {
		b = z.appendName(b[:0], v, g, f)
		set[string(b)] = true
	})
}

// features calls yield with each feature of the zone in group g, repeated ones
// too.
func (z *zone) features(g int, yield func(feature)) {
	if z.where == headers {
		return
	}
	for _, h := range z.hits {
		k := aConcept
		switch {
		case h.denied:
			k = deniedConcept
		case h.asked:
			k = askedConcept
		}
		yield(feature{k, h.start, h.end, h.concept, 0})
	}
	z.pairs(yield)
	if t := z.folded.text; g == 0 {
		shapes(t[:min(len(t), maxShaped)], yield)
	}
	z.words(yield)
}

const (
	maxWords = 600 // of a zone that are looked at: the beginning says what it is about
	maxWord  = 40  // bytes; longer ones are addresses and codes
)

// words calls yield with the features of the zone's words, in their order.
func (z *zone) words(yield func(feature)) {
	t := z.folded.text
	lastStart, lastEnd := -1, -1
	for i, words := 0, 0; i < len(t) && words < maxWords; {
		r, size := utf8.DecodeRuneInString(t[i:])
		switch {
		case !word(r):
			if r != ' ' && r != '\n' {
				lastEnd = -1
			}
			i += size
			continue
		case spaceless(r):
			if next, more := utf8.DecodeRuneInString(t[i+size:]); spaceless(next) {
				yield(feature{aWord, i, i + size + more, 0, 0})
				words++
			}
			i += size
			continue
		}
		words++
		start, w := i, wordAt(t, i)
		if i = w.end; !w.tells(t[start:i]) {
			lastEnd = -1
			continue
		}
		yield(feature{aWord, start, i, 0, 0})
		for _, end := range w.stems {
			if 0 < end && end < i {
				yield(feature{aBeginning, start, i, end, 0})
			}
		}
		if lastEnd >= 0 {
			yield(feature{twoWords, lastStart, i, lastEnd, start})
		}
		lastStart, lastEnd = start, i
	}
}

// A written is a word as it is written.
type written struct {
	end     int
	stems   [2]int // where its beginnings end; 0 where it is shorter
	letters int
	digits  bool // and nothing else
}

// How many characters the beginnings of a word have. Hangul writes a syllable as
// one character, and what is inflected stands in the last ones.
var (
	stems       = [2]int{4, 6}
	hangulStems = [2]int{2, 3}
)

// wordAt returns the word that begins at i.
func wordAt(t string, i int) written {
	if w, ok := asciiWordAt(t, i); ok {
		return w
	}
	w := written{digits: true}
	stem := stems
	if r, _ := utf8.DecodeRuneInString(t[i:]); unicode.Is(unicode.Hangul, r) {
		stem = hangulStems
	}
	for i < len(t) {
		r, size := utf8.DecodeRuneInString(t[i:])
		if !word(r) || spaceless(r) {
			break
		}
		w.digits = w.digits && unicode.IsDigit(r)
		i += size
		switch w.letters++; w.letters {
		case stem[0]:
			w.stems[0] = i
		case stem[1]:
			w.stems[1] = i
		}
	}
	w.end = i
	return w
}

// asciiWordAt returns the word that begins at i if all of it is ASCII.
func asciiWordAt(t string, i int) (w written, ok bool) {
	end, highest := i, byte(0)
	for ; end < len(t) && asciiWord[t[end]]; end++ {
		highest = max(highest, t[end])
	}
	if end < len(t) && t[end] >= utf8.RuneSelf {
		return w, false
	}
	w = written{end: end, letters: end - i, digits: highest <= '9'}
	for n, stem := range stems {
		if w.letters >= stem {
			w.stems[n] = i + stem
		}
	}
	return w, true
}

// tells reports whether a word, given as its text too, may say something of what
// a message is about: numbers, codes and the names that only examples have (RFC
// 2606) do not.
func (w *written) tells(text string) bool {
	return len(text) <= maxWord && w.letters > 1 && !w.digits && text != "example"
}

const (
	// mostPaired bounds the concepts of one sentence that are paired with each
	// other: real sentences have fewer.
	mostPaired = 8
	// farthest is how far apart, in bytes, two concepts may be for both to be
	// shown; else the first one is.
	farthest = 80
)

// pairs calls yield with each two concepts that stand in one sentence.
func (z *zone) pairs(yield func(feature)) {
	var in [mostPaired]hit
	for i := 0; i < len(z.hits); {
		k, sentence := 0, z.hits[i].sentence
		for ; i < len(z.hits) && z.hits[i].sentence == sentence; i++ {
			if h := z.hits[i]; k < mostPaired && !h.denied && !h.asked && !slices.ContainsFunc(in[:k], func(o hit) bool { return o.concept == h.concept }) {
				in[k] = h
				k++
			}
		}
		for a := range k {
			for b := a + 1; b < k; b++ {
				start, end := in[a].start, max(in[a].end, in[b].end)
				if end-start > farthest {
					end = in[a].end
				}
				yield(feature{twoConcepts, start, end, in[a].concept, in[b].concept})
			}
		}
	}
}
