package evidence

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A contentType is what the MIME fields of a header say (RFC 2045, RFC 2183).
type contentType struct {
	mediaType   string            // lower case
	params      map[string]string // names in lower case, values decoded
	disposition string            // lower case; empty without the field
	name        string            // the file name
	encoding    string            // lower case
	declared    bool              // the header has a Content-Type
}

func entityType(fields []field, defaultType string) contentType {
	t := contentType{mediaType: defaultType}
	if v := first(fields, "Content-Type"); v != "" {
		if value, params := parseParams(v); strings.Contains(value, "/") {
			t.mediaType, t.params, t.declared = value, params, true
		} else if value == "text" {
			t.params = params
		}
	}
	var params map[string]string
	t.disposition, params = parseParams(first(fields, "Content-Disposition"))
	t.name = params["filename"]
	if t.name == "" {
		t.name = t.params["name"]
	}
	t.name = fileName(t.name)
	// Comments and stray parameters are met behind the encoding's name.
	t.encoding, _ = parseParams(first(fields, "Content-Transfer-Encoding"))
	return t
}

// fileName returns a file name as it may be shown: decoded, on one line, cut to
// what file systems allow.
func fileName(raw string) string {
	const longest = 255
	name := line(cleanText(decodeHeader(raw[:min(len(raw), maxFieldBytes)])))
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	return name
}

// isMessageType reports whether a part of this type is a whole message.
func isMessageType(mediaType string) bool {
	return mediaType == "message/rfc822" || mediaType == "message/global" || mediaType == "message/news"
}

// maxParams bounds the parameters of one field; RFC 2231 splits long names
// into a dozen.
const maxParams = 100

// parseParams reads "value; name=value; …" (RFC 2045, 5.1) with the
// continuations and charsets of RFC 2231, forgiving what senders get wrong:
// missing quotes, doubled names (the first counts), stray semicolons, comments.
func parseParams(s string) (value string, params map[string]string) {
	split := false // by RFC 2231
	value, s = cutParam(s)
	value = strings.ToLower(strings.TrimSpace(value))
	if i := strings.IndexAny(value, " \t("); i >= 0 {
		value = value[:i]
	}
	for n := 0; s != "" && n < maxParams; n++ {
		var one string
		one, s = cutParam(s)
		name, v, ok := strings.Cut(one, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, double := params[name]; !ok || name == "" || double {
			continue
		}
		if params == nil {
			params = make(map[string]string)
		}
		params[name] = unquote(strings.TrimSpace(v))
		split = split || strings.IndexByte(name, '*') >= 0
	}
	if split {
		joinParams(params)
	}
	return value, params
}

// cutParam cuts s at the next semicolon that is not within quotes.
func cutParam(s string) (one, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			quoted = !quoted
		case '\\':
			if quoted {
				i++
			}
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	// An unclosed quote must not swallow the other parameters.
	if i := strings.IndexByte(s, ';'); quoted && i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// unquote returns what a quoted string (RFC 5322, 3.2.4) says, or s without
// the comment behind it when it is not quoted.
func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.Index(s, " ("); i >= 0 {
			s = s[:i]
		}
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// joinParams replaces name*, name*0, name*1* … by name (RFC 2231, 3 and 4).
func joinParams(params map[string]string) {
	var g guesser
	for _, key := range slices.Sorted(maps.Keys(params)) {
		v := params[key]
		name, star, ok := strings.Cut(key, "*")
		if !ok || name == "" || star != "" && star != "0" && star != "0*" {
			continue
		}
		charset, extended := "", star == "" || star == "0*"
		if extended {
			if p := strings.SplitN(v, "'", 3); len(p) == 3 {
				charset, v = p[0], p[2]
			}
			v = unescapePercent(v)
		}
		for n := 1; star != "" && n < maxParams; n++ {
			next := name + "*" + strconv.Itoa(n)
			if more, ok := params[next]; ok {
				v += more
			} else if more, ok := params[next+"*"]; ok {
				v += unescapePercent(more)
			} else {
				break
			}
		}
		text, _ := g.decode([]byte(v), charset)
		params[name] = text
	}
}

func unescapePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := unhex(s[i+1], s[i+2]); ok {
				b = append(b, c)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// unhex returns the byte that two hexadecimal digits stand for.
func unhex(hi, lo byte) (byte, bool) {
	h, l := hexDigit(hi), hexDigit(lo)
	return h<<4 | l, h < 16 && l < 16
}

func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
