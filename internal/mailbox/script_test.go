package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// A fake is a server that does what IMAP says, until a script steps in. It
// speaks over pipes, so that a test may run on a clock of its own.
type fake struct {
	mu       sync.Mutex
	validity uint32
	mail     map[uint32]string
	caps     string
	conns    int
	refused  error // what dialling fails with; nil for a connection
	dials    []time.Time
	logins   []time.Time
	// script sees every command before the server does; true means that it has
	// answered. It runs on the connection's goroutine.
	script func(c *fakeConn, cmd string) bool
	// greet replaces the greeting.
	greet func(c *fakeConn) string
}

type fakeConn struct {
	net.Conn
	f   *fake
	n   int // the first connection is 1
	r   *bufio.Reader
	tag string
	cut chan error // what the client's next read fails with
}

func newFake() *fake {
	return &fake{validity: 7, caps: "IMAP4rev1 IDLE", mail: map[uint32]string{
		1: string(message(" "+phrase+" one", 1)), 2: string(message(" hello", 2)), 3: string(message(" "+phrase+" three", 3)),
	}}
}

// dial is the Options.Dial of the fake.
func (f *fake) dial(context.Context, string, string) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dials = append(f.dials, time.Now())
	if f.refused != nil {
		return nil, f.refused
	}
	f.conns++
	server, client := net.Pipe()
	c := &fakeConn{Conn: server, f: f, n: f.conns, r: bufio.NewReader(server), cut: make(chan error, 1)}
	go c.serve()
	return &cutConn{client, c.cut}, nil
}

// cutConn fails a read with what was sent to cut, in place of the end.
type cutConn struct {
	net.Conn
	cut chan error
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		select {
		case err = <-c.cut:
		default:
		}
	}
	return n, err
}

// reset ends the connection as a lost peer does.
func (c *fakeConn) reset() {
	c.cut <- &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	_ = c.Close()
}

// hang answers nothing more until the client gives up.
func (c *fakeConn) hang() { _, _ = io.Copy(io.Discard, c.r) }

func (c *fakeConn) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c, format+"\r\n", args...) // a client that is gone is the test's business
}

func (c *fakeConn) ok(text string) { c.say("%s OK %s", c.tag, text) }

func (c *fakeConn) serve() {
	defer func() { _ = c.Close() }()
	greeting := "* OK [CAPABILITY " + c.f.caps + "] hello"
	if c.f.greet != nil {
		greeting = c.f.greet(c)
	}
	if greeting == "" {
		c.hang()
		return
	}
	c.say("%s", greeting)
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		tag, cmd, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !ok {
			continue // DONE behind an IDLE that a script answered
		}
		c.tag = tag
		if c.f.script != nil && c.f.script(c, cmd) {
			continue
		}
		c.answer(cmd)
	}
}

func (c *fakeConn) answer(cmd string) {
	f := c.f
	word, rest, _ := strings.Cut(cmd, " ")
	switch word {
	case "CAPABILITY":
		c.say("* CAPABILITY %s", f.caps)
		c.ok("done")
	case "LOGIN":
		f.mu.Lock()
		f.logins = append(f.logins, time.Now())
		f.mu.Unlock()
		c.ok("[CAPABILITY " + f.caps + "] welcome")
	case "EXAMINE", "SELECT":
		f.mu.Lock()
		n, validity := len(f.mail), f.validity
		f.mu.Unlock()
		c.say("* FLAGS (\\Seen \\Deleted)\r\n* %d EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT 4294967295] x\r\n* OK [PERMANENTFLAGS (\\*)] x", n, validity)
		c.ok(map[string]string{"EXAMINE": "[READ-ONLY] done", "SELECT": "[READ-WRITE] done"}[word])
	case "UID":
		c.uid(rest)
	case "IDLE":
		c.say("+ idling")
		for line, err := c.r.ReadString('\n'); err == nil; line, err = c.r.ReadString('\n') {
			if strings.TrimSpace(line) == "DONE" {
				c.ok("done")
				return
			}
		}
	case "LOGOUT":
		c.say("* BYE bye")
		c.ok("done")
	case "NOOP", "LIST":
		c.ok("done")
	default:
		c.say("%s BAD what", c.tag)
	}
}

var fetchSet = regexp.MustCompile(`^FETCH (\S+) \((.*)\)$`)

func (c *fakeConn) uid(cmd string) {
	if set, ok := strings.CutPrefix(cmd, "SEARCH UID "); ok {
		c.say("%s", strings.TrimRight("* SEARCH "+strings.Join(c.f.listed(set), " "), " "))
		c.ok("done")
		return
	}
	if strings.HasPrefix(cmd, "SEARCH ") {
		c.say("* SEARCH %s", strings.Join(c.f.listed("1:*"), " "))
		c.ok("done")
		return
	}
	m := fetchSet.FindStringSubmatch(cmd)
	if m == nil {
		c.say("%s BAD what", c.tag)
		return
	}
	for _, u := range c.f.listed(m[1]) {
		c.fetched(u, m[2])
	}
	c.ok("done")
}

// fetched answers for one message.
func (c *fakeConn) fetched(uid, items string) {
	body, section := c.section(uid, items)
	date := ""
	if strings.Contains(items, "INTERNALDATE") {
		date = ` INTERNALDATE "02-Jan-2026 03:04:05 +0000"`
	}
	c.say("* %s FETCH (UID %s%s %s {%d}\r\n%s)", uid, uid, date, section, len(body), body)
}

