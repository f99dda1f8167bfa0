package classify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShaped bounds how much of a zone is looked at for shapes.
const maxShaped = 4000

// shapes calls yield with what the folded text t has beside words, each once:
// who reports a deed mostly gives an address, a time or a quotation of it, who
// asks or advertises seldom does.
func shapes(t string, yield func(feature)) {
	var seen [len(shapeNames)]bool
	see := func(shape, start, end int) {
		if !seen[shape] {
			seen[shape] = true
			yield(feature{aShape, start, end, shape, 0})
		}
	}
	after := 0 // of the last number
	for i, r := range t {
		switch {
		case 'a' <= r && r <= 'z' || r == ' ' || i < after: // most of a text
		case '0' <= r && r <= '9':
			var shape int
			shape, after = numberAt(t, i)
			see(shape, i, after)
		case r == '@':
			see(mailShape, i, i+1)
		case r == '?' || r == '؟':
			see(questionShape, i, i+utf8.RuneLen(r))
		case r == '"' || r > unicode.MaxASCII && strings.ContainsRune("“”„«»「」", r):
			see(quotationShape, i, i+utf8.RuneLen(r))
		case r == '$' || r > unicode.MaxASCII && unicode.Is(unicode.Sc, r):
			see(amountShape, i, i+utf8.RuneLen(r))
		}
	}
}

const (
	addressShape = iota
	clockShape
	numberShape
	mailShape
	questionShape
	quotationShape
	amountShape
)

var shapeNames = [...]string{"@address", "@clock", "@number", "@mail", "@question", "@quotation", "@amount"}

// numberAt returns the shape of the number that begins at i, and its end: four
// numbers joined by full stops are an address, some joined by colons a time of
// day.
func numberAt(t string, i int) (shape, end int) {
	dots, colons := 0, 0
	digit := func(i int) bool { return i < len(t) && '0' <= t[i] && t[i] <= '9' }
	for end = i; digit(end) || end < len(t) && (t[end] == '.' || t[end] == ':') && digit(end+1); end++ {
		switch t[end] {
		case '.':
			dots++
		case ':':
			colons++
		}
	}
	switch {
	case dots == 3:
		return addressShape, end
	case colons > 0:
		return clockShape, end
	}
	return numberShape, end
}
