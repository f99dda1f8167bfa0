package evidence

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A stems finds in one pass whether a text holds any of some words, which are
// in lower case and have two bytes at least.
type stems struct {
	words  [256][]string  // by what a word begins with in a text, in any case
	begins [256][256]bool // whether a word begins with these two bytes, in any case
}

func newStems(words ...string) *stems {
	var s stems
	for _, w := range words {
		first, n := utf8.DecodeRuneInString(w)
		for _, r := range cases(first) {
			begin := string(r)
			s.words[begin[0]] = append(s.words[begin[0]], w)
			if len(begin) > 1 {
				s.begins[begin[0]][begin[1]] = true
				continue
			}
			second, _ := utf8.DecodeRuneInString(w[n:])
			for _, r := range cases(second) {
				s.begins[begin[0]][string(r)[0]] = true
			}
		}
	}
	return &s
}

// cases returns the characters whose lower case is r, which is one.
func cases(r rune) []rune {
	all := []rune{r}
	for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
		if unicode.ToLower(c) == r {
			all = append(all, c)
		}
	}
	if r == 'i' {
		all = append(all, 'İ') // which folds to itself
	}
	return all
}

// in reports whether text holds any of the words, in any case.
func (s *stems) in(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		if !s.begins[text[i]][text[i+1]] {
			continue
		}
		for _, w := range s.words[text[i]] {
			if beginsWith(text[i:], w) {
				return true
			}
		}
	}
	return false
}

// beginsWith reports whether s begins with low, which is in lower case, in any
// case.
func beginsWith(s, low string) bool {
	for low != "" {
		want, n := utf8.DecodeRuneInString(low)
		got, size := utf8.DecodeRuneInString(s)
		if unicode.ToLower(got) != want {
			return false
		}
		s, low = s[size:], low[n:]
	}
	return true
}

// lookUp returns what m, whose keys are in lower case, holds for s in any case.
// Short words in ASCII are not copied for it.
func lookUp[V any](m map[string]V, s string) (v V, ok bool) {
	var low [64]byte
	if len(s) > len(low) || !isASCII(s) {
		v, ok = m[strings.ToLower(s)]
		return v, ok
	}
	for i := range len(s) {
		low[i] = lowerASCII(s[i])
	}
	v, ok = m[string(low[:len(s)])]
	return v, ok
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
