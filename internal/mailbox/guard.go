package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// guardBuffer is how much is read from the connection at once.
	guardBuffer = 64 << 10
	// maxLine bounds a line that must be looked at whole. Servers answer with
	// lines of some hundred bytes; a list of UIDs is longer, and is not kept.
	maxLine = 1 << 20
	// maxList bounds what the library keeps of the answer to one command, as it
	// does of UIDs and folders: about two million UIDs.
	maxList = 16 << 20
	// maxBrackets bounds how many open in a line: the library reads structures
	// that nobody asked for, one call in another, in time that grows with the
	// square of their depth.
	maxBrackets = 1000
)

// errTooLong is wrapped by the errors about lines and literals over their
// bounds.
var errTooLong = errors.New("over the bound")

// A guard is a net.Conn that stands between the decrypted connection and the
// IMAP library, and makes up for what the library leaves open.
//
//   - It keeps its own read deadlines and ignores the library's, which are too
//     short for a big message and absent elsewhere.
//   - Its first error is its last: the library retries a failed read.
//   - A connection that ends inside a literal is an error that names the
//     missing bytes; the library takes that for the end of the message.
//   - Lines and literals have bounds, checked before a byte is passed on.
//   - Lines that we have no use for, and on which the library gives up the
//     connection, are dropped or rewritten (filter.go).
//   - No command leaves it that could change the mailbox, but for the mark that
//     was asked for.
//   - What the library throws away and an operator wants to know is kept: the
//     text of BYE and ALERT, and whether a folder is open for reading alone.
//
// It follows literals, so that a message's bytes are never taken for a line.
// Read is for one goroutine, and so is Write; everything else is safe for
// concurrent use.
type guard struct {
	net.Conn

	// The reader's own.
	buf     []byte
	in      []byte // read and not looked at
	line    []byte // the begin of a line whose end has not come
	out     []byte // to be handed out
	literal int64  // bytes of a literal still to come
	skip    bool   // the response that the literal belongs to is dropped
	inFetch bool   // behind a literal of a FETCH response
	stream  bool   // in a line that is passed on unseen
	listed  int    // bytes so far of lists in the answer to a command
	tap     tap    // what is taken out; whether it is open is behind mu

	// The writer's own.
	lineStart bool
	allowed   []string

	mu         sync.Mutex // guards what follows
	quiet      time.Duration
	maxLiteral int64
	err        error
	notes      notes
}

// notes is what the guard learned by the way.
type notes struct {
	Bye       string // the text of a BYE
	Alert     string // the text of the last ALERT
	ReadOnly  bool   // of the folder selected last
	UIDNext   bool   // it was said of the folder selected last
	Flags     string // that can be changed in it, as in PERMANENTFLAGS
	Dropped   int    // responses dropped
	Rewritten int    // lines changed
}

// takes reports whether messages of the folder can be given a keyword.
func (n notes) takes(keyword string) bool {
	list := strings.Fields(strings.Trim(n.Flags, " ()"))
	return slices.Contains(list, `\*`) || slices.ContainsFunc(list, func(f string) bool { return strings.EqualFold(f, keyword) })
}

func newGuard(conn net.Conn, mark Mark) *guard {
	g := &guard{Conn: conn, buf: make([]byte, guardBuffer), maxLiteral: maxLine, lineStart: true, allowed: slices.Clone(readCommands)}
	switch {
	case mark.Keyword != "":
		g.allowed = append(g.allowed, "SELECT", "UID STORE")
	case mark.Move != "":
		g.allowed = append(g.allowed, "SELECT", "UID MOVE")
	}
	return g
}

// greet makes the guard hand out a greeting: behind STARTTLS the server does
// not greet again, and the library waits for it.
func (g *guard) greet() { g.in = []byte("* OK encrypted\r\n") }

// expect sets how long the connection may stay without a byte from now on; 0
// is for ever, for when no answer is due.
func (g *guard) expect(quiet time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.quiet = quiet
	g.arm()
}

// arm sets the deadline of the next read and of one that is waiting already.
// Callers hold g.mu.
func (g *guard) arm() {
	var t time.Time
	if g.quiet > 0 {
		t = time.Now().Add(g.quiet)
	}
	// A connection that cannot take a deadline fails in the next read.
	_ = g.Conn.SetReadDeadline(t)
}

// limit sets the longest literal to be accepted.
func (g *guard) limit(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.maxLiteral = n
}

// abort makes err the guard's error, unless it has one, and closes the
// connection under the library.
func (g *guard) abort(err error) {
	_ = g.fail(err)
	_ = g.Close()
}

// fail makes err the guard's error, unless it has one, and returns the error
// that it has.
func (g *guard) fail(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
	}
	return g.err
}

// cause returns the error that ended the connection, nil while there is none.
func (g *guard) cause() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// noted returns what was learned so far.
func (g *guard) noted() notes {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.notes
}

func (g *guard) note(f func(*notes)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.notes)
}

