package evidence

import (
	"sort"
	"strings"

	"aupd/internal/aup"

	"golang.org/x/net/publicsuffix"
)

// A refanged is a text in which addresses that were written so that nobody
// clicks on them ("hxxp://a[.]example") stand as they are meant, with the way
// back to the text as it was written.
type refanged struct {
	text  string
	edits []edit // in order, without overlap
}

// An edit says that text[at:to] stands for from[at:to] of the text as written.
type edit struct {
	at, to         int // in refanged.text
	fromAt, fromTo int // as written
}

// written returns the range of the text as written that r of the refanged text
// stands for. A range that begins or ends within an edit takes it in whole.
func (f *refanged) written(r aup.Range) aup.Range {
	return aup.Range{Start: f.origin(r.Start, false), End: f.origin(r.End, true)}
}

// origin returns where the offset at of the refanged text stands as written.
func (f *refanged) origin(at int, end bool) int {
	// The last edit that begins before at, or at it when at is a beginning.
	i := sort.Search(len(f.edits), func(i int) bool {
		return f.edits[i].at > at || end && f.edits[i].at == at
	}) - 1
	if i < 0 {
		return at
	}
	switch e := f.edits[i]; {
	case at >= e.to:
		return e.fromTo + at - e.to
	case end:
		return e.fromTo
	default:
		return e.fromAt
	}
}

// edited reports whether anything in r was written otherwise.
func (f *refanged) edited(r aup.Range) bool {
	i := sort.Search(len(f.edits), func(i int) bool { return f.edits[i].to > r.Start })
	return i < len(f.edits) && f.edits[i].at < r.End
}

// refang reads s in one pass. Most texts have nothing to refang, and are not
// copied.
func refang(s string) refanged {
	f := refanged{}
	var out []byte // from the first edit on, what stands for s[:done]
	done := 0
	for i := fangs.next(s, 0); i < len(s); i = fangs.next(s, i) {
		if !mayFang(s, i) {
			i++
			continue
		}
		before := s[max(0, i-lastReach):i]
		if len(f.edits) > 0 {
			out, done = append(out, s[done:i]...), i
			before = string(out[max(0, len(out)-lastReach):])
		}
		with, n, loose, ok := fang(s, i, isWord(lastWord(before)))
		if !ok {
			i++
			continue
		}
		if len(f.edits) == 0 {
			out = append(make([]byte, 0, len(s)), s[:i]...)
		}
		from := i
		if loose {
			for len(out) > 0 && out[len(out)-1] == ' ' && (len(f.edits) == 0 || f.edits[len(f.edits)-1].to < len(out)) {
				out, from = out[:len(out)-1], from-1
			}
			for i+n < len(s) && s[i+n] == ' ' {
				n++
			}
		}
		at := len(out)
		out = append(out, with...)
		f.edits = append(f.edits, edit{at, len(out), from, i + n})
		i += n
		done = i
	}
	if len(f.edits) == 0 {
		return refanged{text: s}
	}
	f.text = string(append(out, s[done:]...))
	return f
}

// fangs holds what fang looks for begins with, in two bytes.
var fangs = func() *bytePairs {
	var begins bytePairs
	for first, seconds := range map[byte]string{
		'[': bracketBegins, '(': bracketBegins, '{': bracketBegins, '\\': ".", ' ': "dDaA", 'h': "xX*_tT", 'H': "xX*_tT", 'f': "xX", 'F': "xX",
		0xc2: "\xad", 0xe2: "\x80\x81", 0xe3: "\x80", 0xef: "\xbb\xbc\xbd",
	} {
		for _, second := range []byte(seconds) {
			begins.add(first, second)
		}
	}
	return &begins
}()

// bracketBegins are what the words in brackets begin with, or white space before
// them.
const bracketBegins = ".dDpPaA\xc3@:/ \t\n\v\f\r\xc2\xe1\xe2\xe3"

// mayFang reports whether fang has to look at s[i:], which begins with two bytes
// of fangs.
func mayFang(s string, i int) bool {
	switch s[i] {
	case 'h', 'H', 'f', 'F':
		return i == 0 || !isWord(s[i-1])
	case ' ':
		return i+2 < len(s) && (s[i+2]|0x20 == 'o' || s[i+2]|0x20 == 't')
	}
	return true
}

// lastReach is how far back lastWord looks.
const lastReach = 3

// lastWord returns the last byte of s that is no space.
func lastWord(s string) byte {
	for i := len(s) - 1; i >= 0 && i >= len(s)-lastReach; i-- {
		if s[i] != ' ' {
			return s[i]
		}
	}
	return ' '
}

