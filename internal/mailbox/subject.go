package mailbox

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Decision says what the rule makes of a message's subject.
type Decision string

// The decisions, strongest first.
const (
	Match     Decision = "match"
	NearMiss  Decision = "near miss" // a person should look
	Undecided Decision = "undecided" // some of the subject could not be read
	No        Decision = "no"
)

// maxSubject bounds the decoded subject that is returned, in bytes.
const maxSubject = 4 << 10

// A Rule selects messages whose subject contains a phrase, however the subject
// is written: encoded, folded, split, in any case, width or charset. It is
// immutable and safe for concurrent use.
type Rule struct {
	phrase string // folded
	near   nearMiss
}

// NewRule returns the rule for a phrase. White space within the phrase stands
// for any run of white space.
func NewRule(phrase string) Rule {
	p := fold(phrase)
	return Rule{phrase: p, near: newNearMiss(p)}
}

// Decide looks at a message's header, whole or cut off anywhere, and returns
// the decision and the decoded subject it rests on, cut to 4 KB. Where a header has several
// Subject fields, the strongest decision on any of them holds. Decide never
// fails: what it cannot decode it reads as well as it can.
func (r Rule) Decide(header []byte) (Decision, string) {
	decision, subject := No, ""
	for i, raw := range subjects(header) {
		text, damaged := decodeWords(raw)
		d := r.decide(text)
		if d == No && damaged {
			d = Undecided
		}
		if i == 0 || stronger(d, decision) {
			decision, subject = d, strings.ToValidUTF8(tidy(text[:min(len(text), maxSubject)]), "")
		}
	}
	return decision, subject
}

func (r Rule) decide(text string) Decision {
	s := fold(text)
	switch {
	case strings.Contains(s, r.phrase):
		return Match
	case r.near.match(s):
		return NearMiss
	}
	return No
}

func stronger(a, b Decision) bool {
	rank := map[Decision]int{Match: 3, NearMiss: 2, Undecided: 1, No: 0}
	return rank[a] > rank[b]
}

// subjects returns the values of the Subject fields of a header, unfolded. It
// reads lines alone: a line that no grammar knows is passed over, so that one
// such line never hides the subject.
func subjects(header []byte) [][]byte {
	var found [][]byte
	in := false // the last field begun is a Subject
	for line := range bytes.Lines(bytes.TrimPrefix(header, []byte("\xef\xbb\xbf"))) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if in {
				found[len(found)-1] = append(found[len(found)-1], line...)
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		in = ok && bytes.EqualFold(bytes.TrimRight(name, " \t"), []byte("Subject"))
		if in {
			found = append(found, bytes.Clone(value))
		}
	}
	return found
}

// fold brings text to the form in which it is compared: compatibility forms
// composed (full-width letters become plain ones), invisible characters gone,
// case folded, every run of white space one space.
func fold(s string) string {
	if s, ok := plain(s); ok {
		return strings.ToLower(s)
	}
	s = cases.Fold().String(norm.NFKC.String(s))
	return tidy(s)
}

// plain returns s without the spaces around it, if that is all there is to
// tidy: what is left is ASCII to be seen, with one space between words. Most
// subjects are so.
func plain(s string) (string, bool) {
	s = strings.Trim(s, " ")
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && s[i-1] == ' ' {
			return "", false
		}
	}
	return s, true
}

// tidy drops what is not seen and makes every run of white space one space.
func tidy(s string) string {
	if s, ok := plain(s); ok {
		return s
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, s)), " ")
}

// invisible reports whether r shows nothing: controls, format characters
// (zero width space and joiners, soft hyphen, direction marks, tags), variation
// selectors and the combining grapheme joiner.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) ||
		r == '\u034f' || r == '\u115f' || r == '\u1160' || r == '\u3164'
}
