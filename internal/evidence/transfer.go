package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// transferBuffer is how much a decoder reads at once.
const transferBuffer = 8 << 10

// decoder returns a reader of what r holds under the named transfer encoding
// (RFC 2045, 6). It passes over what does not belong there instead of failing.
// An encoding that is not known is none.
func decoder(encoding string, r io.Reader) io.Reader {
	switch encoding {
	case "base64":
		return &base64Reader{r: r, in: make([]byte, transferBuffer)}
	case "quoted-printable":
		return &quotedReader{r: bufio.NewReaderSize(r, transferBuffer)}
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return &uuReader{in: bufio.NewReaderSize(r, transferBuffer)}
	}
	return r
}

// base64Value maps the characters of base64 to their values, others to 255.
var base64Value = func() (v [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range v {
		v[i] = 255
	}
	for i := range len(alphabet) {
		v[alphabet[i]] = byte(i)
	}
	return v
}()

// A base64Reader decodes base64 with anything between the characters, padding
// in the middle (several encodings one after the other) and without padding.
type base64Reader struct {
	r    io.Reader
	in   []byte // room for raw bytes
	bits uint32 // of the characters that await their group of four, in the lowest ones
	kept int    // how many these are
	out  []byte
	room []byte
	err  error
}

func (d *base64Reader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		d.fill()
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// fill decodes the next bufferful into d.out.
func (d *base64Reader) fill() {
	n, err := d.r.Read(d.in)
	d.err = err
	out := d.room[:0]
	for in := d.in[:n]; len(in) > 0; {
		if d.kept == 0 {
			out, in = appendGroups(out, in)
			if len(in) == 0 {
				break
			}
		}
		switch v := base64Value[in[0]]; {
		case v < 64:
			d.bits, d.kept = d.bits<<6|uint32(v), d.kept+1
			if d.kept == 4 {
				out = append(out, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
				d.kept = 0
			}
		case in[0] == '=':
			out = d.flush(out)
		}
		in = in[1:]
	}
	if err != nil {
		out = d.flush(out)
	}
	d.out, d.room = out, out
}

// appendGroups decodes the groups of four characters that in begins with, and
// returns what follows them.
func appendGroups(out, in []byte) (decoded, rest []byte) {
	for len(in) >= 4 {
		a, b, c, d := base64Value[in[0]], base64Value[in[1]], base64Value[in[2]], base64Value[in[3]]
		if a|b|c|d >= 64 {
			break
		}
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		in = in[4:]
	}
	return out, in
}

// flush decodes the incomplete last group; a single character says nothing.
func (d *base64Reader) flush(out []byte) []byte {
	switch d.kept {
	case 2:
		out = append(out, byte(d.bits>>4))
	case 3:
		out = append(out, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.kept = 0
	return out
}

// A quotedReader decodes quoted-printable. What is no escape stands for
// itself.
type quotedReader struct {
	r   *bufio.Reader
	out []byte
	buf []byte
	err error
}

func (d *quotedReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		d.line()
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// line decodes the next line, or piece of an overlong one, into d.out.
func (d *quotedReader) line() {
	line, err := d.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
		if bytes.IndexByte(line[len(line)-2:], '=') >= 0 {
			line, err = d.finish(slices.Clone(line))
		}
	}
	d.err = err
	d.out = appendQuoted(d.buf[:0], line)
	d.buf = d.out
}

// finish adds to a piece of a line the bytes that complete the escape at its
// end.
func (d *quotedReader) finish(line []byte) ([]byte, error) {
	for range 2 {
		c, err := d.r.ReadByte()
		if err != nil {
			return line, err
		}
		line = append(line, c)
	}
	return line, nil
}

// appendQuoted appends what a line of quoted-printable says.
func appendQuoted(out, line []byte) []byte {
	body := bytes.TrimRight(line, " \t\r\n")
	if soft, ok := bytes.CutSuffix(body, []byte("=")); ok && len(body) < len(line) {
		body, line = soft, soft
	}
	end := line[len(body):]
	if bytes.IndexByte(end, '\n') < 0 && len(end) > 0 {
		body, end = line, nil // white space within an overlong line
	}
	for {
		i := bytes.IndexByte(body, '=')
		if i < 0 {
			out = append(out, body...)
			break
		}
		out = append(out, body[:i]...)
		if i+2 < len(body) {
			if c, ok := unhex(body[i+1], body[i+2]); ok {
				out = append(out, c)
				body = body[i+3:]
				continue
			}
		}
		out = append(out, '=')
		body = body[i+1:]
	}
	return append(out, bytes.TrimLeft(end, " \t")...)
}

// looksBase64 reports whether text is nothing but base64 in lines, whatever
// its header says.
func looksBase64(text []byte) bool {
	const least = 200 // shorter runs of letters may be anything
	text = bytes.TrimSpace(text)
	if len(text) < least {
		return false
	}
	rows, width := 0, 0
	for line := range bytes.Lines(text) {
		line = chomp(line)
		if rows == 0 {
			width = len(line)
		}
		rows++
		last := len(line) < width
		for i, c := range line {
			if base64Value[c] == 255 && (c != '=' || i < len(line)-2) {
				return false
			}
		}
		if !last && len(line) != width || width < 40 || len(line) == 0 {
			return false
		}
	}
	return rows > 2 && !bytes.ContainsAny(text[:width], "= ")
}

// isBase64 reports whether s has nothing but characters of base64.
func isBase64(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		if base64Value[s[i]] == 255 {
			return false
		}
	}
	return true
}

// looksQuoted reports whether text declared as unencoded is quoted-printable:
// soft line ends and escapes, and none of the characters that it would encode.
func looksQuoted(text []byte) bool {
	return isASCII(text) && bytes.Count(text, []byte("=3D")) > 1 &&
		(bytes.Contains(text, []byte("=\n")) || bytes.Contains(text, []byte("=\r\n"))) &&
		bytes.Count(text, []byte("=3D")) > bytes.Count(text, []byte("=\""))
}
