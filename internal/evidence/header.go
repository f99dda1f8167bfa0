package evidence

import (
	"bytes"
	"strings"
)

// A field is one header field: the name as written, the value unfolded and
// otherwise raw, without NUL and surrounding white space.
type field struct {
	name, value string
}

// parseFields reads the fields of a raw header. Lines that are no field and
// continue none are left out.
func parseFields(raw []byte) []field {
	var fields []field
	eol := byte('\n')
	if bytes.IndexByte(raw, '\n') < 0 {
		eol = '\r'
	}
	for len(raw) > 0 {
		n := fieldEnd(raw, eol)
		line := raw[:n]
		raw = raw[n:]
		if !looksLikeField(line) {
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		fields = append(fields, field{string(bytes.TrimRight(name, " \t")), unfold(value)})
	}
	return fields
}

// fieldEnd returns where the field that raw begins with ends: after the first
// line that no folded line follows.
func fieldEnd(raw []byte, eol byte) int {
	n := 0
	for {
		i := bytes.IndexByte(raw[n:], eol)
		if i < 0 {
			return len(raw)
		}
		n += i + 1
		if n >= len(raw) || raw[n] != ' ' && raw[n] != '\t' {
			return n
		}
	}
}

// unfold returns value on one line (RFC 5322, 2.2.3): every line end goes, and
// one that no white space follows becomes a space, as bare CR is used to hide
// fields.
func unfold(value []byte) string {
	value = bytes.Trim(value, " \t\r\n\x00")
	if !bytes.ContainsAny(value, "\r\n\x00") {
		return string(value)
	}
	var b strings.Builder
	b.Grow(len(value))
	for i, c := range value {
		switch c {
		case 0:
		case '\r', '\n':
			if next := value[i+1]; next != ' ' && next != '\t' && next != '\r' && next != '\n' {
				b.WriteByte(' ')
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// looksLikeField reports whether line begins with a field name and a colon
// (RFC 5322, 2.2); white space before the colon is allowed, as of old.
func looksLikeField(line []byte) bool {
	const longestName = 80
	for i, c := range line {
		switch {
		case c == ':':
			return i > 0
		case c == ' ' || c == '\t':
			rest := bytes.TrimLeft(line[i:], " \t")
			return i > 0 && len(rest) > 0 && rest[0] == ':'
		case c < 33 || c > 126 || i > longestName:
			return false
		}
	}
	return false
}

// first returns the value of the first field with the given name, in any case.
func first(fields []field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}
