package evidence

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// isVoid reports whether an element has no content (HTML, 13.1.2), beside
// those that start treats itself.
func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Col, atom.Embed, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr,
		atom.Frame, atom.Basefont:
		return true
	}
	return false
}

// isSkipped reports whether the text of an element is not for readers.
func isSkipped(tag atom.Atom) bool {
	return tag == atom.Script || tag == atom.Style || tag == atom.Title
}

func (e *element) tagName() string {
	if e.tag == 0 {
		return e.name
	}
	return e.tag.String()
}

// blockBreaks returns how many line ends an element puts before and after
// itself.
func blockBreaks(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Ul, atom.Ol, atom.Dl, atom.Pre:
		return 2
	case atom.Div, atom.Table, atom.Tr, atom.Li, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer,
		atom.Center, atom.Address, atom.Form, atom.Fieldset, atom.Caption, atom.Aside, atom.Main, atom.Nav, atom.Body,
		atom.Thead, atom.Tbody, atom.Tfoot, atom.Figure, atom.Figcaption, atom.Legend, atom.Option, atom.Textarea:
		return 1
	}
	return 0
}

// selfNesting reports whether an open element of this kind is closed by the
// next of its kind.
func selfNesting(tag atom.Atom) bool {
	switch tag {
	case atom.Li, atom.Option, atom.Tr, atom.A, atom.P:
		return true
	}
	return false
}

// An attributes holds the attributes of one tag that say something about text.
type attributes struct {
	style, class, id, href, alt, kind, value, first, hint string
	color, background                                     string
	image, hidden, open                                   bool
}

// maxAttribute bounds a value that is kept; longer ones are data, not links.
const maxAttribute = 4 << 10

func readAttributes(z *html.Tokenizer, more bool) (a attributes) {
	var key, val []byte
	for more {
		key, val, more = z.TagAttr()
		if len(val) > maxAttribute {
			val = val[:maxAttribute]
		}
		switch string(key) {
		case "style":
			a.style = lower(val)
		case "class":
			a.class = string(val)
		case "id":
			a.id = string(val)
		case "href", "action":
			a.href = strings.ToValidUTF8(strings.TrimSpace(string(val)), "\ufffd")
		case "alt":
			a.alt = string(val)
		case "type":
			a.kind = lower(val)
		case "value":
			a.value = string(val)
		case "start":
			a.first = string(val)
		case "color", "text":
			a.color = lower(val)
		case "bgcolor":
			a.background = lower(val)
		case "background":
			a.image = true
		case "hidden":
			a.hidden = true
		case "open":
			a.open = true
		case "placeholder":
			a.hint = string(val)
		}
	}
	return a
}

// lower returns val in lower case; it overwrites val.
func lower(val []byte) string {
	for i, c := range val {
		if 'A' <= c && c <= 'Z' {
			val[i] = c | 0x20
		}
	}
	return string(val)
}

// quotes reports whether a mail client marks quoted or forwarded mail so.
func (a *attributes) quotes() bool {
	switch a.id {
	case "divRplyFwdMsg", "replySplit", "isForwardContent", "mail-editor-reference-message-container", "OLK_SRC_BODY_SECTION", "yahoo_quoted":
		return true
	}
	for class := range strings.FieldsSeq(a.class) {
		switch class {
		case "gmail_quote", "gmail_extra", "yahoo_quoted", "protonmail_quote", "moz-forward-container", "zmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message":
			return true
		}
	}
	return false
}

// signs reports whether a mail client marks signatures so.
func (a *attributes) signs() bool {
	switch a.id {
	case "Signature", "signature", "ms-outlook-mobile-signature":
		return true
	}
	for class := range strings.FieldsSeq(a.class) {
		switch class {
		case "gmail_signature", "moz-signature", "protonmail_signature_block":
			return true
		}
	}
	return false
}

// spaceWidth returns the length of the white space character that text begins
// with, or of one that has no width and only splits words; 0 for any other.
func spaceWidth(text []byte) int {
	switch c := text[0]; {
	case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == 0:
		return 1
	case c == 0xc2 && len(text) > 1 && text[1] == 0xa0: // no-break space
		return 2
	}
	return 0
}

// wordsEnd returns the length of text up to the next white space but single
// spaces between words.
func wordsEnd(text []byte) int {
	for i, c := range text {
		if c > ' ' && c != 0xc2 || spaceWidth(text[i:]) == 0 {
			continue
		}
		if c != ' ' || i+1 == len(text) || spaceWidth(text[i+1:]) > 0 {
			return max(i, 1)
		}
	}
	return len(text)
}

// startsHTML reports whether text declared as something else is a page.
func startsHTML(text string) bool {
	const longest = len("<!doctype html")
	head := strings.TrimLeft(text[:min(len(text), 256)], " \t\n\ufeff")
	head = strings.ToLower(head[:min(len(head), longest)])
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html>") || strings.HasPrefix(head, "<html ")
}

// metaCharset returns the charset that a page declares in its head, empty
// when it does not.
func metaCharset(src []byte) string {
	const far = 2 << 10
	head := bytes.ToLower(src[:min(len(src), far)])
	_, rest, ok := bytes.Cut(head, []byte("charset="))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, "\"' ")
	end := bytes.IndexAny(rest, "\"' />;\r\n")
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}
