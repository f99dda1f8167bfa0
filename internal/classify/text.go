package classify

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A folded text is a text in the form that phrases are looked for in: lower
// case, compatibility forms and accents gone, format characters and
// apostrophes left out, and every run of white space and hyphens one space.
type folded struct {
	text string
	runs []run // the way back to the original, in order
}

// A run begins at an offset of the folded text, and at one of the original, from
// which on both have the same characters up to the next run, but for their forms.
type run struct{ at, from int32 }

// fold folds s. The result is at most a few times as long as s.
func fold(s string) folded {
	f := folder{spaced: true} // so that the text does not begin with a space
	f.text.Grow(len(s))
	for i := 0; i < len(s); {
		if n := f.unchanged(s[i:]); n > 0 {
			f.follow(i)
			f.text.WriteString(s[i : i+n])
			f.spaced = s[i+n-1] == ' '
			i += n
			continue
		}
		if c := s[i]; c < utf8.RuneSelf {
			if c = ascii[c]; c != 0 && (c != ' ' || !f.spaced) {
				f.follow(i)
				f.text.WriteByte(c)
				f.spaced = c == ' '
			}
			i++
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if p := foldRune(s[i : i+n]); p != "" && (p != " " || !f.spaced) {
			f.add(p, i, n)
		}
		i += n
	}
	f.follow(len(s))
	return folded{f.text.String(), f.runs}
}

// A folder holds a folded text while it is made.
type folder struct {
	text   strings.Builder
	runs   []run
	ahead  int  // of the text the original is, in the last run
	spaced bool // it ends with a space
}

// unchanged returns how many of the first characters of s the text goes on with as
// they are: most of what is written in ASCII.
func (f *folder) unchanged(s string) int {
	spaced := f.spaced
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf || ascii[c] != c || c == ' ' && spaced {
			return i
		}
		spaced = c == ' '
	}
	return len(s)
}

// follow says that the text goes on with what stands at an offset of the original.
func (f *folder) follow(from int) {
	if at := f.text.Len(); from != at+f.ahead {
		f.ahead = from - at
		f.runs = append(f.runs, run{int32(at), int32(from)})
	}
}

// add adds p, which stands for n bytes of the original. If it is not one character
// for another, all of it came from the first of them.
func (f *folder) add(p string, from, n int) {
	f.spaced = p == " "
	if len(p) == n && utf8.RuneCountInString(p) == 1 {
		f.follow(from)
		f.text.WriteString(p)
		return
	}
	for i := range len(p) {
		f.follow(from)
		f.text.WriteByte(p[i])
	}
}

// ascii holds what each ASCII character is folded to: 0 for those left out.
var ascii = func() (to [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case 'A' <= c && c <= 'Z':
			to[c] = c | 0x20
		case c == '\'' || c == '*' || c == '`':
		case c != '\n' && (c <= ' ' || c == '-' || c == '_' || c == '/'):
			to[c] = ' '
		default:
			to[c] = c
		}
	}
	return to
}()

// apart are letters whose base is not found by decomposition.
var apart = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
	'أ': "ا", 'إ': "ا", 'آ': "ا", 'ى': "ي", 'ة': "ه", '’': "", '‘': "", 'ʼ': "", '–': " ", '—': " ", '‐': " ", '‑': " ",
}

// foldRune returns what stands for s, one character: nothing for what is left
// out.
func foldRune(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	if l := unicode.ToLower(r); l != r || r == utf8.RuneError {
		r, s = l, string(l)
	}
	if p, ok := apart[r]; ok {
		return p
	}
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r), r == 'ـ', 0x064b <= r && r <= 0x0652:
		return ""
	case unicode.IsSpace(r):
		return " "
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return norm.NFKC.String(s)
	case norm.NFKD.QuickSpanString(s) == len(s) && !unicode.Is(unicode.Mn, r):
		return s
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, d) {
			if p, ok := apart[unicode.ToLower(d)]; ok {
				b.WriteString(p)
			} else {
				b.WriteRune(unicode.ToLower(d))
			}
		}
	}
	return b.String()
}

// original returns the range of the original text that the bytes from start to
// end of the folded one came from.
func (f folded) original(start, end int) (int, int) {
	from := f.from(start)
	// A part of what one character was folded to is that character; its other
	// bytes, and what was left out behind it, have no byte of their own: up to the
	// next that has.
	for end < len(f.text) && f.from(end) <= from {
		end++
	}
	return from, f.from(end)
}

// from returns where the character at offset i of the folded text came from.
func (f folded) from(i int) int {
	n := sort.Search(len(f.runs), func(n int) bool { return int(f.runs[n].at) > i })
	if n == 0 {
		return i
	}
	r := f.runs[n-1]
	return int(r.from) + i - int(r.at)
}

// sentences returns the offsets in the folded text at which a sentence ends: at
// a full stop, a question mark or the like with white space behind it, at the
// ideographic ones, and at an empty line or a list item.
func (f folded) sentences() []int {
	var ends []int
	t := f.text
	for i := range len(t) {
		if !mayEnd[t[i]] {
			continue // most of a text
		}
		switch c := t[i]; {
		case c == '\n' && i+1 < len(t) && (t[i+1] == '\n' || t[i+1] == ' ' && i+2 < len(t) && t[i+2] == '\n'),
			(c == '.' || c == '!' || c == '?' || c == ';') && (i+1 == len(t) || t[i+1] == ' ' || t[i+1] == '\n' || t[i+1] == '"' || t[i+1] == ')'):
			ends = append(ends, i+1)
		case c == 0xe3 && strings.HasPrefix(t[i:], "。"):
			ends = append(ends, i+3)
		}
	}
	if n := len(ends); n == 0 || ends[n-1] < len(t) {
		ends = append(ends, len(t))
	}
	return ends
}

// mayEnd holds which bytes a sentence may end at.
var mayEnd = [256]bool{'\n': true, '.': true, '!': true, '?': true, ';': true, 0xe3: true}

// bound reports whether a phrase may begin or end between the characters
// before and after offset i: anywhere beside a letter of a script that writes
// no spaces, elsewhere at the edge of a word.
func bound(t string, i int) bool {
	if i == 0 || i == len(t) {
		return true
	}
	if a, b := t[i-1], t[i]; a < utf8.RuneSelf && b < utf8.RuneSelf {
		return !asciiWord[a] || !asciiWord[b]
	}
	before, _ := utf8.DecodeLastRuneInString(t[:i])
	after, _ := utf8.DecodeRuneInString(t[i:])
	return !word(before) || !word(after) || spaceless(before) || spaceless(after)
}

// asciiWord holds which bytes are characters that words consist of, each by itself.
var asciiWord = func() (is [256]bool) {
	for c := range utf8.RuneSelf {
		is[c] = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
	}
	return is
}()

func word(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiWord[uint8(r)]
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r) // the vowels of Indian scripts
}

func spaceless(r rune) bool {
	const thai = '\u0e00' // the first of these scripts
	return r >= thai && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer)
}
