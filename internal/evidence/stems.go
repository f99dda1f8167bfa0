package evidence

import "strings"

// A stems finds in one pass whether a text holds any of some words, which are
// in lower case and not empty. They are held by their first byte.
type stems [256][]string

func newStems(words ...string) *stems {
	var s stems
	for _, w := range words {
		s[w[0]] = append(s[w[0]], w)
	}
	return &s
}

// in reports whether low, which is in lower case, holds any of the words.
func (s *stems) in(low string) bool {
	for i := range len(low) {
		for _, w := range s[low[i]] {
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
