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
	at := 0 // the stretch that i lies in begins here, or further on behind a character outside of ASCII
	for i := 0; i < len(s); i++ {
		kind := tokenKinds[s[i]]
		if kind == breaksToken {
			at = i + 1
		}
		if kind != tellsToken && i-at < shortestHash-1 {
			continue
		}
		start, end := tokenAround(s, at, i)
		if n := end - start; n >= 4 && n <= maxToken && (n >= shortestHash || parted(s[start:end])) {
			f(start, end)
		}
		if at = end; end < len(s) {
			at += runeWidth(s[end:])
		}
		i = at - 1
	}
}

// tokenAround returns the stretch of s in which the character at i lies, or the
// next one when that cannot stand in one. It begins at at or further on.
func tokenAround(s string, at, i int) (start, end int) {
	start, end = at, at
	for end < len(s) {
		if c := s[end]; c < utf8.RuneSelf && tokenKinds[c] != breaksToken {
			end++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[end:])
		if r < utf8.RuneSelf || !inToken(r) {
			if end >= i {
				break
			}
			start = end + n
		}
		end += n
	}
	return start, end
}

func runeWidth(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

const (
	breaksToken = 1 // cannot stand in an indicator
	tellsToken  = 2 // stands in most
)

// tokenKinds says of the bytes in ASCII whether they break a token or tell one.
var tokenKinds = func() (kinds [256]uint8) {
	for c := range utf8.RuneSelf {
		if c <= ' ' || c == 0x7f || strings.ContainsRune("<>\"'`|\\^{}()", rune(c)) {
			kinds[c] = breaksToken
		}
	}
	kinds['.'], kinds[':'] = tellsToken, tellsToken
	return kinds
}()

// inToken reports whether r, which is not in ASCII, may stand in an indicator.
func inToken(r rune) bool {
	const thai = 0xe00 // the first of the scripts
	return unicode.IsLetter(r) && (r < thai || !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai))
}
