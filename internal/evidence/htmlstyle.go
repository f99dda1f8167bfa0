package evidence

import (
	"strings"

	"golang.org/x/net/html/atom"
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
			n, ok := cssNumber(value)
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
			n, ok := cssNumber(value)
			empty = empty || ok && n <= 1 && !strings.HasSuffix(value, "%") && !strings.HasSuffix(value, "em")
		case "text-indent", "left", "top", "margin-left":
			n, ok := cssNumber(value)
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
	n, ok := cssNumber(value)
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
