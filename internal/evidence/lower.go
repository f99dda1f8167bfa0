package evidence

import "strings"

// A stems finds in one pass whether a text holds any of some words, which are
// in lower case and have two bytes at least.
type stems struct {
	words  [256][]string  // by their first byte
	begins [256][256]bool // whether a word begins with these two bytes, in any case
}

func newStems(words ...string) *stems {
	var s stems
	for _, w := range words {
		s.words[w[0]] = append(s.words[w[0]], w)
		for _, first := range [...]byte{w[0], upperASCII(w[0])} {
			s.begins[first][w[1]], s.begins[first][upperASCII(w[1])] = true, true
		}
	}
	return &s
}

// in reports whether text holds any of the words, in any case.
func (s *stems) in(text string) bool {
	if !isASCII(text) {
		text = strings.ToLower(text)
	}
	for i := 0; i+1 < len(text); i++ {
		if !s.begins[text[i]][text[i+1]] {
			continue
		}
		for _, w := range s.words[lowerASCII(text[i])] {
			if beginsWith(text[i:], w) {
				return true
			}
		}
	}
	return false
}

// beginsWith reports whether s, which is in ASCII or in lower case, begins with
// low in any case.
func beginsWith(s, low string) bool {
	if len(s) < len(low) {
		return false
	}
	for i := range len(low) {
		if lowerASCII(s[i]) != low[i] {
			return false
		}
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

func upperASCII(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c &^ 0x20
	}
	return c
}
