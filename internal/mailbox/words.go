package mailbox

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// maxWordRounds is how often a subject is decoded again because it still holds
// encoded words: gateways encode what was encoded already.
const maxWordRounds = 3

// decodeWords decodes the encoded words of a field's value (RFC 2047). Each
// word is read as far as it goes; damaged says that some of it could not be
// read for certain.
func decodeWords(value []byte) (text string, damaged bool) {
	if !bytes.Contains(value, []byte("=?")) {
		return rawText(value), false
	}
	for range maxWordRounds {
		var bad bool
		text, bad = decodeOnce(value)
		damaged = damaged || bad
		if !strings.Contains(text, "=?") || text == string(value) {
			break
		}
		value = []byte(text)
	}
	return text, damaged
}

// decodeOnce joins the bytes of neighbouring words of one charset before it
// decodes them: a character may be split between words, which RFC 2047, 5
// forbids and mailers do.
func decodeOnce(value []byte) (string, bool) {
	var out strings.Builder
	var pending []byte // of words whose charset is charset
	var charset string
	damaged, follows := false, false // follows: the last thing met was a word
	flush := func() {
		s, ok := decodeCharset(charset, pending)
		damaged = damaged || !ok
		out.WriteString(s)
		pending = pending[:0]
	}
	for len(value) > 0 {
		w, before, after, ok := nextWord(value)
		if !ok {
			flush()
			out.WriteString(rawText(value))
			break
		}
		// White space between two encoded words is not part of the text.
		between := follows && len(bytes.TrimSpace(before)) == 0
		if !between || !strings.EqualFold(w.charset, charset) {
			flush()
		}
		if !between {
			out.WriteString(rawText(before))
		}
		charset, value, follows = w.charset, after, true
		pending = append(pending, w.text...)
		damaged = damaged || w.damaged
	}
	flush()
	return out.String(), damaged
}

// A word is an encoded word, its transfer encoding undone.
type word struct {
	charset string
	text    []byte
	damaged bool
}

// nextWord finds the first encoded word of value. A word whose end is missing
// runs to the end of the value.
func nextWord(value []byte) (w word, before, after []byte, ok bool) {
	for at := 0; ; at += 2 {
		i := bytes.Index(value[at:], []byte("=?"))
		if i < 0 {
			return word{}, nil, nil, false
		}
		at += i
		charset, rest, found := bytes.Cut(value[at+2:], []byte("?"))
		if !found || len(rest) < 2 || rest[1] != '?' || len(charset) == 0 || bytes.ContainsAny(charset, " \t\"<>") {
			continue
		}
		text, after, closed := bytes.Cut(rest[2:], []byte("?="))
		switch rest[0] {
		case 'B', 'b':
			w.text, w.damaged = decodeB(text)
		case 'Q', 'q':
			w.text = decodeQ(text)
		default:
			continue
		}
		w.charset, _, _ = strings.Cut(string(charset), "*") // RFC 2231, 5: a language may follow
		w.damaged = w.damaged || !closed
		return w, value[:at], after, true
	}
}

// decodeB decodes base64 with or without padding, in either alphabet, as far
// as it goes.
func decodeB(text []byte) (out []byte, damaged bool) {
	digits := make([]byte, 0, len(text))
	for _, c := range text {
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		case '=', ' ', '\t':
			continue
		}
		digits = append(digits, c)
	}
	for len(digits) > 0 {
		out = make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
		n, err := base64.RawStdEncoding.Decode(out, digits)
		if err == nil {
			return out[:n], damaged
		}
		// Cut at the foreign character, or drop the one digit too many.
		damaged = true
		bad, isCorrupt := err.(base64.CorruptInputError) //nolint:errorlint // Decode returns it bare
		if !isCorrupt || int(bad) >= len(digits) {
			bad = base64.CorruptInputError(len(digits) - 1)
		}
		digits = digits[:bad]
	}
	return nil, damaged
}

// decodeQ decodes the Q encoding (RFC 2047, 4.2); what is no escape stands for
// itself.
func decodeQ(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '_':
			c = ' '
		case c == '=' && i+2 < len(text):
			var b [1]byte
			if _, err := hex.Decode(b[:], text[i+1:i+3]); err == nil {
				c = b[0]
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}

// decodeCharset returns b as UTF-8. ok is false when the charset is not known
// and b is more than ASCII, so that what was read may be wrong.
func decodeCharset(charset string, b []byte) (text string, ok bool) {
	if len(b) == 0 {
		return "", true
	}
	if enc := lookup(charset); enc != nil {
		if out, err := enc.NewDecoder().Bytes(b); err == nil {
			return string(out), true
		}
	}
	switch strings.ToLower(charset) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return rawText(b), true
	}
	text = rawText(b)
	return text, len(text) == len(b)
}

// lookup finds an encoding by its label. The labels of UTF-8 and ASCII are
// left to rawText, which reads what such text really holds.
func lookup(charset string) encoding.Encoding {
	name := strings.ToLower(strings.TrimSpace(charset))
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return nil
	case "utf-16", "utf16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16be", "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf-16le", "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	}
	// The web's index reads ISO-8859-1 as Windows-1252, as mail programs do.
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	return nil
}

// rawText returns bytes without a label as text: UTF-8 where they are that,
// Windows-1252 otherwise.
func rawText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}
