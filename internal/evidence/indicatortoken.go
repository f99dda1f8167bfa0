package evidence

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokens calls f with each stretch of s that may hold an indicator: no white
// space, quotes, brackets or letters of scripts that write without spaces, and
// a dot, a colon or many characters in it.
func tokens(s string, f func(at, end int)) {
	for i := 0; i < len(s); {
		at, telling := i, false
		for i < len(s) {
			if c := s[i]; c < utf8.RuneSelf && tokenASCII[c] {
				telling = telling || c == '.' || c == ':'
				i++
				continue
			}
			n := tokenWidth(s[i:])
			if n == 0 {
				break
			}
			i += n
		}
		if n := i - at; n >= 4 && n <= maxToken && (telling || n >= shortestHash) {
			f(at, i)
		}
		if i < len(s) {
			i += runeWidth(s[i:])
		}
	}
}

// tokenWidth returns the length of the character outside of ASCII that s begins
// with, 0 for one that cannot stand in an indicator and for ASCII.
func tokenWidth(s string) int {
	if s[0] < utf8.RuneSelf {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if !inToken(r) {
		return 0
	}
	return n
}

func runeWidth(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// tokenASCII holds the ASCII characters that may stand in an indicator.
var tokenASCII = func() (in [utf8.RuneSelf]bool) {
	for c := range in {
		in[c] = c > ' ' && c != 0x7f && !strings.ContainsRune("<>\"'`|\\^{}()", rune(c))
	}
	return in
}()

// inToken reports whether r, which is not in ASCII, may stand in an indicator.
func inToken(r rune) bool {
	return unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}
