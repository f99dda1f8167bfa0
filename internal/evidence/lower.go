package evidence

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A stems finds in one pass whether a text holds any of some words, which are
// in lower case and have two bytes at least.
type stems struct {
	words  [256][]string // by what a word begins with in a text, in any case
	begins bytePairs     // what words begin with, in any case
}

// bytePairs holds which two bytes in a row are looked for.
type bytePairs [1 << 16]bool

func (p *bytePairs) add(first, second byte) { p[uint16(first)<<8|uint16(second)] = true }

// next returns the offset of the first two bytes in s, from i on, that are looked
// for; the length of s when there are none.
func (p *bytePairs) next(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	pair := uint16(s[i])
	for i++; i < len(s); i++ {
		pair = pair<<8 | uint16(s[i])
		if p[pair] {
			return i - 1
		}
	}
	return len(s)
}

func newStems(words ...string) *stems {
	var s stems
	for _, w := range words {
		first, n := utf8.DecodeRuneInString(w)
		for _, r := range cases(first) {
			begin := string(r)
			s.words[begin[0]] = append(s.words[begin[0]], w)
			if len(begin) > 1 {
				s.begins.add(begin[0], begin[1])
				continue
			}
			second, _ := utf8.DecodeRuneInString(w[n:])
			for _, r := range cases(second) {
				s.begins.add(begin[0], string(r)[0])
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
	for i := s.begins.next(text, 0); i < len(text); i = s.begins.next(text, i+1) {
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
		if s != "" && low[0] < utf8.RuneSelf && s[0] < utf8.RuneSelf {
			if lowerASCII(s[0]) != low[0] {
				return false
			}
			s, low = s[1:], low[1:]
			continue
		}
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
