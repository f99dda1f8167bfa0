package evidence

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxRules bounds the rules kept of a page's style sheets.
	maxRules = 2000
	// maxStyleWork bounds the bytes of rules that are tried and applied, so that
	// many elements with many classes cost no more than a large page does.
	maxStyleWork = 8 << 20
	// maxClasses bounds the classes of one element.
	maxClasses = 50
)

// A sheet holds the rules of style elements. What depends on the screen, on
// other attributes than class and id, on what a reader does, or on neighbours is
// not followed.
type sheet struct {
	rules  map[string][]rule // by what the last part of the selector asks for: "#id", ".class", "tag" or "*"
	count  int               // of rules
	work   int               // see maxStyleWork
	full   bool              // all of the page's rules are there
	chosen []rule            // room
}

// A rule is a selector with its declarations.
type rule struct {
	parts  []asked // for the element, for what is around it, and so on
	body   string  // in lower case
	weight int     // how special the selector is
	order  int
}

// read adds the rules of a style element.
func (s *sheet) read(text []byte) {
	if s.full {
		return
	}
	css := strings.ToLower(plainCSS(string(text)))
	for s.count < maxRules {
		css = strings.TrimLeft(css, " \t\r\n\f}")
		css = strings.TrimPrefix(strings.TrimPrefix(css, "<!--"), "-->") // for browsers without styles
		if strings.HasPrefix(css, "@") {
			css = behindAt(css)
			continue
		}
		selectors, rest, ok := strings.Cut(css, "{")
		if !ok {
			return
		}
		body, after, _ := strings.Cut(rest, "}")
		css = after
		if body = tellingStyles(body); body == "" {
			continue
		}
		for selector := range strings.SplitSeq(selectors, ",") {
			s.add(selector, body)
		}
	}
}

// behindAt returns css, which begins with an at-rule, from what is to be read
// next: what follows it, or its content where that holds for every screen.
func behindAt(css string) string {
	i := strings.IndexAny(css, ";{")
	switch {
	case i < 0:
		return ""
	case css[i] == ';' || everywhere(css[:i]):
		return css[i+1:] // the brace at its end stands for nothing
	}
	return css[i+1+blockEnd(css[i+1:]):]
}

// everywhere reports whether an at-rule holds whatever the screen.
func everywhere(rule string) bool {
	if strings.HasPrefix(rule, "@layer") {
		return true
	}
	media, ok := strings.CutPrefix(rule, "@media")
	for query := range strings.SplitSeq(media, ",") {
		switch strings.Join(strings.Fields(query), " ") {
		case "all", "screen", "only screen":
			return ok
		}
	}
	return false
}

// add adds a rule when its selector can be followed.
func (s *sheet) add(selector, body string) {
	parts, ok := parseSelector(selector)
	if !ok || s.count >= maxRules {
		return
	}
	if s.rules == nil {
		s.rules = map[string][]rule{}
	}
	r := rule{parts: parts, body: body, order: s.count}
	for i := range parts {
		r.weight += parts[i].weight()
	}
	key := parts[0].key()
	s.rules[key] = append(s.rules[key], r)
	s.count++
}

// tellingStyles returns the declarations of body that can hide or show text.
func tellingStyles(body string) string {
	var out strings.Builder
	for declaration := range strings.SplitSeq(body, ";") {
		name, _, ok := strings.Cut(declaration, ":")
		if ok && tellsOfText(strings.TrimSpace(name)) && out.Len() < maxAttribute {
			out.WriteString(declaration + ";")
		}
	}
	return out.String()
}

func tellsOfText(name string) bool {
	switch name {
	case "display", "visibility", "font-size", "font", "color", "-webkit-text-fill-color", "text-fill-color", "background", "background-color", "background-image":
		return true
	}
	_, hides := hidings[name]
	return hides
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

// plainCSS returns css without comments and escapes.
func plainCSS(css string) string {
	if strings.Contains(css, "/*") {
		var b strings.Builder
		for css != "" {
			before, rest, found := strings.Cut(css, "/*")
			b.WriteString(before)
			if _, css, _ = strings.Cut(rest, "*/"); found {
				b.WriteByte(' ')
			}
		}
		css = b.String()
	}
	if strings.IndexByte(css, '\\') < 0 {
		return css
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(css, `\`)
		b.WriteString(before)
		if !ok {
			return strings.ToLower(b.String())
		}
		n := 0
		for n < min(6, len(rest)) && isHex(rest[n]) {
			n++
		}
		if r, err := strconv.ParseUint(rest[:n], 16, 32); err == nil {
			b.WriteRune(rune(r))
			rest = strings.TrimPrefix(rest[n:], " ")
		}
		css = rest
	}
}

// apply applies the rules for e, which stands below the elements of stack.
func (s *sheet) apply(e *element, stack []element) {
	if s.count == 0 || s.work > maxStyleWork {
		return
	}
	s.chosen = s.chosen[:0]
	s.choose("*", e, stack)
	s.choose(e.tagName(), e, stack)
	n := 0
	for class := range strings.FieldsSeq(e.class) {
		if n++; n <= maxClasses {
			s.choose("."+class, e, stack)
		}
	}
	if e.id != "" {
		s.choose("#"+e.id, e, stack)
	}
	if len(s.chosen) > 1 {
		slices.SortFunc(s.chosen, func(a, b rule) int { return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.order, b.order)) })
	}
	for _, r := range s.chosen {
		s.work += len(r.body)
		e.look.style(r.body)
	}
}

// choose takes the rules of that key whose selectors are of e.
func (s *sheet) choose(key string, e *element, stack []element) {
	const each = 16 // bytes that a comparison costs as much as
	for _, r := range s.rules[key] {
		if s.work += each * len(r.parts); r.parts[0].of(e) && s.around(r.parts, stack) {
			s.chosen = append(s.chosen, r)
		}
	}
}

// around reports whether what stands around an element is what the parts behind
// the first ask for.
func (s *sheet) around(parts []asked, stack []element) bool {
	if len(parts) == 1 {
		return true
	}
	for i := len(stack) - 1; i >= 0 && s.work <= maxStyleWork; i-- {
		s.work++
		if parts[1].of(&stack[i]) && s.around(parts[1:], stack[:i]) || i == 0 && implied(parts[1:]) {
			return true
		}
		if parts[0].child {
			return false
		}
	}
	return false
}