// section returns what a FETCH of a message asks for, and its name.
func (c *fakeConn) section(uid, items string) (body, section string) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	n, _ := strconv.ParseUint(uid, 10, 32)
	body = c.f.mail[uint32(n)]
	head, _, _ := strings.Cut(body, "\r\n\r\n")
	switch {
	case strings.Contains(items, "HEADER.FIELDS"):
		var fields strings.Builder
		in := false
		for line := range strings.Lines(head + "\r\n") {
			if line[0] != ' ' && line[0] != '\t' {
				in = strings.HasPrefix(line, "Subject:")
			}
			if in {
				fields.WriteString(line)
			}
		}
		body = fields.String() + "\r\n"
		section = `BODY[HEADER.FIELDS ("Subject")]<0>`
	case strings.Contains(items, "BODY.PEEK[HEADER]"):
		body, section = head+"\r\n\r\n", "BODY[HEADER]<0>"
	default:
		section = "BODY[]<0>"
	}
	if m := regexp.MustCompile(`<0\.(\d+)>`).FindStringSubmatch(items); m != nil {
		most, _ := strconv.Atoi(m[1])
		body = body[:min(len(body), most)]
	}
	return body, section
}

// listed returns the UIDs there are of a set.
func (f *fake) listed(set string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Sorted(maps.Keys(f.mail))
	var out []string
	for _, u := range all {
		for part := range strings.SplitSeq(set, ",") {
			first, last, isRange := strings.Cut(part, ":")
			lo, _ := strconv.ParseUint(first, 10, 32)
			hi := lo
			if last == "*" {
				hi = uint64(max(all[len(all)-1], uint32(lo)))
				lo = min(lo, uint64(all[len(all)-1])) // n:* has the last message in it
			} else if isRange {
				hi, _ = strconv.ParseUint(last, 10, 32)
			}
			if uint64(u) >= lo && uint64(u) <= hi {
				out = append(out, strconv.FormatUint(uint64(u), 10))
				break
			}
		}
	}
	return out
}

func (f *fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// A logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A trial runs a watcher against a fake on a clock of its own.
type trial struct {
	*testing.T
	f     *fake
	store *fakeStore
	w     *Watcher
	log   *logBuffer
	stop  func()
}

// try starts a watcher on f and hands it to check; when check is done, the
// watcher must end, no goroutine may be left and no file in the spool.
func try(t *testing.T, f *fake, change func(*Options), check func(t *trial)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		tr := &trial{T: t, f: f, store: newFakeStore(), log: new(logBuffer)}
		opt := Options{
			Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase,
			SpoolDir: dir, Dial: f.dial, Wanted: tr.store.Wanted, Log: slog.New(slog.NewTextHandler(tr.log, nil)),
		}
		if change != nil {
			change(&opt)
		}
		w, err := New(opt, tr.store, tr.store)
		if err != nil {
			t.Fatal(err)
		}
		w.wall = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		tr.w = w
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = w.Run(ctx) // has no error
		}()
		tr.stop = func() {
			cancel()
			<-ended
		}
		defer func() {
			tr.stop()
			time.Sleep(time.Minute) // for the server to notice
		}()
		check(tr)
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("spool: %v left, %v", left, err)
	}
}

// once looks at f's mail once, in a bubble of synctest, and waits for the server
// to notice the end.
func once(t *testing.T, f *fake, store *fakeStore) error {
	t.Helper()
	w, err := New(Options{
		Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase, SpoolDir: t.TempDir(), Dial: f.dial,
	}, store, store)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Once(t.Context())
	time.Sleep(time.Minute)
	return err
}

// settles waits until the ledger says what is wanted, at most that long, and
// checks that every mail was recorded once.
func (t *trial) settles(within time.Duration, want map[uint32]aup.Fate) {
	t.Helper()
	start := time.Now()
	for {
		synctest.Wait()
		fates, _ := t.store.fates()
		if cmp.Equal(want, fates) {
			break
		}
		if time.Since(start) > within {
			t.Fatalf("after %v (-want +got):\n%s\nlog:\n%s", within, cmp.Diff(want, fates), t.log)
		}
		time.Sleep(100 * time.Millisecond)
	}
	recorded := 0
	for _, fate := range want {
		if fate == aup.Recorded || fate == aup.Quarantined {
			recorded++
		}
	}
	seen := make(map[aup.Source]bool)
	for _, m := range t.store.all() {
		s := m.Source
		s.InternalDate = time.Time{}
		if seen[s] {
			t.Errorf("uid %d was recorded twice", m.UID)
		}
		seen[s] = true
	}
	if n := len(t.store.all()); n < recorded {
		t.Errorf("%d mails, want %d", n, recorded)
	}
}

// connections fails when there were more than most.
func (t *trial) connections(most int) {
	t.Helper()
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	if t.f.conns > most {
		t.Errorf("%d connections, want at most %d\nlog:\n%s", t.f.conns, most, t.log)
	}
}

// whole is what becomes of a fake's first mail when nothing is wrong.
var whole = map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded}

// offset moves the wall clock of every trial's watcher.
var offset atomic.Int64
