package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"aupd/internal/aup"
)

// The bounds of what is shown of a hit: enough to tell whether it is meant.
const (
	maxSnippets = 3
	around      = 60 // bytes of text before and behind the first word
	longest     = 240
)

// snippets returns where in the text what was looked for stands, a snippet for
// each field.
func (t text) snippets(req request) []aup.Snippet {
	out := []aup.Snippet{}
	for _, f := range textFields {
		s := t.fields[f]
		var wanted []term
		for _, g := range req.groups {
			for _, x := range g {
				if !x.not && (x.field == "" || x.field == f) {
					wanted = append(wanted, x)
				}
			}
		}
		marks := find(s, wanted)
		if len(marks) == 0 || len(out) == maxSnippets {
			continue
		}
		out = append(out, cut(f, s, marks))
	}
	return out
}

// find returns where the terms stand in s, in order, without overlap. Letters
// are compared without case; s keeps its bytes.
func find(s string, terms []term) []aup.Range {
	var out []aup.Range
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !letter(r) || i > 0 && !starts(s, i) {
			i += size
			continue
		}
		end := i
		for _, t := range terms {
			if n := match(s[i:], t); i+n > end {
				end = i + n
			}
		}
		if end > i {
			out = append(out, aup.Range{Start: i, End: end})
			i = end
			continue
		}
		i += size
	}
	return out
}

// match returns how many bytes at the beginning of s a term takes, 0 for none.
func match(s string, t term) int {
	n := 0
	for _, want := range t.text {
		if want == ' ' {
			gap := len(s[n:]) - len(strings.TrimLeftFunc(s[n:], unicode.IsSpace))
			if gap == 0 {
				return 0
			}
			n += gap
			continue
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		if unicode.ToLower(r) != want {
			return 0
		}
		n += size
	}
	if t.prefix {
		return n + len(s[n:]) - len(strings.TrimLeftFunc(s[n:], letter))
	}
	if next, _ := utf8.DecodeRuneInString(s[n:]); n < len(s) && letter(next) && !spaceless(next) {
		return 0 // the beginning of a longer word
	}
	return n
}

// starts reports whether a word begins at i.
func starts(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	here, _ := utf8.DecodeRuneInString(s[i:])
	return !letter(before) || spaceless(here) || spaceless(before)
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// spaceless reports whether r is of a script that does not part its words.
func spaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// cut returns the text around the first of the marks, on one line.
func cut(field, s string, marks []aup.Range) aup.Snippet {
	from := boundary(s, max(0, marks[0].Start-around))
	to := boundary(s, min(len(s), max(marks[0].End+around, from+longest)))
	out := aup.Snippet{Field: field, Marks: []aup.Range{}}
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
	}
	at := from
	write := func(end int) {
		for i, r := range s[at:end] {
			switch {
			case unicode.IsSpace(r) || unicode.IsControl(r):
				if last := b.String(); i == 0 || !strings.HasSuffix(last, " ") {
					b.WriteByte(' ')
				}
			default:
				b.WriteRune(r)
			}
		}
		at = end
	}
	for _, m := range marks {
		if m.End > to {
			break
		}
		write(m.Start)
		start := b.Len()
		write(m.End)
		out.Marks = append(out.Marks, aup.Range{Start: start, End: b.Len()})
	}
	write(to)
	if to < len(s) {
		b.WriteString("…")
	}
	out.Text = b.String()
	return out
}

// boundary moves i back to the beginning of a character.
func boundary(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
