package evidence

import "strings"

// A look is what styles say about whether a reader sees an element's text. The
// zero look is black on black: start from one with colours.
type look struct {
	gone       bool // an element around it is displayed nowhere
	invisible  bool // visibility: an element within can be visible again
	tiny       bool // font size
	foreground colour
	fill       colour // painted instead of the foreground; unset without one
	background colour
	own        trait // of the element itself
	sure       trait // of own, what was said to be important
}

// A trait is what one property says of an element, so that of two declarations
// the last one counts.
type trait uint32

const (
	noDisplay trait = 1 << iota
	noOpacity
	noClip
	noClipPath
	noTransform
	noFilter
	noContent
	noZoom
	noOutlook
	offMargin
	offIndent
	// These hide in company only: what is placed and off the page, what is flat
	// and lets nothing stand out.
	placed
	offLeft
	offRight
	offTop
	offBottom
	closed
	flatHeight
	flatMaxHeight
	flatWidth
	flatMaxWidth
	// These say that a property was important, and are part of sure alone.
	theVisibility
	theFont
	theColour
	theFill
	theBackground

	alone = noDisplay | noOpacity | noClip | noClipPath | noTransform | noFilter | noContent | noZoom | noOutlook | offMargin | offIndent
	off   = offLeft | offRight | offTop | offBottom
	flat  = flatHeight | flatMaxHeight | flatWidth | flatMaxWidth
)

// within returns the look that an element within has before its own styles.
func (l *look) within() look {
	in := *l
	in.gone, in.own, in.sure = l.away(), 0, 0
	return in
}

// away reports whether the element is displayed nowhere, whatever its colours.
func (l *look) away() bool {
	return l.gone || l.own&alone != 0 || l.own&placed != 0 && l.own&off != 0 || l.own&closed != 0 && l.own&flat != 0
}

// hidden reports whether a reader does not see text of this look.
func (l *look) hidden() bool {
	ink := l.foreground
	if l.fill != unset {
		ink = l.fill
	}
	return l.away() || l.invisible || l.tiny || ink == transparent || ink >= 0 && l.background >= 0 && near(ink, l.background)
}

// set notes what a declaration says of a trait, unless an important one said
// otherwise. It reports whether it counts.
func (l *look) set(t trait, is, important bool) bool {
	if l.sure&t != 0 && !important {
		return false
	}
	if important {
		l.sure |= t
	}
	if l.own &^= t; is {
		l.own |= t
	}
	return true
}

// style applies declarations, which are in lower case.
func (l *look) style(css string) {
	for declaration := range strings.SplitSeq(plainCSS(css), ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		value, mark, _ := strings.Cut(value, "!")
		l.declare(strings.TrimSpace(name), strings.TrimSpace(value), strings.TrimSpace(mark) == "important")
	}
}

// declare applies one declaration.
func (l *look) declare(name, value string, important bool) {
	switch name {
	case "display":
		l.set(noDisplay, value == "none", important)
	case "visibility":
		if l.set(theVisibility, false, important) {
			l.invisible = value == "hidden" || value == "collapse"
		}
	case "font-size", "font":
		if l.set(theFont, false, important) {
			size, _, _ := strings.Cut(value, "/")
			l.fontSize(size)
		}
	case "color":
		if value != "inherit" && value != "currentcolor" && l.set(theColour, false, important) {
			l.foreground = parseColour(value)
		}
	case "-webkit-text-fill-color", "text-fill-color":
		if l.set(theFill, false, important) {
			l.fill = parseColour(value)
		}
	case "background", "background-color", "background-image":
		if l.set(theBackground, false, important) {
			l.backgroundColour(value)
		}
	default:
		if h, ok := hidings[name]; ok {
			l.set(h.trait, h.is(value), important)
		}
	}
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
		if strings.HasPrefix(value, "rgb") || strings.HasPrefix(value, "hsl") {
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
