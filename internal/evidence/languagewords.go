package evidence

import (
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A commonWord is a word that one language or several are full of.
type commonWord struct {
	id        int   // of the word among all of them, from 0
	languages []int // indexes of commonLanguages
}

var (
	commonLanguages = slices.Sorted(maps.Keys(common))
	commonWords     = byWord(commonLanguages, common)
)

func byWord(languages []string, words map[string][]string) map[string]commonWord {
	all := make(map[string]commonWord)
	for i, l := range languages {
		for _, w := range words[l] {
			c, known := all[w]
			if !known {
				c.id = len(all)
			}
			c.languages = append(c.languages, i)
			all[w] = c
		}
	}
	return all
}

// longestCommon is more than any of commonWords is long in ASCII.
const longestCommon = 31

// commonShapes holds a bit for each length that those of commonWords in ASCII
// have that begin and end with these letters.
var commonShapes = func() (shapes [32][32]uint32) {
	for w := range commonWords {
		if isASCII(w) {
			shapes[w[0]&31][w[len(w)-1]&31] |= 1 << len(w)
		}
	}
	return shapes
}()

// findCommon returns the common word that w is in any case, the zero commonWord
// for any other. w has letters alone; ascii says that they are all in ASCII.
func findCommon(w string, ascii bool) (c commonWord) {
	if ascii && (len(w) > longestCommon || commonShapes[w[0]&31][w[len(w)-1]&31]>>len(w)&1 == 0) {
		return c
	}
	c, _ = lookUp(commonWords, w)
	return c
}

// byWords tells the language by its common words: a sixth of the text, and
// clearly more than any other language has; or of the prose alone, when that is
// a sentence, a sixth and three times as much, of a longer text a twelfth. known
// reports whether there is any such word.
func byWords(s string) (language string, known bool) {
	const sentence, longer = 9 * wordParts, 30 * wordParts
	all, prose := newWordTally(), newWordTally()
	countCommon(s, all, prose)
	best, most, second := all.best()
	if all.of[best].distinct > 1 && most*6 >= all.words && most*2 >= second*3 {
		return commonLanguages[best], true
	}
	known = most > 0
	best, most, second = prose.best()
	full := prose.words >= sentence && most*6 >= prose.words || prose.words >= longer && most*12 >= prose.words
	if prose.of[best].distinct > 1 && full && most >= second*3 {
		return commonLanguages[best], true
	}
	return "", known
}

// countCommon counts the words of s in all, and in prose those of a stretch
// without white space that is of words alone: no name of a host or file, no URL,
// nothing encoded.
func countCommon(s string, all, prose *wordTally) {
	const longest = 40 // bytes
	words := make([]commonWord, 0, 8)
	at, mark, marked := 0, false, false // of the stretch; marked by one that is not its last byte
	end := func(i int) {
		if !marked && i-at <= longest {
			prose.add(words...)
		}
		all.add(words...)
	}
	for i := 0; i < len(s); {
		if n, ascii := letters(s[i:]); n > 0 {
			words = append(words, findCommon(s[i:i+n], ascii))
			i += n
			mark, marked = false, marked || mark
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			end(i)
			at, words, mark, marked = i+n, words[:0], false, false
		} else {
			mark, marked = r < utf8.RuneSelf && tokenMarks[r], marked || mark
		}
		i += n
	}
	end(len(s))
}

// tokenMarks are what stands within a stretch that is no prose.
var tokenMarks = [utf8.RuneSelf]bool{'.': true, ':': true, '/': true, '@': true, '=': true, '_': true}

// letters returns the length of the letters and marks that s begins with, and
// whether they are all in ASCII.
func letters(s string) (n int, ascii bool) {
	ascii = true
	for n < len(s) {
		if c := s[n] | 0x20; 'a' <= c && c <= 'z' {
			n++
			continue
		}
		size := letterWidth(s[n:])
		if size == 0 {
			break
		}
		n, ascii = n+size, false
	}
	return n, ascii
}

// letterWidth returns the length of the letter or mark outside of ASCII that s
// begins with, 0 when it begins with something else.
func letterWidth(s string) int {
	if s[0] < utf8.RuneSelf {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(r) && !unicode.IsMark(r) {
		return 0
	}
	return n
}

// wordParts is what a word counts, shared among the languages that have it.
const wordParts = 12

// A wordTally counts words by language, at the same index as commonLanguages.
type wordTally struct {
	words int // in parts
	of    []languageTally
	seen  []bool // by the id of a commonWord
}

// A languageTally counts the words of one language.
type languageTally struct{ score, distinct int }

func newWordTally() *wordTally {
	return &wordTally{of: make([]languageTally, len(commonLanguages)), seen: make([]bool, len(commonWords))}
}

// add counts words; the zero commonWord is one that no language is full of.
func (t *wordTally) add(words ...commonWord) {
	t.words += wordParts * len(words)
	for _, c := range words {
		for _, l := range c.languages {
			t.of[l].score += wordParts / len(c.languages)
			if !t.seen[c.id] {
				t.of[l].distinct++
			}
		}
		if len(c.languages) > 0 {
			t.seen[c.id] = true
		}
	}
}

// best returns the language with the highest score, that score and the next.
func (t *wordTally) best() (language, most, second int) {
	for l, n := range t.of {
		switch {
		case n.score > most:
			language, most, second = l, n.score, most
		case n.score > second:
			second = n.score
		}
	}
	return language, most, second
}
