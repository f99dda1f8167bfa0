package mailbox

import (
	"bytes"
	"strconv"
	"strings"
)

// A tap takes answers to a FETCH of header fields out of what the library sees,
// which hands every message from one goroutine to another and back: that takes
// longer than all that is done about a subject. Answers in the plainest form are
// taken, and those whole, such as (RFC 9051, 7.5.2)
//
//	S: * 12 FETCH (UID 34 BODY[HEADER.FIELDS ("SUBJECT")]<0> {18}
//	S: Subject: hello
//	S:
//	S: )
//
// All others go on to the library. A tap is open until the command ends.
type tap struct {
	take func(uid uint32, fields []byte) // nil while it is closed
	uid  uint32                          // of the answer that is held
	line int                             // how much of held stands before the literal
	held []byte                          // of an answer whose end has not come
}

// divert opens the tap. take is called on the goroutine that reads, and by the
// end of the command for the last time; it may use fields during the call alone.
func (g *guard) divert(take func(uid uint32, fields []byte)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tap.take = take
}

// hold keeps back the begin of an answer that the tap may take.
func (g *guard) hold(line []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	uid, ok := uint32(0), g.tap.take != nil
	if ok {
		uid, ok = plainAnswer(line)
	}
	if ok {
		g.tap.uid, g.tap.line, g.tap.held = uid, len(line), append(g.tap.held[:0], line...)
	}
	return ok
}

// release deals with the line behind the literal of a held answer: the tap takes
// the answer, or it goes on to the library with the line.
func (g *guard) release(line []byte) ([]byte, error) {
	held := g.tap.held
	g.tap.held = held[:0]
	if string(bytes.TrimRight(line, "\r\n")) == ")" {
		g.inFetch = false
		g.tap.take(g.tap.uid, held[g.tap.line:])
		return nil, nil
	}
	rest, err := g.fetch(line)
	return append(held, rest...), err
}

// plainAnswer returns the UID of an answer in the form that the tap takes.
func plainAnswer(line []byte) (uid uint32, ok bool) {
	number, rest, _ := strings.Cut(string(line), " FETCH (UID ")
	digits, rest, _ := strings.Cut(rest, " BODY[HEADER.FIELDS (")
	_, rest, _ = strings.Cut(rest, ")]")
	size, end, _ := strings.Cut(strings.TrimPrefix(rest, "<0>"), "}")
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && isNumber(number, "* ") && isNumber(size, " {") && strings.TrimRight(end, "\r\n") == ""
}

// isNumber reports whether s is prefix and digits.
func isNumber(s, prefix string) bool {
	digits, ok := strings.CutPrefix(s, prefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
