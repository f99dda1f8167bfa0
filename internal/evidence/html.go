package evidence

import (
	"bytes"
	"strconv"
	"strings"

	"aupd/internal/aup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// addHTML appends p with the text of src, which is HTML, and notes its markup.
func (b *builder) addHTML(p aup.Part, src string) {
	if p.Kind == aup.PartText {
		p.Kind = aup.PartHTML
	}
	if b.want.file == nil && b.want.id == p.ID && !b.want.found {
		b.want.markup, b.want.found = src, true
	}
	t := readHTML(src)
	if len(t.links) >= maxLinks {
		b.problem("truncated", p.ID, "more links than the bound, the rest was not read")
	}
	p.Text, p.Hidden, p.Links = t.text, t.hidden, t.links
	b.addPart(p)
	kept := len(b.doc.Parts[len(b.doc.Parts)-1].Text)
	b.markup[p.ID] = markup{clampRanges(t.markup.quotes, kept), clampRanges(t.markup.signatures, kept)}
}

// An htmlText is what HTML says: its text, and ranges of that.
type htmlText struct {
	text   string
	hidden []aup.Range
	links  []aup.Link
	markup markup
}

// A walker turns tokens into text, one open element after the other. It builds
// no tree: hostile nesting costs nothing, and every range is an offset of out.
type walker struct {
	out      []byte
	space    bool // white space awaits the next word
	tab      bool // a cell's end awaits the next word
	breaks   int  // line ends that await the next word
	stack    []element
	open     map[atom.Atom]int // how many of each kind stand on the stack
	overflow int               // open elements beyond the stack's bound
	skip     int               // open elements whose content nobody sees: script, style, title
	sheet    sheet
	late     bool // a style element stands behind text
	nested   bool // this is the content of a comment for some readers
	result   htmlText
}

// An element is an open element and what holds within it.
type element struct {
	tag  atom.Atom
	name string // of a tag without an atom
	// class and id are in lower case.
	class, id string

	look look
	pre  bool
	dark bool // its text is hidden
	mute bool // its text is left out
	list int  // of ol: the next number; of ul: -1
	// The offsets in out at which ranges of this element begin; -1 for none.
	link, quote, signature int
	href                   string
}

// readHTML returns the text of src. The work is linear in len(src).
func readHTML(src string) htmlText {
	w := newWalker(src)
	w.read(src)
	if w.late {
		// Styles hold for what stands before them as well.
		styles := w.sheet
		styles.work, styles.full = 0, true
		w = newWalker(src)
		w.sheet = styles
		w.read(src)
	}
	return w.result
}

func newWalker(src string) *walker {
	root := element{look: look{foreground: unknown, fill: unset, background: white}, link: -1, quote: -1, signature: -1}
	return &walker{
		out:   make([]byte, 0, len(src)),
		open:  map[atom.Atom]int{},
		stack: append(make([]element, 0, 32), root),
	}
}

// read reads src to its end.
func (w *walker) read(src string) {
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			for len(w.stack) > 1 {
				w.pop()
			}
			w.result.text = string(w.out)
			for i := range w.result.links { // forms without text at the end
				l := &w.result.links[i]
				l.Start, l.End = min(l.Start, len(w.out)), min(l.End, len(w.out))
			}
			return
		case html.TextToken:
			w.textToken(z)
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(atom.Lookup(name), name)
		case html.CommentToken:
			if bytes.HasPrefix(z.Raw(), []byte("<!--[if")) {
				w.comment(string(z.Text()))
			}
		}
	}
}

func (w *walker) top() *element { return &w.stack[len(w.stack)-1] }

func (w *walker) textToken(z *html.Tokenizer) {
	if w.skip > 0 {
		if w.top().tag == atom.Style && !w.nested {
			w.late = w.late || len(w.out) > 0 && !w.sheet.full
			w.sheet.read(z.Text())
		}
		return
	}
	w.write(z.Text())
}

func (w *walker) start(z *html.Tokenizer, closed bool) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	a := readAttributes(z, more)
	foreign := w.foreign(tag, a)
	if foreign {
		z.NextIsNotRawText() // a style or title of a drawing is read as other elements are
	}
	switch tag {
	case atom.Br:
		w.breaks = min(w.breaks+1, 2)
		return
	case atom.Hr:
		w.lineBreak(1)
		return
	case atom.Img:
		w.image(a)
		return
	case atom.Input:
		w.input(a)
		return
	case atom.Area, atom.Form:
		w.link(aup.Range{Start: w.next(), End: w.next()}, a.href)
	case atom.Noscript, atom.Noframes, atom.Noembed, atom.Iframe:
		z.NextIsNotRawText() // mail clients run no scripts: this is what they show
	}
	if isVoid(tag) {
		return
	}
	w.closeImplied(tag)
	w.lineBreak(blockBreaks(tag))
	if tag == atom.Td || tag == atom.Th {
		w.tab = len(w.out) > 0 && w.breaks == 0
	}
	depth := len(w.stack)
	w.push(tag, name, a)
	if closed && foreign && len(w.stack) > depth {
		w.pop()
	}
	if tag == atom.Li {
		w.bullet()
	}
}

