package evidence

import (
	"maps"
	"slices"
	"strings"
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

// longestCommon is the length of the longest of commonWords.
var longestCommon = func() (n int) {
	for w := range commonWords {
		n = max(n, len(w))
	}
	return n
}()

// findCommon returns the common word that w is in any case, the zero commonWord
// for any other.
func findCommon(w string) (c commonWord) {
	if len(w) <= longestCommon || !isASCII(w) {
		c, _ = lookUp(commonWords, w)
	}
	return c
}

// byWords tells the language by its common words: a sixth of the text, and
// clearly more than any other language has; or of the prose alone, when that is
// a sentence, a sixth and three times as much, of a longer text a twelfth. known
// reports whether there is any such word.
func byWords(s string) (language string, known bool) {
	const sentence, longer = 9 * wordParts, 30 * wordParts
	all, prose := newWordTally(), newWordTally()
	for token := range strings.FieldsSeq(s) {
		honest := isProse(token)
		for token != "" {
			var w string
			if w, token = cutLetters(token); w == "" {
				continue
			}
			c := findCommon(w)
			all.add(c)
			if honest {
				prose.add(c)
			}
		}
	}
	best, most, second := all.best()
	if all.distinct[best] > 1 && most*6 >= all.words && most*2 >= second*3 {
		return commonLanguages[best], true
	}
	known = most > 0
	best, most, second = prose.best()
	full := prose.words >= sentence && most*6 >= prose.words || prose.words >= longer && most*12 >= prose.words
	if prose.distinct[best] > 1 && full && most >= second*3 {
		return commonLanguages[best], true
	}
	return "", known
}

// isProse reports whether a stretch without white space is of words: no name of
// a host or file, no URL, nothing encoded.
func isProse(token string) bool {
	const longest = 40 // bytes
	for i := range len(token) - 1 {
		switch token[i] {
		case '.', ':', '/', '@', '=', '_':
			return false
		}
	}
	return len(token) <= longest
}

// cutLetters cuts the letters and marks off the front of s; without any, it cuts
// off what is none.
func cutLetters(s string) (word, rest string) {
	n := 0
	for n < len(s) {
		if c := s[n] | 0x20; 'a' <= c && c <= 'z' {
			n++
			continue
		}
		size := letterWidth(s[n:])
		if size == 0 {
			break
		}
		n += size
	}
	if n == 0 {
		return "", s[runeWidth(s):]
	}
	return s[:n], s[n:]
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
	words           int // in parts
	score, distinct []int
	seen            []bool // by the id of a commonWord
}

func newWordTally() *wordTally {
	n := len(commonLanguages)
	return &wordTally{score: make([]int, n), distinct: make([]int, n), seen: make([]bool, len(commonWords))}
}

// add counts a word; the zero commonWord is one that no language is full of.
func (t *wordTally) add(c commonWord) {
	t.words += wordParts
	for _, l := range c.languages {
		t.score[l] += wordParts / len(c.languages)
		if !t.seen[c.id] {
			t.distinct[l]++
		}
	}
	if len(c.languages) > 0 {
		t.seen[c.id] = true
	}
}

// best returns the language with the highest score, that score and the next.
func (t *wordTally) best() (language, most, second int) {
	for l, n := range t.score {
		switch {
		case n > most:
			language, most, second = l, n, most
		case n > second:
			second = n
		}
	}
	return language, most, second
}
