package mailbox

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// readCommands are the commands that change nothing in a mailbox.
var readCommands = []string{
	"CAPABILITY", "LOGIN", "AUTHENTICATE", "LIST", "EXAMINE", "NOOP", "IDLE", "UID SEARCH", "UID FETCH", "LOGOUT",
}

// Write sends p. A command that is not needed ends the connection: the library
// makes up a MOVE, where it takes the server to have none, of commands that
// delete the message even when it was not copied.
func (g *guard) Write(p []byte) (int, error) {
	if g.lineStart && !g.permits(p) {
		err := errors.New("a command was held back that could have changed the mailbox")
		g.abort(err)
		return 0, err
	}
	g.lineStart = bytes.HasSuffix(p, []byte("\n"))
	return g.Conn.Write(p)
}

// permits reports whether p, the begin of a line, may be sent. What does not
// begin with one of the library's tags continues a command.
func (g *guard) permits(p []byte) bool {
	tag, rest := token(p)
	if len(tag) < 2 || tag[0] != 'T' || strings.Trim(tag[1:], "0123456789") != "" {
		return true
	}
	word, rest := token(bytes.TrimPrefix(rest, []byte(" ")))
	if word == "UID" {
		second, args := token(bytes.TrimPrefix(rest, []byte(" ")))
		word, rest = word+" "+second, args
	}
	// Flags of the system begin with a backslash: only keywords are stored.
	return slices.Contains(g.allowed, word) && (word != "UID STORE" || !bytes.Contains(rest, []byte(`\`)))
}
