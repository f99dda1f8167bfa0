package evidence

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
)

// transferBuffer is how much a decoder reads at once; of base64, which large files
// come in, it is base64Buffer.
const (
	transferBuffer = 8 << 10
	base64Buffer   = 16 << 10
)

// decoder returns a reader of what r holds under the named transfer encoding
// (RFC 2045, 6). It passes over what does not belong there instead of failing.
// An encoding that is not known is none.
func decoder(encoding string, r io.Reader) io.Reader {
	switch encoding {
	case "base64":
		return &base64Reader{r: r, in: make([]byte, base64Buffer)}
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

// WriteTo writes all that is left to w, without a copy of it.
func (d *base64Reader) WriteTo(w io.Writer) (written int64, _ error) {
	for {
		n, err := w.Write(d.out)
		d.out, written = d.out[n:], written+int64(n)
		switch {
		case err != nil:
			return written, err
		case errors.Is(d.err, io.EOF):
			return written, nil
		case d.err != nil:
			return written, d.err
		}
		d.fill()
	}
}

// fill decodes the next bufferful into d.out.
func (d *base64Reader) fill() {
	n, err := d.r.Read(d.in)
	d.err = err
	out := d.room[:0]
	for in := d.in[:n]; len(in) > 0; {
		if in[0] == '\r' || in[0] == '\n' {
			in = in[1:]
			continue
		}
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

// appendGroups decodes the groups of four characters that in begins with, two at
// once while there are as many, and returns what follows them.
func appendGroups(out, in []byte) (decoded, rest []byte) {
	const spare = 8 // more is written than is kept
	n, most := len(out), len(in)/4*3+spare
	out = slices.Grow(out, most)[:n+most]
	for ; len(in) >= 8; in, n = in[8:], n+6 {
		a, b := base64Pairs(in)
		c, d := base64Pairs(in[4:])
		if a|b|c|d >= 1<<12 {
			break
		}
		binary.BigEndian.PutUint64(out[n:], a<<52|b<<40|c<<28|d<<16)
	}
	for ; len(in) >= 4; in, n = in[4:], n+3 {
		a, b := base64Pairs(in)
		if a|b >= 1<<12 {
			break
		}
		binary.BigEndian.PutUint32(out[n:], uint32(a<<20|b<<8))
	}
	return out[:n], in
}

// base64Pairs returns the twelve bits each that the first two and the next two
// characters of in stand for; more for others than those of base64.
func base64Pairs(in []byte) (a, b uint64) {
	return uint64(base64Pair[binary.LittleEndian.Uint16(in)]), uint64(base64Pair[binary.LittleEndian.Uint16(in[2:])])
}

// base64Pair holds what two characters stand for, the first in the lower byte of
// the index.
var base64Pair = func() *[1 << 16]uint16 {
	var pairs [1 << 16]uint16
	for i := range pairs {
		a, b := base64Value[i&0xff], base64Value[i>>8]
		pairs[i] = uint16(a)<<6 | uint16(b)
		if a|b >= 64 {
			pairs[i] = 1 << 12
		}
	}
	return &pairs
}()

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
