package evidence

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// charsetAliases holds names that senders use and the registers do not know,
// and names whose bytes are in truth those of a larger set (WHATWG Encoding).
var charsetAliases = map[string]string{
	"utf8": "utf-8", "utf-8-strict": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp65001": "utf-8", "x-utf-8": "utf-8",
	"us-ascii": "", "ascii": "", "ansi_x3.4-1968": "", "646": "", // 8-bit text cannot be what it says
	"iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859-1": "windows-1252", "latin1": "windows-1252",
	"latin-1": "windows-1252", "8859-1": "windows-1252", "ansi": "windows-1252", "x-ansi": "windows-1252",
	"iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-9": "windows-1254", "iso-8859-11": "windows-874",
	"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030", "hz": "hz-gb-2312",
	"ks_c_5601-1987": "euc-kr", "ks_c_5601": "euc-kr", "cp949": "euc-kr", "ksc5601": "euc-kr", "x-euc-kr": "euc-kr",
	"cp932": "shift_jis", "x-sjis": "shift_jis", "sjis": "shift_jis", "windows-31j": "shift_jis", "ms932": "shift_jis",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "x-euc-jp": "euc-jp", "eucjp": "euc-jp",
	"cp950": "big5", "big5-hkscs": "big5", "x-big5": "big5", "koi8": "koi8-r", "koi8-ru": "koi8-u",
	"tis-620": "windows-874", "tis620": "windows-874", "utf-16": "utf-16le", "ucs-2": "utf-16le", "macintosh": "macintosh",
	"x-mac-roman": "macintosh", "x-mac-cyrillic": "x-mac-cyrillic",
	"unknown": "", "unknown-8bit": "", "x-unknown": "", "8bit": "", "default": "", "none": "", "_iso-2022-jp$esc": "iso-2022-jp",
}

// decodeCharset decodes a text that stands alone.
func decodeCharset(raw []byte, declared string) (text, used string) {
	var g guesser
	return g.decode(raw, declared)
}

// A guesser decodes pieces of one text. What charset they are in is guessed from
// the first, and again from one twice as long: a guess costs as much as reading
// some KB, and pieces may be a byte long.
type guesser struct {
	charset string // as guessed
	from    int    // the length of what it was guessed from; 0 before
}

// decode returns raw as valid UTF-8 and the charset that it was read with. The
// declared charset holds unless the bytes speak against it; without one, UTF-8
// is tried first, because a text is not valid UTF-8 by chance.
func (g *guesser) decode(raw []byte, declared string) (text, used string) {
	name := charsetName(declared)
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")) && utf8.Valid(raw):
		return string(raw[3:]), "utf-8"
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return convert(raw[2:], "utf-16le")
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return convert(raw[2:], "utf-16be")
	case name == "utf-7":
		return decodeUTF7(raw), "utf-7"
	case shiftsState(name):
		return convert(raw, name)
	case isASCII(raw):
		if name == "" && bytes.Contains(raw, []byte("\x1b$")) {
			return convert(raw, "iso-2022-jp")
		}
		return string(raw), asDeclared(declared, "us-ascii")
	case utf8.Valid(raw) && !multiByte(name):
		return string(raw), "utf-8"
	case name == "" || name == "utf-8" || name == "windows-1252" && mostly8Bit(raw):
		return g.guess(raw, name)
	}
	if text, used = convert(raw, name); used == "" {
		return g.guess(raw, "")
	}
	if bad := strings.Count(text, "\ufffd"); bad*20 > utf8.RuneCountInString(text) {
		if utf8.Valid(raw) {
			return string(raw), "utf-8"
		}
		return g.guess(raw, "")
	}
	return text, used
}

// charsetName returns the name by which the converters know a charset.
func charsetName(declared string) string {
	name := strings.ToLower(strings.Trim(declared, " \t\"'"))
	if alias, ok := charsetAliases[name]; ok {
		return alias
	}
	if n, ok := strings.CutPrefix(name, "cp-"); ok {
		name = "cp" + n
	}
	if n, ok := strings.CutPrefix(name, "cp125"); ok {
		return "windows-125" + n
	}
	if n, ok := strings.CutPrefix(name, "windows125"); ok {
		return "windows-125" + n
	}
	return name
}

