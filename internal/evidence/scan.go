package evidence

import (
	"bytes"
	"io"

	"aupd/internal/aup"
)

// scanWindow is how much of a source a lines holds at once, and so the most
// that peek can see. A line longer than that comes in pieces.
const scanWindow = 64 << 10

// hold reads the size bytes of r into memory when a window holds them, so that
// they are read once; it returns r when it cannot, or need not.
func hold(r io.ReaderAt, size int64) io.ReaderAt {
	if b, ok := r.(aup.Bytes); ok && size <= int64(len(b)) {
		return b[:size]
	}
	if size < 1 || size > scanWindow {
		return r
	}
	h := make(aup.Bytes, size)
	if n, _ := r.ReadAt(h, 0); n < len(h) {
		return r
	}
	return h
}

// A lines reads a source line by line and knows the offset of each.
type lines struct {
	r    io.ReaderAt
	end  int64     // of the source
	pos  int64     // of the next byte to be returned
	held aup.Bytes // the source, if it lies in memory
	buf  []byte    // else what was read of it
	have []byte    // the unread bytes, from pos on, that are in the window
	eol  byte      // '\n'; '\r' in a source that has no other line ends
	bol  bool      // pos is the beginning of a line
	last int       // length of the line end that was returned last
}

func newLines(r io.ReaderAt, size int64) *lines {
	l := &lines{r: r, end: size, eol: '\n', bol: true}
	if b, ok := r.(aup.Bytes); ok && size <= int64(len(b)) {
		l.held = b
	} else {
		l.buf = make([]byte, min(scanWindow, max(size, 1)))
	}
	if head := l.peek(); bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.eol = '\r'
	}
	return l
}

// peek returns the bytes from pos on, at least half a window where the source
// has them; none at its end. They are valid until the next call of any method.
func (l *lines) peek() []byte {
	// Filling up at every call would copy the window for every line.
	if want := min(scanWindow, l.end-l.pos); int64(len(l.have)) < want && len(l.have) < scanWindow/2 {
		if l.held != nil {
			l.have = l.held[l.pos : l.pos+want]
			return l.have
		}
		n := copy(l.buf, l.have)
		m, err := l.r.ReadAt(l.buf[n:want], l.pos+int64(n))
		l.have = l.buf[:n+m]
		if err != nil {
			// The source is shorter than was said, or cannot be read: what there
			// is counts.
			l.end = l.pos + int64(len(l.have))
		}
	}
	return l.have
}

// next returns the next line with its line end, or a piece of one that is
// longer than the window. bol reports whether it begins a line; ok is false at
// the end of the source.
func (l *lines) next() (line []byte, bol, ok bool) {
	i := bytes.IndexByte(l.have, l.eol)
	if i < 0 {
		i = bytes.IndexByte(l.peek(), l.eol)
	}
	if len(l.have) == 0 {
		return nil, l.bol, false
	}
	n := len(l.have)
	if i >= 0 {
		n = i + 1
	}
	line, bol = l.have[:n], l.bol
	l.have, l.pos = l.have[n:], l.pos+int64(n)
	l.bol = i >= 0
	l.last = l.endLength(line)
	return line, bol, true
}

// endLength returns how long the line end is that b ends with.
func (l *lines) endLength(b []byte) int {
	switch n := len(b); {
	case b[n-1] != l.eol:
		return 0
	case n > 1 && b[n-2] == '\r' && l.eol == '\n':
		return 2
	}
	return 1
}

// skipTo moves past the lines of the window, whole ones, that stand before the
// first with c in it.
func (l *lines) skipTo(c byte) {
	free := l.have
	if i := bytes.IndexByte(free, c); i >= 0 {
		free = free[:i]
	}
	if n := bytes.LastIndexByte(free, l.eol) + 1; n > 0 {
		l.bol, l.last = true, l.endLength(free[:n])
		l.have, l.pos = l.have[n:], l.pos+int64(n)
	}
}

// peekLine returns the next line without moving, or as much of it as the
// window shows.
func (l *lines) peekLine() []byte {
	i := bytes.IndexByte(l.have, l.eol)
	if i < 0 {
		i = bytes.IndexByte(l.peek(), l.eol)
	}
	if i >= 0 {
		return l.have[:i+1]
	}
	return l.have
}

// chomp returns line without its line end and trailing white space.
func chomp(line []byte) []byte { return bytes.TrimRight(line, " \t\r\n") }
