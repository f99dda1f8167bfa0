package classify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A feature is something of a document that the learned part has a weight for:
// a word, two words in a row, the beginning of a word, two characters of a
// script without spaces, or a concept. It is a readable string:
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

// How many characters the beginnings of a word have. Hangul writes a syllable as
// one character, and what is inflected stands in the last ones.
var (
	stems       = [2]int{4, 6}
	hangulStems = [2]int{2, 3}
)

const (
	maxWords = 600 // of a zone that are looked at: the beginning says what it is about
	maxWord  = 40  // bytes; longer ones are addresses and codes
)

// prefixes tell the features of a zone's groups apart by whose words they are.
var prefixes = [groups]string{"", "o:"}

// features calls yield with each feature of the zone in group g and the place in the
// folded text that it was found at, repeated ones too. The bytes are valid
// during the call only.
func (z *zone) features(v *vocabulary, g int, yield func(feature []byte, start, end int)) {
	if z.where == headers {
		return
	}
	buf := append(make([]byte, 0, 128), prefixes[g]...)
	n := len(buf)
	for _, h := range z.hits {
		buf = append(buf[:n], '#')
		switch {
		case h.denied:
			buf = append(buf, '!')
		case h.asked:
			buf = append(buf, '?')
		}
		yield(append(buf, v.concepts[h.concept]...), h.start, h.end)
	}
	z.pairs(v, buf[:n], yield)
	t := z.folded.text
	if g == 0 {
		shapes(t[:min(len(t), maxShaped)], yield)
	}
	lastStart, lastEnd, words := -1, -1, 0
	for i := 0; i < len(t) && words < maxWords; {
		r, size := utf8.DecodeRuneInString(t[i:])
		if !word(r) {
			if r != ' ' && r != '\n' {
				lastEnd = -1
			}
			i += size
			continue
		}
		if spaceless(r) {
			if next, more := utf8.DecodeRuneInString(t[i+size:]); spaceless(next) {
				yield(append(buf[:n], t[i:i+size+more]...), i, i+size+more)
				words++
			}
			i += size
			continue
		}
		start, letters, short, long, digits := i, 0, 0, 0, true
		stem := stems
		if unicode.Is(unicode.Hangul, r) {
			stem = hangulStems
		}
		for i < len(t) {
			r, size := utf8.DecodeRuneInString(t[i:])
			if !word(r) || spaceless(r) {
				break
			}
			i += size
			digits = digits && unicode.IsDigit(r)
			switch letters++; letters {
			case stem[0]:
				short = i
			case stem[1]:
				long = i
			}
		}
		words++
		// Numbers, and the names that only examples have (RFC 2606), say nothing
		// of what other mail is about.
		if i-start > maxWord || letters < 2 || digits || t[start:i] == "example" {
			lastEnd = -1
			continue
		}
		yield(append(buf[:n], t[start:i]...), start, i)
		if letters > stem[0] {
			yield(append(append(buf[:n], t[start:short]...), '~'), start, i)
		}
		if letters > stem[1] {
			yield(append(append(buf[:n], t[start:long]...), '~'), start, i)
		}
		if lastEnd >= 0 {
			buf = append(append(append(buf[:n], t[lastStart:lastEnd]...), ' '), t[start:i]...)
			yield(buf, lastStart, i)
		}
		lastStart, lastEnd = start, i
	}
}

const (
	// mostPaired bounds the concepts of one sentence that are paired with each
	// other: real sentences have fewer.
	mostPaired = 8
	// farthest is how far apart, in bytes, two concepts may be for both to be
	// shown; else the first one is.
	farthest = 80
)

// pairs calls yield with each two concepts that stand in one sentence, in the
// order of their names.
func (z *zone) pairs(v *vocabulary, buf []byte, yield func(feature []byte, start, end int)) {
	var in [mostPaired]hit
	n := len(buf)
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
				one, two := v.concepts[in[a].concept], v.concepts[in[b].concept]
				buf = append(append(append(append(buf[:n], '#'), min(one, two)...), " #"...), max(one, two)...)
				start, end := in[a].start, max(in[a].end, in[b].end)
				if end-start > farthest {
					end = in[a].end
				}
				yield(buf, start, end)
			}
		}
	}
}

// maxShaped bounds how much of a zone is looked at for shapes.
const maxShaped = 4000

// shapes calls yield with what the folded text t has beside words, each once:
// who reports a deed mostly gives an address, a time or a quotation of it, who
// asks or advertises seldom does.
func shapes(t string, yield func(feature []byte, start, end int)) {
	var seen [len(shapeNames)]bool
	see := func(shape, start, end int) {
		if !seen[shape] {
			seen[shape] = true
			yield([]byte(shapeNames[shape]), start, end)
		}
	}
	after := 0 // of the last number
	for i, r := range t {
		switch {
		case 'a' <= r && r <= 'z' || r == ' ' || i < after: // most of a text
		case '0' <= r && r <= '9':
			var shape int
			shape, after = numberAt(t, i)
			see(shape, i, after)
		case r == '@':
			see(mailShape, i, i+1)
		case r == '?' || r == '؟':
			see(questionShape, i, i+utf8.RuneLen(r))
		case strings.ContainsRune("\"“”„«»「」", r):
			see(quotationShape, i, i+utf8.RuneLen(r))
		case unicode.Is(unicode.Sc, r):
			see(amountShape, i, i+utf8.RuneLen(r))
		}
	}
}

const (
	addressShape = iota
	clockShape
	numberShape
	mailShape
	questionShape
	quotationShape
	amountShape
)

var shapeNames = [...]string{"@address", "@clock", "@number", "@mail", "@question", "@quotation", "@amount"}

// numberAt returns the shape of the number that begins at i, and its end: four
// numbers joined by full stops are an address, some joined by colons a time of
// day.
func numberAt(t string, i int) (shape, end int) {
	dots, colons := 0, 0
	digit := func(i int) bool { return i < len(t) && '0' <= t[i] && t[i] <= '9' }
	for end = i; digit(end) || end < len(t) && (t[end] == '.' || t[end] == ':') && digit(end+1); end++ {
		switch t[end] {
		case '.':
			dots++
		case ':':
			colons++
		}
	}
	switch {
	case dots == 3:
		return addressShape, end
	case colons > 0:
		return clockShape, end
	}
	return numberShape, end
}