// asDeclared returns what a text that decodes alike under both is said to be.
func asDeclared(declared, otherwise string) string {
	if declared == "" {
		return otherwise
	}
	return strings.ToLower(declared)
}

// shiftsState reports whether the charset writes other characters in ASCII
// bytes.
func shiftsState(name string) bool {
	return strings.HasPrefix(name, "iso-2022-") || strings.HasPrefix(name, "utf-16") || name == "hz-gb-2312"
}

// multiByte reports whether valid UTF-8 may by chance be text in this charset
// as well; for the single-byte ones it may not, they are often declared and
// not meant.
func multiByte(name string) bool {
	switch name {
	case "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis":
		return true
	}
	return false
}

// convert decodes raw as name; used is empty when no converter is known.
func convert(raw []byte, name string) (text, used string) {
	e := encodingOf(name)
	if e == nil {
		return "", ""
	}
	b, err := e.NewDecoder().Bytes(raw)
	if err != nil && len(b) == 0 {
		return "", ""
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), name
}

// encodingOf looks a charset up by its names in the registers of IANA and of the
// web; nil when neither knows it. The errors say no more.
func encodingOf(name string) encoding.Encoding {
	e, _ := ianaindex.MIME.Encoding(name)
	if e == nil {
		e, _ = ianaindex.MIME.Encoding("cs" + name)
	}
	if e == nil {
		e, _ = htmlindex.Get(name)
	}
	return e
}

// guessSample is how much a charset is guessed from: more does not change the
// guess and costs time.
const guessSample = 16 << 10

// guess decodes 8-bit text whose charset nobody knows. Mostly valid UTF-8 is
// damaged UTF-8.
func (g *guesser) guess(raw []byte, declared string) (text, used string) {
	if valid := strings.ToValidUTF8(string(raw), "\ufffd"); strings.Count(valid, "\ufffd")*10 < nonASCII(valid) ||
		declared == "utf-8" && strings.Count(valid, "\ufffd")*4 < nonASCII(valid) {
		return valid, "utf-8"
	}
	if len(raw) > 2*g.from {
		g.charset, g.from = charsetName(likeliest(raw[:min(len(raw), guessSample)])), len(raw)
	}
	if g.charset != "utf-8" && g.charset != "" {
		if text, used = convert(raw, g.charset); used != "" {
			return text, used
		}
	}
	b, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\ufffd"), "utf-8"
	}
	return string(b), "windows-1252"
}

// likeliest returns the charset that the model takes raw for, empty when it is
// not sure. Of two as likely it is the first by name, as the model's own order
// changes from one call to the next.
func likeliest(raw []byte) string {
	best := chardet.Result{Confidence: 30}             // per cent, by its own measure; below it, it is right less than half the time
	all, _ := chardet.NewTextDetector().DetectAll(raw) // the error says that there is none
	for _, r := range all {
		if r.Confidence > best.Confidence || r.Confidence == best.Confidence && (best.Charset == "" || r.Charset < best.Charset) {
			best = r
		}
	}
	return best.Charset
}

// mostly8Bit reports whether raw has more 8-bit bytes than any text in a Latin
// script: Latin-1 is what programs declare that know nothing better.
func mostly8Bit(raw []byte) bool {
	n := 0
	for _, c := range raw {
		if c >= utf8.RuneSelf {
			n++
		}
	}
	return n*5 > len(raw)*2
}

func nonASCII(s string) int {
	n := 0
	for _, r := range s {
		if r >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

func isASCII[text string | []byte](s text) bool {
	const high = 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] { // which is read at once
		if (uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

var cleaner = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "", "\ufeff", "")

// cleanText returns decoded text as a part holds it: \n line ends, no NUL, no
// byte order mark.
func cleanText(s string) string {
	switch odd := strings.IndexByte(s, 0) >= 0 || strings.Contains(s, "\ufeff"); {
	case odd:
		return cleaner.Replace(s)
	case strings.IndexByte(s, '\r') < 0:
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\r')
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		out.WriteByte('\n')
		s = strings.TrimPrefix(s[i+1:], "\n")
	}
}
