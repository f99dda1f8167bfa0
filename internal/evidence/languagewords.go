package evidence

import (
	"iter"
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

// longestCommon is more than the longest of the common words, in bytes, however
// its letters are written.
const longestCommon = 64

// findCommon returns what is known of a word in any case.
func findCommon(word string) (commonWord, bool) {
	if len(word) > longestCommon {
		return commonWord{}, false
	}
	if !isASCII(word) {
		c, ok := commonWords[strings.ToLower(word)]
		return c, ok
	}
	var low [longestCommon]byte
	for i := range len(word) {
		low[i] = lowerASCII(word[i])
	}
	c, ok := commonWords[string(low[:len(word)])]
	return c, ok
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// byWords tells the language by its common words: at least two different ones,
// a sixth of the text, and clearly more than any other language has; of a text
// that is no mere phrase a twelfth, and three times as much. A word that several
// languages share counts for each by its part. known reports whether there is
// any such word.
func byWords(s string) (language string, known bool) {
	const parts, text = 12, 30
	score, distinct := make([]int, len(commonLanguages)), make([]int, len(commonLanguages))
	seen := make([]bool, len(commonWords))
	words := 0
	for w := range letterRuns(s) {
		words++
		c, _ := findCommon(w)
		for _, l := range c.languages {
			score[l] += parts / len(c.languages)
			if !seen[c.id] {
				distinct[l]++
			}
		}
		if c.languages != nil {
			seen[c.id] = true
		}
	}
	best, most, second := 0, 0, 0
	for l, n := range score {
		switch {
		case n > most:
			best, most, second = l, n, most
		case n > second:
			second = n
		}
	}
	full := most*6 >= words*parts && most*2 >= second*3
	clear := words >= text && most*12 >= words*parts && most >= second*3
	if distinct[best] < 2 || !full && !clear {
		return "", most > 0
	}
	return commonLanguages[best], true
}

// letterRuns yields the stretches of letters and marks in s.
func letterRuns(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		at := -1
		for i := 0; i < len(s); {
			r, n := rune(s[i]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(s[i:])
			}
			switch within := isLetterOrMark(r); {
			case within && at < 0:
				at = i
			case !within && at >= 0:
				if !yield(s[at:i]) {
					return
				}
				at = -1
			}
			i += n
		}
		if at >= 0 {
			yield(s[at:])
		}
	}
}

func isLetterOrMark(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}