// fang looks at s[i:]: when something was put there to disarm an address, it
// returns what to put instead of how many bytes. loose says that the spaces
// around it go as well. word says that a word stands before it.
func fang(s string, i int, word bool) (with string, n int, loose, ok bool) {
	switch c := s[i]; c {
	case '[', '(', '{':
		return bracketed(s[i:], word)
	case '\\':
		if word && i+2 < len(s) && s[i+1] == '.' && isWord(s[i+2]) {
			return ".", 2, false, true
		}
	case 'h', 'H', 'f', 'F':
		return scheme(s[i:])
	case ' ':
		return spokenDot(s[i:], word)
	case 0xc2, 0xe2, 0xe3, 0xef:
		return unusual(s[i:], word)
	}
	return "", 0, false, false
}

// bracketed reads "[.]", "(dot)", "{at}", "[:]", "[://]", and "[." before a
// word, which some tools write.
func bracketed(s string, word bool) (with string, n int, loose, ok bool) {
	closing := s[0] + 2 // of "[" and "{"
	if s[0] == '(' {
		closing = ')'
	}
	end := strings.IndexByte(s[:min(len(s), 9)], closing)
	if end < 0 {
		if word && len(s) > 2 && s[0] == '[' && s[1] == '.' && isWord(s[2]) {
			return ".", 2, false, true
		}
		return "", 0, false, false
	}
	switch in := strings.ToLower(strings.TrimSpace(s[1:end])); in {
	case ".", "dot", "punkt", "point", "punto":
		return ".", end + 1, word, word
	case "at", "@", "ät":
		return "@", end + 1, word, word
	case ":", "://", "/", "//":
		return in, end + 1, false, word || in != "://"
	}
	return "", 0, false, false
}

// scheme reads "hxxp", "hXXps", "h**p", "htxp" and "fxp" before a colon.
func scheme(s string) (with string, n int, loose, ok bool) {
	if len(s) > 3 && (s[0]|0x20) == 'f' && strings.EqualFold(s[:3], "fxp") && (s[3] == ':' || s[3] == '[') {
		return "ftp", 3, false, true
	}
	if len(s) < 6 || s[0]|0x20 != 'h' || s[3]|0x20 != 'p' {
		return "", 0, false, false
	}
	masked := false
	for _, c := range []byte(s[1:3]) {
		switch c {
		case 'x', 'X', '*', '_':
			masked = true
		case 't', 'T':
		default:
			return "", 0, false, false
		}
	}
	after := s[4:]
	if after[0]|0x20 == 's' {
		after = after[1:]
	}
	if !masked || after == "" || after[0] != ':' && after[0] != '[' && after[0] != '(' {
		return "", 0, false, false
	}
	return "http", 4, false, true
}

// spokenDot reads " dot " where a top-level domain follows, and " at " where
// such a dot follows its word. People write "at" far too often for less.
func spokenDot(s string, word bool) (with string, n int, loose, ok bool) {
	if !word || len(s) < 6 {
		return "", 0, false, false
	}
	if strings.EqualFold(s[:5], " dot ") {
		label, rest := cutLabel(s[5:])
		return ".", 5, false, isTop(label) || label != "" && beginsWith(rest, " dot ")
	}
	if strings.EqualFold(s[:4], " at ") {
		label, rest := cutLabel(s[4:])
		rest = strings.TrimLeft(rest, " ")
		for _, dot := range []string{"dot ", "[dot]", "(dot)", "[.]", "(.)", "{.}"} {
			if label != "" && beginsWith(rest, dot) {
				return "@", 4, false, true
			}
		}
	}
	return "", 0, false, false
}

// unusual reads characters that nobody sees, and the full stops of other
// scripts within a name.
func unusual(s string, word bool) (with string, n int, loose, ok bool) {
	for _, z := range []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"} {
		if strings.HasPrefix(s, z) {
			return "", len(z), false, true
		}
	}
	for _, dot := range []string{"。", "．", "｡"} {
		if word && strings.HasPrefix(s, dot) && len(s) > len(dot) && isWord(s[len(dot)]) {
			return ".", len(dot), false, true
		}
	}
	return "", 0, false, false
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '-' || c == '_'
}

// cutLabel cuts a domain label off the front of s.
func cutLabel(s string) (label, rest string) {
	n := 0
	for n < len(s) && n < 64 && isWord(s[n]) {
		n++
	}
	return s[:n], s[n:]
}

// isTop reports whether label is a top-level domain, or one that is reserved
// for examples (RFC 2606, 2).
func isTop(label string) bool {
	label = strings.ToLower(label)
	switch label {
	case "":
		return false
	case "com", "net", "org", "example", "test": // most are
		return true
	}
	_, listed := publicsuffix.PublicSuffix("x." + label)
	return listed
}