func (w *walker) image(a attributes) {
	const longest = 500
	if len(a.alt) <= longest {
		w.alone(atom.Img, a, a.alt)
	}
}

// alone writes the text that an element without content shows.
func (w *walker) alone(tag atom.Atom, a attributes, text string) {
	if text == "" {
		return
	}
	depth := len(w.stack)
	w.push(tag, nil, a)
	w.space = true
	w.write([]byte(text))
	w.space = true
	if len(w.stack) > depth {
		w.pop()
	} else {
		w.overflow--
	}
}

// push opens an element.
func (w *walker) push(tag atom.Atom, name []byte, a attributes) {
	if len(w.stack) >= maxElements {
		w.overflow++
		return
	}
	parent := w.top()
	e := element{tag: tag, class: strings.ToLower(a.class), id: strings.ToLower(a.id), look: parent.look.within(), pre: parent.pre || tag == atom.Pre || tag == atom.Textarea, link: -1, quote: -1, signature: -1}
	if tag == 0 {
		e.name = string(name)
	}
	e.look.hints(tag, a)
	w.sheet.apply(&e, w.stack)
	e.look.style(a.style)
	e.dark = e.look.hidden()
	switch tag {
	case atom.A:
		e.link, e.href = w.next(), a.href
	case atom.Ul:
		e.list = -1
	case atom.Ol:
		e.list = 1
		if n, err := strconv.Atoi(a.first); err == nil {
			e.list = n
		}
	}
	if tag == atom.Blockquote || a.quotes() {
		e.quote = w.next()
	}
	if a.signs() {
		e.signature = w.next()
	}
	// Word writes what it wants to know of a page as xml into comments.
	if e.mute = isSkipped(tag) || w.nested && e.name == "xml"; e.mute {
		w.skip++
	}
	w.stack = append(w.stack, e)
	w.open[tag]++
}

// bullet writes the mark of a list item.
func (w *walker) bullet() {
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch e := &w.stack[i]; {
		case e.list < 0:
			w.write([]byte("- "))
			return
		case e.list > 0:
			w.write(append(strconv.AppendInt(nil, int64(e.list), 10), '.', ' '))
			e.list++
			return
		}
	}
}

// closeImplied closes what tag closes without saying so: a paragraph before a
// block, an item or cell before the next.
func (w *walker) closeImplied(tag atom.Atom) {
	switch top := w.top().tag; {
	case top == atom.P && blockBreaks(tag) > 0,
		top == tag && selfNesting(tag),
		(top == atom.Td || top == atom.Th) && (tag == atom.Td || tag == atom.Th),
		(top == atom.Dt || top == atom.Dd) && (tag == atom.Dt || tag == atom.Dd):
		w.pop()
	case (top == atom.Td || top == atom.Th) && tag == atom.Tr:
		w.pop()
		if w.top().tag == atom.Tr {
			w.pop()
		}
	}
}

// end closes the innermost open element of this name; without one it is
// ignored, except that </p> and </br> break the line as they do in browsers.
func (w *walker) end(tag atom.Atom, name []byte) {
	if w.overflow > 0 {
		w.overflow--
		return
	}
	if tag == atom.Br {
		w.breaks = min(w.breaks+1, 2)
		return
	}
	if w.open[tag] == 0 {
		// A stray end tag must not cost a search of the whole stack.
		w.lineBreak(blockBreaks(tag))
		return
	}
	for i := len(w.stack) - 1; i > 0; i-- {
		if w.stack[i].tag == tag && (tag != 0 || w.stack[i].name == string(name)) {
			for len(w.stack) > i {
				w.pop()
			}
			break
		}
		// A cell's stray end tags must not close the table around it.
		if w.stack[i].tag == atom.Table && tag != atom.Body && tag != atom.Html {
			break
		}
	}
	w.lineBreak(blockBreaks(tag))
}

// pop closes the innermost element.
func (w *walker) pop() {
	e := w.top()
	if e.link >= 0 && e.href != "" {
		w.link(aup.Range{Start: min(e.link, len(w.out)), End: len(w.out)}, e.href)
	}
	if e.quote >= 0 && e.quote < len(w.out) {
		w.result.markup.quotes = outermost(w.result.markup.quotes, aup.Range{Start: e.quote, End: len(w.out)})
	}
	if e.signature >= 0 && e.signature < len(w.out) {
		w.result.markup.signatures = outermost(w.result.markup.signatures, aup.Range{Start: e.signature, End: len(w.out)})
	}
	if e.mute {
		w.skip--
	}
	w.lineBreak(blockBreaks(e.tag))
	w.open[e.tag]--
	w.stack = w.stack[:len(w.stack)-1]
}

// outermost appends r, which ends last, and drops what lies within it.
func outermost(ranges []aup.Range, r aup.Range) []aup.Range {
	for n := len(ranges); n > 0 && ranges[n-1].Start >= r.Start; n-- {
		ranges = ranges[:n-1]
	}
	return append(ranges, r)
}

// link notes a link, within bounds.
func (w *walker) link(r aup.Range, href string) {
	if href == "" || len(w.result.links) >= maxLinks {
		return
	}
	w.result.links = append(w.result.links, aup.Link{Range: r, Href: href})
}
