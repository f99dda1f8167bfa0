package evidence

import "strings"

// A stems finds in one pass whether a text holds any of some words, which are
// in lower case and have two bytes at least.
type stems struct {
	words  [256][]string  // by their first byte
	begins [256][256]bool // whether a word begins with these two bytes
}

func newStems(words ...string) *stems {
	var s stems
	for _, w := range words {
		s.words[w[0]] = append(s.words[w[0]], w)
		s.begins[w[0]][w[1]] = true
	}
	return &s
}

// in reports whether low, which is in lower case, holds any of the words.
func (s *stems) in(low string) bool {
	for i := 0; i+1 < len(low); i++ {
		if !s.begins[low[i]][low[i+1]] {
			continue
		}
		for _, w := range s.words[low[i]] {
			if strings.HasPrefix(low[i:], w) {
				return true
			}
		}
	}
	return false
}

// lower returns the text of the part with that index in lower case.
func (b *builder) lower(i int) string {
	if b.low == nil {
		b.low = make([]string, len(b.doc.Parts))
	}
	if b.low[i] == "" {
		b.low[i] = strings.ToLower(b.doc.Parts[i].Text)
	}
	return b.low[i]
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
