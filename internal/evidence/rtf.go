package evidence

import (
	"strconv"
	"strings"
)

// An rtfReader turns RTF into the text it shows, or into the HTML that it was
// made from ([MS-OXRTFEX]).
type rtfReader struct {
	in      string
	out     strings.Builder
	raw     []byte // 8-bit characters that await their neighbours
	charset string
	guesser guesser
	stack   []rtfGroup
	now     rtfGroup
	deep    int // open groups beyond the stack's bound
	page    bool
}

// An rtfGroup is what holds between braces.
type rtfGroup struct {
	skip    bool // a destination that is not text
	tag     bool // HTML of the encapsulated page
	rtfOnly bool // shown by RTF readers only
	unicode int  // bytes that stand for a \u for older readers
}

// maxRTFGroups bounds how deep groups nest.
const maxRTFGroups = 200

// readRTF returns the text of rtf; page reports that it is HTML.
func readRTF(rtf []byte) (text string, page bool) {
	r := rtfReader{in: string(rtf), now: rtfGroup{unicode: 1}, charset: "windows-1252"}
	r.page = strings.Contains(r.in[:min(len(r.in), 1024)], `\fromhtml`)
	for r.in != "" {
		c := r.in[0]
		r.in = r.in[1:]
		switch c {
		case '{':
			r.open()
		case '}':
			r.close()
		case '\\':
			r.control()
		case '\r', '\n':
		default:
			r.char(c)
		}
	}
	r.flush()
	return strings.ToValidUTF8(r.out.String(), "\ufffd"), r.page
}

func (r *rtfReader) open() {
	if len(r.stack) >= maxRTFGroups {
		r.deep++
		return
	}
	r.stack = append(r.stack, r.now)
}

func (r *rtfReader) close() {
	if r.deep > 0 {
		r.deep--
		return
	}
	if n := len(r.stack); n > 0 {
		r.now, r.stack = r.stack[n-1], r.stack[:n-1]
	}
}

// shown reports whether text here is to be read.
func (r *rtfReader) shown() bool {
	return !r.now.skip && !r.now.rtfOnly
}

func (r *rtfReader) char(c byte) {
	if r.shown() {
		r.raw = append(r.raw, c)
	}
}

func (r *rtfReader) text(s string) {
	name := charsetName(r.charset)
	switch {
	case !r.shown():
	case isASCII(s) && !multiByte(name) && !shiftsState(name):
		r.raw = append(r.raw, s...) // one conversion more costs more
	default:
		r.flush()
		r.out.WriteString(s)
	}
}

func (r *rtfReader) flush() {
	if len(r.raw) == 0 {
		return
	}
	if isASCII(string(r.raw)) {
		r.out.Write(r.raw)
	} else if text, used := convert(r.raw, charsetName(r.charset)); used != "" {
		r.out.WriteString(text)
	} else {
		text, _ := r.guesser.decode(r.raw, "")
		r.out.WriteString(text)
	}
	r.raw = r.raw[:0]
}

// control reads what follows a backslash.
func (r *rtfReader) control() {
	if r.in == "" {
		return
	}
	c := r.in[0]
	if c < 'a' || c > 'z' && (c < 'A' || c > 'Z') {
		r.in = r.in[1:]
		r.symbol(c)
		return
	}
	n := 0
	for n < len(r.in) && (r.in[n]|0x20 >= 'a' && r.in[n]|0x20 <= 'z') {
		n++
	}
	word := r.in[:n]
	r.in = r.in[n:]
	n = 0
	if strings.HasPrefix(r.in, "-") {
		n++
	}
	for n < len(r.in) && r.in[n] >= '0' && r.in[n] <= '9' && n < 11 {
		n++
	}
	number, err := strconv.Atoi(r.in[:n])
	r.in = strings.TrimPrefix(r.in[n:], " ")
	r.word(word, number, err == nil)
}

// symbol takes a control symbol.
func (r *rtfReader) symbol(c byte) {
	switch c {
	case '\'':
		if len(r.in) >= 2 {
			if b, ok := unhex(r.in[0], r.in[1]); ok {
				r.char(b)
			}
			r.in = r.in[2:]
		}
	case '*':
		// A destination that readers may pass over; of these, only the page is
		// text.
		if !strings.HasPrefix(r.in, `\htmltag`) {
			r.now.skip = true
		}
	case '\\', '{', '}':
		r.char(c)
	case '~':
		r.text(" ")
	case '_':
		r.text("-")
	case '\r', '\n':
		r.text("\n")
	}
}

// word takes a control word.
func (r *rtfReader) word(word string, n int, given bool) {
	switch word {
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "datastore", "listtable", "generator",
		"header", "footer", "headerl", "headerr", "footerl", "footerr", "fldinst", "bkmkstart", "bkmkend", "xe", "nonshppict":
		r.now.skip = true
	case "htmltag":
		r.now.tag = true
	case "htmlrtf":
		r.flush()
		r.now.rtfOnly = !given || n != 0
	case "par", "line", "row", "sect", "page":
		if !r.page || r.now.tag {
			r.text("\n")
		} else {
			r.text("\r\n")
		}
	case "tab", "cell":
		r.text("\t")
	case "lquote", "rquote":
		r.text("'")
	case "ldblquote", "rdblquote":
		r.text(`"`)
	case "bullet":
		r.text("•")
	case "endash", "emdash":
		r.text("–")
	case "ansicpg":
		r.flush()
		r.charset = orElse(codepage(uint32(max(n, 0))), r.charset)
	case "uc":
		r.now.unicode = min(max(n, 0), 8)
	case "u":
		r.text(string(rune(uint16(n))))
		r.passOver(r.now.unicode)
	case "bin":
		r.in = r.in[min(max(n, 0), len(r.in)):]
	}
}

// passOver passes over the n characters that stand for a \u.
func (r *rtfReader) passOver(n int) {
	for ; n > 0 && r.in != ""; n-- {
		switch {
		case strings.HasPrefix(r.in, `\'`):
			r.in = r.in[min(4, len(r.in)):]
		case r.in[0] == '\\' || r.in[0] == '{' || r.in[0] == '}':
			return
		default:
			r.in = r.in[1:]
		}
	}
}
