package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// filter takes one line of a response, with its line end, and returns what the
// library shall see of it: the line, a changed one, or nothing. It may change
// line in place. A line that announces a literal leaves the guard waiting for
// that many bytes.
func (g *guard) filter(line []byte) ([]byte, error) {
	switch {
	case g.skip:
		return nil, g.await(line, true)
	case bytes.Count(line, []byte("(")) > maxBrackets:
		return nil, fmt.Errorf("a line with more than %d brackets: %w", maxBrackets, errTooLong)
	case len(g.tap.held) > 0:
		return g.release(line)
	case g.inFetch:
		return g.fetch(line)
	case bytes.HasPrefix(line, []byte("* ")):
		return g.untagged(line)
	case bytes.HasPrefix(line, []byte("+")):
		return line, nil
	}
	return g.tagged(line), nil
}

// await sets the guard up for the literal that line announces, if it does.
func (g *guard) await(line []byte, skip bool) error {
	n, err := g.announced(line)
	g.literal, g.skip = max(n, 0), skip && n >= 0
	if err != nil {
		return err
	}
	g.inFetch = !skip && n >= 0
	return nil
}

// drop leaves out a response, with its literals.
func (g *guard) drop(line []byte) error {
	g.note(func(n *notes) { n.Dropped++ })
	return g.await(line, true)
}

func (g *guard) untagged(line []byte) ([]byte, error) {
	kind, rest := token(line[2:])
	at := len(line) - len(rest)
	if kind != "" && kind[0] >= '0' && kind[0] <= '9' {
		switch kind, _ = token(bytes.TrimPrefix(rest, []byte(" "))); kind {
		case "FETCH":
			if g.hold(line) {
				return nil, g.await(line, false)
			}
			return g.fetch(line)
		case "EXISTS", "EXPUNGE", "RECENT":
			return line, nil
		}
		return nil, g.drop(line)
	}
	switch kind {
	case "OK", "NO", "BAD", "PREAUTH":
		return g.status(line, at, false), nil
	case "BYE":
		text := strings.TrimSpace(string(rest))
		g.note(func(n *notes) { n.Bye = text })
		return g.status(line, at, false), nil
	case "SEARCH":
		return line, g.list(len(line))
	case "CAPABILITY":
		return line, nil
	case "LIST":
		// A folder's name may be a literal; what follows it is the line's rest.
		if err := g.await(line, false); err != nil {
			return nil, err
		}
		return line, g.list(len(line) + int(g.literal))
	}
	return nil, g.drop(line)
}

// tagged edits the status of a tagged line, which ends a command; what is no
// status is left to the library to refuse.
func (g *guard) tagged(line []byte) []byte {
	g.divert(nil)
	g.listed = 0
	_, rest := token(line)
	kind, rest := token(bytes.TrimPrefix(rest, []byte(" ")))
	switch kind {
	case "OK", "NO", "BAD":
		return g.status(line, len(line)-len(rest), true)
	}
	return line
}

// fetch passes a FETCH response that answers our FETCH: one with a section or
// a size. Others tell of flags alone and would be taken for the answer. Flags
// are emptied, for a keyword may hold what the library cannot read.
func (g *guard) fetch(line []byte) ([]byte, error) {
	out, quoted := emptyFlags(line)
	if len(out) != len(line) {
		g.note(func(n *notes) { n.Rewritten++ })
	}
	if quoted {
		return nil, errors.New("the server sent a string without its closing quote")
	}
	up := bytes.ToUpper(out)
	if !g.inFetch && !bytes.Contains(up, []byte("BODY[")) && !bytes.Contains(up, []byte("RFC822.SIZE")) {
		return nil, g.drop(out)
	}
	return out, g.await(out, false)
}

