package classify

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// FuzzIndex holds what is found in a text against a search for each phrase at each
// place of it.
func FuzzIndex(f *testing.F) {
	f.Add("she,he*,his,hers,h", "ushers and his sheep, h")
	f.Add("a,aa,aaa*,*b,*ab*", "a aa aaaa baaab")
	f.Add("спам,сп*,пам,*ам", "Спам, спамы и ещё спам")
	f.Add("وسبام,سبام,ספאם", "وسبام والسبام הספאם")
	f.Add("和平,平,ランサム", "和平和平 ランサムウェア")
	f.Add("turn* off,turned,turn", "turned off, turn")
	f.Add("*ab,x*", strings.Repeat("x", 100)+"abab ab")
	f.Add("$$,.exe,a.b", "$$$ x.exe a.b.")
	f.Fuzz(func(t *testing.T, phrases, text string) {
		v := &vocabulary{}
		for p := range strings.SplitSeq(phrases, ",") {
			v.addPhrase(0, p)
		}
		v.index = newIndex(v.phrases)
		text = fold(text).text
		var got, want []hit
		v.index.each(text, func(phrase, at int) {
			if h, ok := v.hit(phrase, text, at); ok {
				got = append(got, h)
			}
		})
		for at := range text {
			for n, p := range v.phrases {
				if !strings.HasPrefix(text[at:], p.text) {
					continue
				}
				if h, ok := v.hit(n, text, at); ok {
					want = append(want, h)
				}
			}
		}
		if !slices.IsSortedFunc(got, func(a, b hit) int { return a.start - b.start }) {
			t.Errorf("of %q in %q found %v, want them in the order of their beginnings", phrases, text, got)
		}
		order := func(a, b hit) int { return cmp.Or(a.start-b.start, a.phrase-b.phrase, a.end-b.end) }
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if !slices.Equal(got, want) {
			t.Errorf("of %q in %q found %v, want %v", phrases, text, got, want)
		}
	})
}
