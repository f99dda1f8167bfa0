package classify

import (
	"testing"
	"unicode/utf8"
)

// FuzzFold holds a folded text and its way back against those of its characters,
// one by one.
func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"It's  here -- \"don't\"\n\n * now", "Ça coûte cher, Straße, ærø", "ﬁsh ﷺ … Ⅷ ½", "из-за  спама", "ス\u3099パム　ｓｐａｍ", "a\xffb \u200bc\u200b", "'''",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, at := "", []int(nil) // the offset in s of each byte of text
		for i, n := 0, 0; i < len(s); i += n {
			_, n = utf8.DecodeRuneInString(s[i:])
			p := fold("x" + s[i:i+n] + "x").text
			p = p[1 : len(p)-1]
			if p == " " && (text == "" || text[len(text)-1] == ' ') {
				continue
			}
			for range len(p) {
				at = append(at, i)
			}
			text += p
		}
		at = append(at, len(s))
		got := fold(s)
		if got.text != text {
			t.Fatalf("%q folded is %q, want %q", s, got.text, text)
		}
		for i := range text {
			if got.from(i) != at[i] {
				t.Errorf("%q, folded %q: what is at %d came from %d, want %d", s, text, i, got.from(i), at[i])
			}
		}
	})
}