// SetDeadline ignores the read half: the guard has deadlines of its own.
func (g *guard) SetDeadline(t time.Time) error { return g.SetWriteDeadline(t) }

// SetReadDeadline does nothing: the guard has deadlines of its own.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// Read reads what the filter lets through.
func (g *guard) Read(p []byte) (int, error) {
	for {
		if err := g.cause(); err != nil {
			return 0, err
		}
		if len(g.out) > 0 {
			n := copy(p, g.out)
			g.out = g.out[n:]
			return n, nil
		}
		if len(g.in) == 0 {
			if g.passes() && len(p) >= guardBuffer { // a large message needs no copy of it
				n, err := g.receive(p[:min(int64(len(p)), g.literal)])
				g.literal -= int64(n)
				return n, err
			}
			n, err := g.receive(g.buf)
			if err != nil {
				return 0, err
			}
			g.in = g.buf[:n]
		}
		switch {
		case g.literal > 0:
			g.passLiteral()
		case g.stream:
			if err := g.passStream(); err != nil {
				return 0, g.fail(err)
			}
		default:
			if err := g.passLine(); err != nil {
				return 0, g.fail(err)
			}
		}
	}
}

// passes reports whether what comes next is of a literal that goes on as it is.
func (g *guard) passes() bool { return g.literal > 0 && !g.skip && len(g.tap.held) == 0 }

// receive reads what the connection has next into buf.
func (g *guard) receive(buf []byte) (int, error) {
	g.mu.Lock()
	g.arm()
	quiet := g.quiet
	g.mu.Unlock()
	n, err := g.Conn.Read(buf)
	if n > 0 || err == nil {
		return n, nil // an error behind the last bytes comes again
	}
	return 0, g.fail(g.explain(err, quiet))
}

// explain says what the end of the connection means.
func (g *guard) explain(err error, quiet time.Duration) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the server sent nothing for %v: %w", quiet, err)
	case g.literal > 0:
		return fmt.Errorf("the connection ended %d bytes before the end of a literal: %w", g.literal, unexpected(err))
	case errors.Is(err, io.EOF) && (len(g.line) > 0 || g.inFetch || g.stream):
		return fmt.Errorf("the connection ended inside a response: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (g *guard) passLiteral() {
	n := min(g.literal, int64(len(g.in)))
	switch {
	case g.skip:
	case len(g.tap.held) > 0:
		g.tap.held = append(g.tap.held, g.in[:n]...)
	default:
		g.out = g.in[:n]
	}
	g.in = g.in[n:]
	g.literal -= n
}

// passStream hands on what has come of a long answer to a search.
func (g *guard) passStream() error {
	n := len(g.in)
	if i := bytes.IndexByte(g.in, '\n'); i >= 0 {
		n = i + 1
		g.stream = false
	}
	g.out, g.in = g.in[:n], g.in[n:]
	return g.list(n)
}

// list counts bytes that the library will keep until the command ends.
func (g *guard) list(n int) error {
	if g.listed += n; g.listed > maxList {
		return fmt.Errorf("lists of more than %d bytes: %w", maxList, errTooLong)
	}
	return nil
}

func (g *guard) passLine() error {
	i := bytes.IndexByte(g.in, '\n')
	if i < 0 {
		g.line = append(g.line, g.in...)
		g.in = nil
		if len(g.line) > guardBuffer && isSearch(g.line) && !g.skip && !g.inFetch {
			g.stream = true
			g.out, g.line = g.line, nil
			return g.list(len(g.out))
		}
		if len(g.line) > maxLine {
			return fmt.Errorf("a line of more than %d bytes: %w", maxLine, errTooLong)
		}
		return nil
	}
	line := g.in[:i+1]
	if len(g.line) > 0 {
		line = append(g.line, line...)
		g.line = line[:0] // its memory is free again once out is empty
	}
	g.in = g.in[i+1:]
	if len(line) > maxLine {
		return fmt.Errorf("a line of more than %d bytes: %w", maxLine, errTooLong)
	}
	out, err := g.filter(line)
	if err == nil {
		g.out = out
	}
	return err
}

// announced returns the size of the literal that a line announces at its end,
// -1 for none, and an error for one over the bound.
func (g *guard) announced(line []byte) (int64, error) {
	s := bytes.TrimRight(line, "\r\n")
	if !bytes.HasSuffix(s, []byte("}")) {
		return -1, nil
	}
	open := bytes.LastIndexByte(s, '{')
	if open < 0 {
		return -1, nil
	}
	digits := string(bytes.TrimSuffix(s[open+1:len(s)-1], []byte("+")))
	n, err := strconv.ParseUint(digits, 10, 63)
	g.mu.Lock()
	most := g.maxLiteral
	g.mu.Unlock()
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > uint64(max(most, 0)):
		return 0, fmt.Errorf("the server announced a literal of %s bytes, at most %d are expected here: %w", digits, most, errTooLong)
	case err != nil:
		return 0, fmt.Errorf("the server announced a literal of %q bytes", digits)
	}
	return int64(n), nil
}
