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
	f.Add("$$,.exe,a.b", "$$$ x.exe a.b.")
	f.Fuzz(func(t *testing.T, phrases, text string) {
		v := &vocabulary{}
		for p := range strings.SplitSeq(phrases, ",") {
			v.addPhrase(0, p)
		}
		v.index = newIndex(v.phrases)
		z := zone{folded: fold(text)}
		z.find(v)
		var want []hit
		for at := range z.folded.text {
			for n, p := range v.phrases {
				if !strings.HasPrefix(z.folded.text[at:], p.text) {
					continue
				}
				if h, ok := v.hit(n, z.folded.text, at); ok {
					want = append(want, h)
				}
			}
		}
		order := func(a, b hit) int { return cmp.Or(a.start-b.start, a.phrase-b.phrase, a.end-b.end) }
		slices.SortFunc(z.hits, order)
		slices.SortFunc(want, order)
		if !slices.Equal(z.hits, want) {
			t.Errorf("of %q in %q found %v, want %v", phrases, z.folded.text, z.hits, want)
		}
	})
}
