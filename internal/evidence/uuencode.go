package evidence

import (
	"bufio"
	"bytes"
	"io"
)

// A uuReader decodes the lines between "begin" and "end" of uuencoded text.
type uuReader struct {
	in   *bufio.Reader
	out  []byte
	room []byte
	open bool
	err  error
}

func (d *uuReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		line, err := d.in.ReadSlice('\n')
		d.err = err
		switch line = bytes.TrimRight(line, "\r\n"); {
		case !d.open:
			d.open = uuBegin(line) != ""
		case bytes.Equal(line, []byte("end")):
			d.err = io.EOF
		default:
			d.out = appendUU(d.room[:0], line)
			d.room = d.out
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// uuBegin returns the file name of a line "begin 644 name", empty for any
// other line.
func uuBegin(line []byte) string {
	rest, ok := bytes.CutPrefix(line, []byte("begin "))
	if !ok {
		return ""
	}
	mode, name, _ := bytes.Cut(rest, []byte(" "))
	if len(mode) < 3 || len(mode) > 4 || len(bytes.Trim(mode, "01234567")) > 0 {
		return ""
	}
	return string(bytes.TrimSpace(name))
}

// appendUU appends what one uuencoded line holds; characters that are missing
// at its end are the spaces that a gateway cut off.
func appendUU(out, line []byte) []byte {
	if len(line) == 0 {
		return out
	}
	n := int(line[0]-' ') & 63
	line = line[1:]
	at := func(i int) byte {
		if i < len(line) {
			return (line[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; n > 0; i += 4 {
		a, b, c, d := at(i), at(i+1), at(i+2), at(i+3)
		three := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		out = append(out, three[:min(n, 3)]...)
		n -= 3
	}
	return out
}
