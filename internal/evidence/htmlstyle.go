package evidence

import (
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// A colour is 0xRRGGBB, or one of the two below.
type colour int32

const (
	white       colour = 0xffffff
	unknown     colour = -1 // not set, or not known: an image, a gradient
	transparent colour = -2
)

// A look is what styles say about whether a reader sees an element's text. The
// zero look is black on black: start from one with colours.
type look struct {
	gone       bool // displayed nowhere, and so are all elements within
	invisible  bool // visibility: an element within can be visible again
	tiny       bool // font size
	foreground colour
	background colour
}

// hidden reports whether a reader does not see text of this look.
func (l *look) hidden() bool {
	return l.gone || l.invisible || l.tiny || l.foreground == transparent ||
		l.foreground >= 0 && l.background >= 0 && near(l.foreground, l.background)
}

// near reports whether no reader can tell two colours apart.
func near(a, b colour) bool {
	const step = 6
	for shift := 0; shift <= 16; shift += 8 {
		if d := int(a>>shift&255) - int(b>>shift&255); d > step || d < -step {
			return false
		}
	}
	return true
}

// attributes applies a tag's own attributes.
func (l *look) attributes(tag atom.Atom, a attributes) {
	if a.hidden {
		l.gone = true
	}
	if a.color != "" && (tag == atom.Font || tag == atom.Body) {
		l.foreground = parseColour(a.color)
	}
	if a.background != "" {
		l.background = parseColour(a.background)
	}
	if a.image {
		l.background = unknown
	}
	if a.style != "" {
		l.style(a.style)
	}
}

// style applies declarations, which are in lower case.
func (l *look) style(css string) {
	clipped, empty := false, false
	for declaration := range strings.SplitSeq(css, ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		value, _, _ = strings.Cut(value, "!") // important
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "display":
			l.gone = l.gone || value == "none"
		case "visibility":
			l.invisible = value == "hidden" || value == "collapse"
		case "mso-hide":
			l.gone = l.gone || value == "all"
		case "opacity":
			n, ok := number(value)
			l.gone = l.gone || ok && n < 0.05
		case "font-size":
			l.fontSize(value)
		case "font":
			size, _, _ := strings.Cut(value, "/")
			l.fontSize(size)
		case "color":
			l.foreground = parseColour(value)
		case "background", "background-color", "background-image":
			l.backgroundColour(value)
		case "overflow":
			clipped = value == "hidden"
		case "height", "max-height", "width", "max-width":
			n, ok := number(value)
			empty = empty || ok && n <= 1 && !strings.HasSuffix(value, "%") && !strings.HasSuffix(value, "em")
		case "text-indent", "left", "top", "margin-left":
			n, ok := number(value)
			l.gone = l.gone || ok && n <= -900
		case "clip":
			l.gone = l.gone || strings.HasPrefix(value, "rect(0") && !strings.Contains(value, "auto")
		}
	}
	l.gone = l.gone || clipped && empty
}

// fontSize applies a font size: 0 and 1 pixel cannot be read. A relative size
// does not bring back what an outer one made tiny.
func (l *look) fontSize(value string) {
	n, ok := number(value)
	switch {
	case !ok:
		if _, named := fontSizes[value]; named {
			l.tiny = false
		}
	case strings.HasSuffix(value, "%"):
		l.tiny = l.tiny || n < 10
	case strings.HasSuffix(value, "em"):
		l.tiny = l.tiny || n < 0.1
	default:
		l.tiny = n <= 1
	}
}

var fontSizes = map[string]struct{}{
	"xx-small": {}, "x-small": {}, "small": {}, "medium": {}, "large": {}, "x-large": {}, "xx-large": {},
}

// backgroundColour applies a background; what shows through it or is painted
// by more than a colour is not known.
func (l *look) backgroundColour(value string) {
	if i := strings.IndexByte(value, '('); i >= 0 {
		c := unknown
		if strings.HasPrefix(value, "rgb") {
			c = parseColour(value)
		}
		if c != transparent {
			l.background = c
		}
		return
	}
	for word := range strings.FieldsSeq(value) {
		if c := parseColour(word); c >= 0 {
			l.background = c
			return
		}
	}
}

// number returns the number that value begins with, whatever its unit.
func number(value string) (float64, bool) {
	end := 0
	for end < len(value) && strings.IndexByte("+-.0123456789", value[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	return n, err == nil
}

// colourNames holds the names that mail uses.
var colourNames = map[string]colour{
	"white": white, "black": 0, "red": 0xff0000, "green": 0x008000, "blue": 0x0000ff, "yellow": 0xffff00, "gray": 0x808080,
	"grey": 0x808080, "silver": 0xc0c0c0, "navy": 0x000080, "maroon": 0x800000, "purple": 0x800080, "teal": 0x008080,
	"orange": 0xffa500, "lime": 0x00ff00, "aqua": 0x00ffff, "cyan": 0x00ffff, "fuchsia": 0xff00ff, "magenta": 0xff00ff,
	"whitesmoke": 0xf5f5f5, "snow": 0xfffafa, "ivory": 0xfffff0, "ghostwhite": 0xf8f8ff, "lightgray": 0xd3d3d3, "lightgrey": 0xd3d3d3,
	"darkgray": 0xa9a9a9, "darkgrey": 0xa9a9a9, "transparent": transparent, "windowtext": 0, "window": white,
}

// parseColour reads a colour in lower case; what it does not know is unknown.
func parseColour(s string) colour {
	s = strings.TrimSpace(s)
	if c, ok := colourNames[s]; ok {
		return c
	}
	if rest, ok := strings.CutPrefix(s, "rgb"); ok {
		return parseRGB(strings.TrimPrefix(rest, "a"))
	}
	s = strings.TrimPrefix(s, "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	if len(s) != 6 {
		return unknown
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return unknown
	}
	return colour(n)
}

// parseRGB reads "(r, g, b)" or "(r, g, b, alpha)".
func parseRGB(s string) colour {
	s = strings.Trim(s, "() ")
	values := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(values) < 3 {
		return unknown
	}
	c := colour(0)
	for _, v := range values[:3] {
		n, ok := number(v)
		if !ok {
			return unknown
		}
		c = c<<8 | colour(min(max(n, 0), 255))
	}
	if len(values) > 3 {
		switch alpha, ok := number(values[3]); {
		case !ok || strings.HasSuffix(values[3], "%"):
			return unknown
		case alpha < 0.05:
			return transparent
		case alpha < 0.95:
			return unknown // what is behind it shows through
		}
	}
	return c
}

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
