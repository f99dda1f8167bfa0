package evidence

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"aupd/testdata"
)

// FuzzByteTests checks that what is asked of a line's bytes before one of the
// expressions says yes to every line that the expression matches.
func FuzzByteTests(f *testing.F) {
	for _, l := range []string{
		"Mar  4 03:51:07 host sshd[811]: Failed password from 203.0.113.7 port 22", `203.0.113.7 - - [04/Mar/2026:03:51:07 +0000] "GET / HTTP/1.1" 404`,
		"kernel: DROP SRC=203.0.113.7 DST=192.0.2.1", "[1772596267.123] sshd 203.0.113.7", "2026-03-04 03:51:07,123 UTC GET /", "4 Mar 2026 03:51PM CEST",
		"-- Sent from my phone", "On Mon, 4 Mar 2026, a@b.example wrote:", "  ____________ ", "2026-03-04T03:51:07.5+01:00", "Wed, 4 Mar 2026 03:51 GMT",
	} {
		f.Add(l)
	}
	for _, s := range testdata.Mail() {
		for l := range strings.Lines(string(s.Raw)) {
			f.Add(strings.TrimRight(l, "\r\n"))
		}
	}
	rule := regexp.MustCompile(`^\s*_{8,}\s*$`)
	f.Fuzz(func(t *testing.T, l string) {
		const longest = 300
		if len(l) > longest || !isASCII(l) {
			return // expressions fold letters that lower case keeps apart
		}
		for name, said := range map[string][2]bool{
			"log":         {logFront.MatchString(l), opensLog(l)},
			"mobile":      {mobile.MatchString(l), mayMobile(l)},
			"attribution": {attribution.MatchString(l), isAttribution(l)},
			"rule":        {rule.MatchString(l), isRule(l)},
			"forward":     {forwardSubject.MatchString(l), isForward(l)},
			"reply":       {replySubject.MatchString(l), isReply(l)},
		} {
			if said[0] && !said[1] {
				t.Errorf("%s: %q is one, its bytes say no", name, l)
			}
		}
		for _, s := range stamps {
			if s.form.MatchString(l) && !hasShape(l, s.shape) {
				t.Errorf("%q has a time, but not the shape %q", l, s.shape)
			}
		}
	})
}

// FuzzStems checks that words are found in a text as they are in a lowered copy
// of it.
func FuzzStems(f *testing.F) {
	f.Add("VERTRAULICH, Poufne, ГИЗЛИ")
	f.Add("gİzlİ, CONFİDENTIAL, İrrtümlich, K, ﬁ")
	f.Add("機密, ĐŮVĚRNÉ, Důvěrn\xff")
	known := newStems(append([]string{"key", "ik", "ά"}, secrecyWords...)...)
	f.Fuzz(func(t *testing.T, s string) {
		want := containsAny(strings.ToLower(s), append([]string{"key", "ik", "ά"}, secrecyWords...))
		if got := known.in(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	})
}

// FuzzTokens checks that a text is cut into the stretches that it falls into at
// every character that cannot stand in an indicator.
func FuzzTokens(f *testing.F) {
	f.Add("see http://a.example/x, 漢字a.example。b.example and é.example:80")
	f.Add(strings.Repeat("я", 40) + " 0123456789abcdef0123456789abcdef 漢a: b. a.b")
	f.Fuzz(func(t *testing.T, s string) {
		var got, want []string
		tokens(s, func(at, end int) { got = append(got, s[at:end]) })
		for w := range strings.FieldsFuncSeq(s, func(r rune) bool {
			return r < utf8.RuneSelf && tokenKinds[r] == breaksToken || r >= utf8.RuneSelf && !inToken(r)
		}) {
			if len(w) >= 4 && len(w) <= maxToken && (len(w) >= shortestHash || strings.ContainsAny(w, ".:")) {
				want = append(want, w)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}