// emptyFlags cuts what stands in the brackets of FLAGS (…), and reports
// whether a quoted string is left open at the end of the line.
func emptyFlags(line []byte) (out []byte, quoted bool) {
	const name = "FLAGS ("
	out = line
	for i := 0; i < len(out); i++ {
		switch {
		case quoted && out[i] == '\\':
			i++
		case out[i] == '"':
			quoted = !quoted
		case quoted || i == 0 || out[i-1] != ' ' && out[i-1] != '(':
		case len(out) >= i+len(name) && bytes.EqualFold(out[i:i+len(name)], []byte(name)):
			open := i + len(name)
			if end := bytes.IndexByte(out[open:], ')'); end > 0 {
				out = append(out[:open], out[open+end:]...)
			}
			i = open
		}
	}
	return out, quoted
}

// status edits the response code of a status line, which begins at or behind
// line[at]. Codes that we use are passed on in upper case; of others a tagged
// line keeps the name and an untagged one nothing, for their arguments follow
// no common grammar.
func (g *guard) status(line []byte, at int, tagged bool) []byte {
	if !bytes.HasPrefix(line[at:], []byte(" [")) {
		return line
	}
	open := at + 1
	name, _ := token(line[open+1:])
	nameEnd := open + 1 + len(name)
	shut := bytes.IndexByte(line[nameEnd:], ']')
	if name == "PERMANENTFLAGS" {
		// A keyword may hold a bracket: the code ends behind the list.
		if shut = bytes.Index(line[nameEnd:], []byte(")]")); shut >= 0 {
			shut++
		}
	}
	text := strings.TrimSpace(string(line[nameEnd+max(shut, -1)+1:]))
	g.noteCode(name, string(line[nameEnd:nameEnd+max(shut, 0)]), text)
	switch {
	case shut < 0 || name == "":
		return g.cut(line, open, open+1+codeEnd(line[open+1:]))
	case name == "CAPABILITY", name == "UIDVALIDITY", name == "CLOSED", tagged && name == "COPYUID":
		copy(line[open+1:], name)
		args := bytes.TrimRight(line[nameEnd:nameEnd+shut], " ")
		return g.cut(line, nameEnd+len(args), nameEnd+shut)
	case tagged && isAtom(name):
		copy(line[open+1:], name)
		return g.cut(line, nameEnd, nameEnd+shut)
	}
	end := nameEnd + shut + 1
	if len(line) > end && line[end] == ' ' {
		end++
	}
	return g.cut(line, open, end)
}

// codeEnd returns where the text behind an unreadable code begins: behind the
// bracket and space that close it, or at once.
func codeEnd(s []byte) int {
	if i := bytes.Index(s, []byte("] ")); i >= 0 {
		return i + 2
	}
	return 0
}

func (g *guard) cut(line []byte, from, to int) []byte {
	if from == to {
		return line
	}
	g.note(func(n *notes) { n.Rewritten++ })
	return append(line[:from], line[to:]...)
}

func (g *guard) noteCode(name, args, text string) {
	g.note(func(n *notes) {
		switch name {
		case "PERMANENTFLAGS":
			n.Flags = args
		case "READ-ONLY", "READ-WRITE":
			n.ReadOnly = name == "READ-ONLY"
		case "UIDNEXT":
			n.UIDNext = true
		case "ALERT":
			n.Alert = text
		}
	})
}

func isSearch(line []byte) bool {
	const begin = "* SEARCH "
	return len(line) > len(begin) && bytes.EqualFold(line[:len(begin)], []byte(begin))
}

// token returns the leading atom of s, in upper case, and what follows it.
func token(s []byte) (string, []byte) {
	n := 0
	for n < len(s) && atomByte(s[n]) {
		n++
	}
	atom := bytes.Clone(s[:n])
	for i, c := range atom { // byte for byte: it may not be UTF-8
		if 'a' <= c && c <= 'z' {
			atom[i] = c - 'a' + 'A'
		}
	}
	return string(atom), s[n:]
}

func isAtom(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r > 126 }) < 0
}

// atomByte reports whether c may stand in an atom (RFC 9051, 9: ATOM-CHAR).
// 8-bit bytes may not, but some servers send them.
func atomByte(c byte) bool {
	return c > ' ' && c != 127 && !strings.ContainsRune(`(){%*"\]`, rune(c))
}
