package evidence

import (
	"strings"

	"aupd/internal/aup"

	"golang.org/x/net/html/atom"
)

// hints applies what a tag and its attributes say of the look; styles say more.
func (l *look) hints(tag atom.Atom, a attributes) {
	l.set(noDisplay, a.hidden || tag == atom.Template || tag == atom.Dialog && !a.open, false)
	if a.color != "" && (tag == atom.Font || tag == atom.Body) {
		l.foreground = parseColour(a.color)
	}
	if a.background != "" {
		l.background = parseColour(a.background)
	}
	if a.image {
		l.background = unknown
	}
}

// input writes what a field of a form shows.
func (w *walker) input(a attributes) {
	switch a.kind {
	case "hidden", "password", "checkbox", "radio", "file", "color", "range":
	case "image":
		w.image(a)
	default:
		w.alone(atom.Input, a, orElse(a.value, a.hint))
	}
}

// comment reads what a comment, "[if mso]>…<![endif]", says to some readers only,
// such as Outlook: for the others it is hidden. What is for all others than those,
// "[if !mso]", is no comment to them.
func (w *walker) comment(text string) {
	condition, in, ok := strings.Cut(text, "]>")
	if !ok || w.nested || w.skip > 0 || strings.Contains(condition, "!") {
		return
	}
	if i := strings.LastIndex(in, "<![endif]"); i >= 0 {
		in = in[:i]
	}
	inner := newWalker(in)
	inner.nested = true
	inner.read(in)
	if strings.TrimSpace(inner.result.text) == "" {
		return
	}
	from := w.next()
	w.alone(atom.Template, attributes{}, inner.result.text)
	for _, l := range inner.result.links {
		w.link(aup.Range{Start: min(from, len(w.out)), End: len(w.out)}, l.Href)
	}
}

// foreign reports whether tag stands in a drawing or a formula. Elements of text
// end these, as they do in browsers (HTML, 13.2.6.5): text is not hidden by being
// put there.
func (w *walker) foreign(tag atom.Atom, a attributes) bool {
	if w.open[atom.Svg]+w.open[atom.Math] == 0 {
		return tag == atom.Svg || tag == atom.Math
	}
	if !breaksOut(tag, a) || w.open[atom.Foreignobject]+w.open[atom.Desc] > 0 {
		return true
	}
	for w.open[atom.Svg]+w.open[atom.Math] > 0 {
		w.pop()
	}
	return false
}

func breaksOut(tag atom.Atom, a attributes) bool {
	switch tag {
	case atom.B, atom.Big, atom.Blockquote, atom.Body, atom.Br, atom.Center, atom.Code, atom.Dd, atom.Div, atom.Dl, atom.Dt, atom.Em, atom.Embed,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Hr, atom.I, atom.Img, atom.Li, atom.Listing, atom.Menu, atom.Meta,
		atom.Nobr, atom.Ol, atom.P, atom.Pre, atom.Ruby, atom.S, atom.Small, atom.Span, atom.Strong, atom.Strike, atom.Sub, atom.Sup, atom.Table,
		atom.Tt, atom.U, atom.Ul, atom.Var:
		return true
	case atom.Font:
		return a.color != ""
	}
	return false
}
