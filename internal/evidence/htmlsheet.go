package evidence

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// maxRules bounds the rules kept of a page's style sheets.
const maxRules = 2000

// A sheet holds the rules of style elements whose selector is one class, id or
// tag; what depends on more, or on the screen, is not followed.
type sheet struct {
	classes, ids, tags map[string]string // the declarations, in lower case
	count              int               // of rules
	work               int               // bytes of rules applied so far
}

// read adds the rules of a style element.
func (s *sheet) read(text []byte) {
	css := strings.ToLower(stripComments(string(text)))
	for s.count < maxRules {
		selectors, rest, ok := strings.Cut(css, "{")
		if !ok {
			return
		}
		if strings.Contains(selectors, "@") {
			css = rest[blockEnd(rest):]
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		css = after
		if !decides(body) {
			continue
		}
		for selector := range strings.SplitSeq(selectors, ",") {
			s.add(strings.TrimSpace(selector), body)
		}
	}
}

// add adds a rule when its selector is one class, id or tag; a class or id of
// certain tags only is taken for one of all.
func (s *sheet) add(selector, body string) {
	if selector == "" || strings.ContainsAny(selector, " >+~:[*\n\t") {
		return
	}
	rules, name := &s.tags, selector
	if i := strings.IndexAny(selector, ".#"); i >= 0 {
		if rules, name = &s.classes, selector[i+1:]; selector[i] == '#' {
			rules = &s.ids
		}
	}
	if strings.ContainsAny(name, ".#") {
		return // several at once
	}
	if *rules == nil {
		*rules = map[string]string{}
	}
	if len((*rules)[name])+len(body) < maxAttribute {
		(*rules)[name] += body + ";"
		s.count++
	}
}

// decides reports whether declarations can hide or show text at all.
func decides(body string) bool {
	for _, word := range [...]string{"color", "background", "display", "visibility", "font", "opacity", "overflow", "mso-hide", "indent", "clip", "left"} {
		if strings.Contains(body, word) {
			return true
		}
	}
	return false
}

// blockEnd returns the offset behind the brace that closes a block whose
// opening brace was read.
func blockEnd(s string) int {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func stripComments(css string) string {
	if !strings.Contains(css, "/*") {
		return css
	}
	var b strings.Builder
	for css != "" {
		before, rest, _ := strings.Cut(css, "/*")
		b.WriteString(before)
		_, css, _ = strings.Cut(rest, "*/")
	}
	return b.String()
}

// maxStyleWork bounds the bytes of rules that are applied, so that many
// elements with many classes cost no more than a large page does.
const maxStyleWork = 8 << 20

// apply applies the rules for an element.
func (s *sheet) apply(l *look, tag atom.Atom, a attributes) {
	if s.count == 0 || s.work > maxStyleWork {
		return
	}
	if tag != 0 {
		s.rule(l, s.tags[tag.String()])
	}
	for class := range strings.FieldsSeq(strings.ToLower(a.class)) {
		s.rule(l, s.classes[class])
	}
	s.rule(l, s.ids[strings.ToLower(a.id)])
}

func (s *sheet) rule(l *look, body string) {
	if body != "" {
		s.work += len(body)
		l.style(body)
	}
}
