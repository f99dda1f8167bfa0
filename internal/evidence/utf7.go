package evidence

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// decodeUTF7 decodes UTF-7 (RFC 2152), which no converter knows any more and
// attackers still use to get past filters. What is not valid stands for
// itself.
func decodeUTF7(raw []byte) string {
	s := strings.ToValidUTF8(string(raw), "\ufffd")
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "+")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		n := 0
		for n < len(rest) && base64Value[rest[n]] < 64 {
			n++
		}
		word := rest[:n]
		s = strings.TrimPrefix(rest[n:], "-")
		if n == 0 {
			out.WriteByte('+')
			continue
		}
		if n%4 == 1 {
			word = word[:n-1]
		}
		b, err := base64.RawStdEncoding.DecodeString(word)
		if err != nil && len(b) == 0 {
			out.WriteString("+" + rest[:n])
			continue
		}
		units := make([]uint16, 0, len(b)/2)
		for i := 0; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		out.WriteString(string(utf16.Decode(units)))
	}
}
