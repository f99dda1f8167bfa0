package evidence

import (
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
)

// alternative marks the parts of a multipart/alternative that say again what
// another one says. from holds the index in doc.Parts at which the parts of
// each child begin, and the end. The plain text is what counts, unless it is
// empty, a mere placeholder, or says something else than the HTML: then both
// are read, as a reader may see either.
func (b *builder) alternative(message int, from []int) {
	plain := b.mainText(message, from, aup.PartText)
	page := b.mainText(message, from, aup.PartHTML)
	best := plain
	if plain < 0 || page >= 0 && placeholder(b.doc.Parts[plain].Text, b.visible(page)) {
		best = page
	}
	if best < 0 {
		return
	}
	for i := from[0]; i < len(b.doc.Parts); i++ {
		p := &b.doc.Parts[i]
		if i == best || p.Message != message || p.Kind != aup.PartText && p.Kind != aup.PartHTML {
			continue
		}
		p.Alternative = i == plain || !differs(b.doc.Parts[best].Text, b.visible(i))
	}
}

// mainText returns the index of the first part of this kind, -1 without one.
func (b *builder) mainText(message int, from []int, kind aup.PartKind) int {
	for i := from[0]; i < from[len(from)-1]; i++ {
		if p := &b.doc.Parts[i]; p.Message == message && p.Kind == kind && strings.TrimSpace(p.Text) != "" {
			return i
		}
	}
	return -1
}

// visible returns the text of a part without what is hidden.
func (b *builder) visible(i int) string {
	p := &b.doc.Parts[i]
	if len(p.Hidden) == 0 {
		return p.Text
	}
	var out strings.Builder
	pos := 0
	for _, h := range p.Hidden {
		out.WriteString(p.Text[pos:h.Start])
		pos = h.End
	}
	out.WriteString(p.Text[pos:])
	return out.String()
}

// placeholder reports whether plain only says that there is HTML to be read.
func placeholder(plain, page string) bool {
	const longest = 600
	if len(plain) > longest || len(page) < len(plain) {
		return false
	}
	lower := strings.ToLower(plain)
	if !strings.Contains(lower, "html") {
		return len(distinctWords(plain)) == 0
	}
	for _, word := range [...]string{"view", "client", "reader", "display", "browser", "support"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// differs reports whether other says much that text does not.
func differs(text, other string) bool {
	const least = 12 // words: a footer or a button is not another message
	if strayWords(text, other, least) <= least {
		return false
	}
	words := distinctWords(text)
	missing, total := 0, 0
	for word := range distinctWords(other) {
		total++
		if !words[word] {
			missing++
		}
	}
	return missing > least && missing*2 > total
}

// strayWords counts the words of other that do not follow each other as they do
// in text; it may stop above most. The two forms of a message mostly have the
// same words in the same order, and need no sets of words to be told alike.
func strayWords(text, other string, most int) int {
	const reach = 8 // words of text that other may leave out
	text, other = text[:min(len(text), wordSample)], other[:min(len(other), wordSample)]
	stray := 0
	for other != "" && stray <= most {
		same := sameWords(text, other)
		text, other = text[same:], other[same:]
		var word string
		if word, other = nextWord(other); word == "" {
			break
		}
		rest, found := text, false
		for range reach {
			var w string
			if w, rest = nextWord(rest); w == word {
				text, found = rest, true
				break
			}
		}
		if !found {
			stray++
		}
	}
	return stray
}

// sameWords returns how many bytes a and b begin with are the same, up to a
// character in ASCII that ends a word.
func sameWords(a, b string) int {
	same := 0
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] < utf8.RuneSelf && !inWord[a[i]] {
			same = i + 1
		}
	}
	return same
}

// nextWord cuts the first word off s; it is empty when there is none.
func nextWord(s string) (word, rest string) {
	at := 0
	for at < len(s) && !inWord[s[at]] {
		n, in := wordRune(s[at:])
		if in {
			break
		}
		at += n
	}
	end := at
	for end < len(s) {
		if inWord[s[end]] {
			end++
			continue
		}
		n, in := wordRune(s[end:])
		if !in {
			break
		}
		end += n
	}
	return s[at:end], s[end:]
}

// inWord holds the ASCII characters that words consist of.
var inWord = func() (in [256]bool) {
	for c := range utf8.RuneSelf {
		in[c] = !notWord(rune(c))
	}
	return in
}()

// wordRune returns the length of the character that s begins with, and whether
// it is of a word.
func wordRune(s string) (n int, in bool) {
	r, n := utf8.DecodeRuneInString(s)
	return n, !notWord(r)
}

// wordSample is how much of a text is looked at for its words.
const wordSample = 20 << 10

// distinctWords returns the words of the beginning of text, in lower case.
func distinctWords(text string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text[:min(len(text), wordSample)]), notWord) {
		words[word] = true
	}
	return words
}

// notWord reports whether r separates words. Marks that plain versions of HTML
// add around text count as separators.
func notWord(r rune) bool {
	return r <= '/' || r >= ':' && r <= '@' || r >= '[' && r <= '`' || r >= '{' && r <= 0xbf || r >= 0x2000 && r <= 0x206f
}
