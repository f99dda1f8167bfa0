package evidence

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeHeader returns the text of a raw field value: encoded words (RFC 2047)
// as they are met, also within quotes, glued to other text, with spaces in Q
// or padding missing; anything else 8-bit by its likeliest charset. Adjacent
// words of one charset are joined before they are decoded, because senders cut
// within characters. The result is valid UTF-8.
func decodeHeader(s string) string {
	var g guesser
	return g.header(s)
}

// header decodes a part of a field's value as decodeHeader does.
func (g *guesser) header(s string) string {
	if !strings.Contains(s, "=?") {
		return g.raw(s)
	}
	var out strings.Builder
	var pending []byte // the bytes of adjacent words of one charset
	var charset string
	flush := func() {
		if len(pending) > 0 {
			text, _ := g.decode(pending, charset)
			out.WriteString(text)
			pending = pending[:0]
		}
	}
	for s != "" {
		before, word, after, ok := cutWord(s)
		if !ok {
			break
		}
		if len(pending) == 0 || strings.TrimSpace(before) != "" {
			flush()
			out.WriteString(g.raw(before))
		}
		if word.charset != charset {
			flush()
			charset = word.charset
		}
		pending = append(pending, word.data...)
		s = after
	}
	flush()
	out.WriteString(g.raw(s))
	return out.String()
}

// raw returns text outside of encoded words as valid UTF-8.
func (g *guesser) raw(s string) string {
	if isASCII(s) {
		return s
	}
	text, _ := g.decode([]byte(s), "")
	return text
}

// An encodedWord is one =?charset?encoding?text?= with its bytes decoded.
type encodedWord struct {
	charset string
	data    []byte
}

// cutWord cuts s around its first encoded word.
func cutWord(s string) (before string, w encodedWord, after string, ok bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], "=?")
		if i < 0 {
			return s, w, "", false
		}
		i += from
		charset, rest, ok1 := strings.Cut(s[i+2:], "?")
		if !ok1 {
			return s, w, "", false
		}
		if len(rest) > 1 && rest[1] == '?' && len(charset) < 40 && !strings.ContainsAny(charset, " \t") {
			if data, after, ok := wordData(rest[0], rest[2:]); ok {
				charset, _, _ = strings.Cut(charset, "*") // RFC 2231, 5: a language behind it
				return s[:i], encodedWord{strings.ToLower(charset), data}, after, true
			}
		}
		from = i + 2
	}
}

// wordData decodes the text of an encoded word up to its "?=". Q text may hold
// question marks of its own; an unended word ends with the value.
func wordData(encoding byte, s string) (data []byte, after string, ok bool) {
	if !strings.ContainsRune("BbQq", rune(encoding)) {
		return nil, "", false
	}
	end := strings.Index(s, "?=")
	// "?==?" and "?=XX" after Q: the first closes the word, the second is a
	// question mark that was not encoded, and an encoded byte.
	for (encoding == 'Q' || encoding == 'q') && end >= 0 && end+3 < len(s) && s[end+2] != '=' {
		if _, isByte := unhex(s[end+2], s[end+3]); !isByte || !strings.Contains(s[end+2:], "?=") {
			break
		}
		next := strings.Index(s[end+2:], "?=")
		if strings.ContainsAny(s[end+2:end+2+next], " \t") {
			break
		}
		end += 2 + next
	}
	text, after := s, ""
	if end >= 0 {
		text, after = s[:end], s[end+2:]
	}
	if encoding == 'B' || encoding == 'b' {
		return decodeBase64(text), after, true
	}
	return decodeQ(text), after, true
}

// decodeBase64 decodes what can be decoded: padding may be missing or stand in
// the middle, foreign characters are passed over.
func decodeBase64(s string) []byte {
	var out []byte
	for chunk := range strings.SplitSeq(s, "=") {
		clean := bytes.Map(func(r rune) rune {
			if r < 128 && base64Value[byte(r)] < 64 {
				return r
			}
			return -1
		}, []byte(chunk))
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
		}
		b, _ := base64.RawStdEncoding.AppendDecode(nil, clean)
		out = append(out, b...)
	}
	return out
}

func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s):
			if c, ok := unhex(s[i+1], s[i+2]); ok {
				out = append(out, c)
				i += 2
				continue
			}
			out = append(out, '=')
		default:
			out = append(out, s[i])
		}
	}
	return out
}
