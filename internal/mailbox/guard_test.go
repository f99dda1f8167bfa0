package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wire is a connection that gives what r gives and swallows what is written.
type wire struct {
	net.Conn
	r io.Reader
	w io.Writer
}

func (w wire) Write(p []byte) (int, error) { return w.w.Write(p) }

func (w wire) Read(p []byte) (int, error)       { return w.r.Read(p) }
func (w wire) Close() error                     { return nil }
func (w wire) SetReadDeadline(time.Time) error  { return nil }
func (w wire) SetWriteDeadline(time.Time) error { return nil }

func guarded(in string) *guard { return newGuard(wire{r: strings.NewReader(in)}, Mark{}) }

func TestGuardFilters(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"greeting":              {"* OK hello\r\n", "* OK hello\r\n"},
		"tagged":                {"T1 OK done\r\n", "T1 OK done\r\n"},
		"tagged, no text":       {"T1 OK\r\n", "T1 OK\r\n"},
		"bare line feed":        {"* OK hello\nT1 OK done\n", "* OK hello\nT1 OK done\n"},
		"continuation":          {"+ go on\r\n", "+ go on\r\n"},
		"flags":                 {"* FLAGS (\\Seen [Airmail]/x)\r\n* 3 EXISTS\r\n", "* 3 EXISTS\r\n"},
		"permanent flags":       {"* OK [PERMANENTFLAGS (\\Seen OIB-Seen-[Gmail]/All \\*)] ok\r\n", "* OK ok\r\n"},
		"code in lower case":    {"* ok [uidvalidity 42] yes\r\n", "* ok [UIDVALIDITY 42] yes\r\n"},
		"code of no use":        {"* OK [UNSEEN 12] first\r\n* OK [UIDNEXT 99]\r\n", "* OK first\r\n* OK \r\n"},
		"code that is no atom":  {`T3 OK [Error="a ]b" x] AUTHENTICATE completed.` + "\r\n", `T3 OK [ERROR=]b" x] AUTHENTICATE completed.` + "\r\n"},
		"code without its end":  {"* NO [ALERT over quota\r\n", "* NO ALERT over quota\r\n"},
		"code and its argument": {"T4 NO [THROTTLED 30] slow down\r\n", "T4 NO [THROTTLED] slow down\r\n"},
		"capabilities":          {"* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n", "* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n"},
		"a space too many":      {"* OK [CAPABILITY IMAP4rev1  ] hi\r\n", "* OK [CAPABILITY IMAP4rev1] hi\r\n"},
		"text like a literal":   {"* OK see {5}\r\nT1 OK done\r\n", "* OK see {5}\r\nT1 OK done\r\n"},
		"unknown response":      {"* XYZZY (a b)\r\n* 3 XYZZY\r\nT1 OK x\r\n", "T1 OK x\r\n"},
		"unknown with literal":  {"* XYZZY {6}\r\n* OK x\r more {2}\r\nab end\r\nT1 OK x\r\n", "T1 OK x\r\n"},
		"fetch of flags alone":  {"* 2 FETCH (UID 7 FLAGS (\\Seen))\r\n", ""},
		"fetch with flags": {"* 2 FETCH (FLAGS (\\Seen [x] \"y) UID 7 BODY[] {2}\r\nhi FLAGS (a))\r\n",
			"* 2 FETCH (FLAGS () UID 7 BODY[] {2}\r\nhi FLAGS ())\r\n"},
		"a keyword like a body":  {"* 2 FETCH (UID 7 FLAGS (BODY[))\r\n", ""},
		"fetch of a size":        {"* 2 FETCH (UID 7 RFC822.SIZE 12)\r\n", "* 2 FETCH (UID 7 RFC822.SIZE 12)\r\n"},
		"fetch of nothing":       {"* 2 fetch (UID 7 body[] NIL)\r\n", "* 2 fetch (UID 7 body[] NIL)\r\n"},
		"literal like responses": {"* 1 FETCH (UID 1 BODY[] {20}\r\n* FLAGS (a)\r\n* X y\r\n)\r\n* X y\r\n", "* 1 FETCH (UID 1 BODY[] {20}\r\n* FLAGS (a)\r\n* X y\r\n)\r\n"},
		"empty literal":          {"* 1 FETCH (UID 1 BODY[] {0}\r\n FLAGS (a b))\r\n* X y\r\n", "* 1 FETCH (UID 1 BODY[] {0}\r\n FLAGS ())\r\n"},
		"folder in a literal":    {"* LIST () \"/\" {3}\r\na b\r\nT1 OK x\r\n", "* LIST () \"/\" {3}\r\na b\r\nT1 OK x\r\n"},
		"search":                 {"* SEARCH 1 2 3\r\n", "* SEARCH 1 2 3\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(tc.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.in))} {
				got, err := io.ReadAll(newGuard(wire{r: r}, Mark{}))
				if err != nil {
					t.Errorf("%s: %v", how, err)
				}
				if d := cmp.Diff(tc.want, string(got)); d != "" {
					t.Errorf("%s (-want +got):\n%s", how, d)
				}
			}
			if got, err := readStraight(strings.NewReader(tc.in)); err != nil || string(got) != tc.want {
				t.Errorf("with literals read straight: %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

// readStraight reads r through a guard, bit by bit into so much room that its
// literals are not held up in the guard's own.
func readStraight(r io.Reader) ([]byte, error) {
	return io.ReadAll(bufio.NewReaderSize(newGuard(wire{r: iotest.OneByteReader(r)}, Mark{}), guardBuffer))
}

// What the tap takes is no more among what is handed out, and what it leaves is
// there to the byte.
func TestGuardTap(t *testing.T) {
	const plain, end = "* 1 FETCH (UID 7 BODY[HEADER.FIELDS (SUBJECT)]<0> {5}\r\nS: a\n)\r\n", "T1 OK done\r\n"
	for name, tc := range map[string]struct {
		in, want string
		taken    map[uint32]string
	}{
		"plain":                      {plain + end, end, map[uint32]string{7: "S: a\n"}},
		"bare line feed":             {strings.ReplaceAll(plain, "\r\n", "\n"), "", map[uint32]string{7: "S: a\n"}},
		"no part":                    {strings.Replace(plain, "<0>", "", 1), "", map[uint32]string{7: "S: a\n"}},
		"field in quotes":            {strings.Replace(plain, "SUBJECT", `"Subject"`, 1), "", map[uint32]string{7: "S: a\n"}},
		"empty":                      {strings.Replace(plain, "{5}\r\nS: a\n", "{0}\r\n", 1), "", map[uint32]string{7: ""}},
		"responses in the section":   {strings.Replace(plain, "{5}\r\nS: a", "{9}\r\n)\r\n* X y", 1), "", map[uint32]string{7: ")\r\n* X y\n"}},
		"others between":             {"* 3 EXISTS\r\n" + plain + "* X\r\n" + strings.Replace(plain, "7", "8", 1) + end, "* 3 EXISTS\r\n" + end, map[uint32]string{7: "S: a\n", 8: "S: a\n"}},
		"behind the command":         {end + plain, end + plain, nil},
		"more behind the section":    {strings.Replace(plain, "\n)", "\n FLAGS (x))", 1) + end, strings.Replace(plain, "\n)", "\n FLAGS ())", 1) + end, nil},
		"another section behind":     {strings.Replace(plain, "\n)", "\n BODY[] {3}\r\nabc)", 1) + plain, strings.Replace(plain, "\n)", "\n BODY[] {3}\r\nabc)", 1), map[uint32]string{7: "S: a\n"}},
		"too short":                  {strings.Replace(plain, "{5}", "{4}", 1), strings.Replace(plain, "{5}", "{4}", 1), nil},
		"items before it":            {strings.Replace(plain, "UID", "FLAGS () UID", 1), strings.Replace(plain, "UID", "FLAGS () UID", 1), nil},
		"no UID":                     {strings.Replace(plain, "UID 7 ", "", 1), strings.Replace(plain, "UID 7 ", "", 1), nil},
		"a UID of more than 32 bits": {strings.Replace(plain, "7", "4294967296", 1), strings.Replace(plain, "7", "4294967296", 1), nil},
		"no literal":                 {strings.Replace(plain, "{5}\r\nS: a\n", "NIL", 1), strings.Replace(plain, "{5}\r\nS: a\n", "NIL", 1), nil},
		"the literal of another":     {strings.Replace(plain, "{5}", `"a" BODY[TEXT] {5}`, 1), strings.Replace(plain, "{5}", `"a" BODY[TEXT] {5}`, 1), nil},
		"another section":            {strings.Replace(plain, "HEADER.FIELDS (SUBJECT)", "HEADER", 1), strings.Replace(plain, "HEADER.FIELDS (SUBJECT)", "HEADER", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(tc.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.in))} {
				out, taken, err := tapped(r)
				if err != nil {
					t.Errorf("%s: %v", how, err)
				}
				if d := cmp.Diff(tc.want, string(out)) + cmp.Diff(tc.taken, taken); d != "" {
					t.Errorf("%s (-want +got):\n%s", how, d)
				}
			}
		})
	}
}

// tapped reads through a guard whose tap is open, and returns what the tap took
// beside it.
func tapped(r io.Reader) (out []byte, taken map[uint32]string, err error) {
	g := newGuard(wire{r: r}, Mark{})
	g.divert(func(uid uint32, fields []byte) {
		if taken == nil {
			taken = make(map[uint32]string)
		}
		taken[uid] = string(fields)
	})
	out, err = io.ReadAll(g)
	return out, taken, err
}

func TestGuardNotes(t *testing.T) {
	g := guarded("* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n* OK [UIDNEXT 7] x\r\n* NO [ALERT] disk is full\r\nT1 OK [READ-ONLY] x\r\n* X\r\n* BYE Session invalidated\r\n")
	if _, err := io.Copy(io.Discard, g); err != nil {
		t.Fatal(err)
	}
	want := notes{Bye: "Session invalidated", Alert: "disk is full", ReadOnly: true, UIDNext: true, Flags: " (\\Seen \\*)", Dropped: 1, Rewritten: 3}
	if d := cmp.Diff(want, g.noted()); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

func TestGuardRefuses(t *testing.T) {
	fetch := "* 1 FETCH (UID 1 BODY[] "
	for name, tc := range map[string]struct {
		in, say string
		kind    error
	}{
		"end inside a literal":     {fetch + "{10}\r\nabc", "7 bytes before the end of a literal", io.ErrUnexpectedEOF},
		"end at once":              {fetch + "{10}\r\n", "10 bytes before", io.ErrUnexpectedEOF},
		"end inside a line":        {"* OK hel", "inside a response", io.ErrUnexpectedEOF},
		"end behind a literal":     {fetch + "{1}\r\na", "inside a response", io.ErrUnexpectedEOF},
		"negative":                 {fetch + "{-1}\r\n", `"-1" bytes`, nil},
		"no number":                {fetch + "{}\r\n", `"" bytes`, nil},
		"4 GB":                     {fetch + "{4294967295}\r\n", "4294967295", errTooLong},
		"8 EB":                     {fetch + "{9223372036854775807}\r\n", "literal", errTooLong},
		"more than 64 bit":         {fetch + "{99999999999999999999999999}\r\n", "literal", errTooLong},
		"one over the cap":         {fetch + "{1001}\r\n", "1001 bytes, at most 1000", errTooLong},
		"endless line":             {"* OK " + strings.Repeat("x", 2*maxLine), "a line of more", errTooLong},
		"endless search":           {"* SEARCH" + strings.Repeat(" 1", maxList), "lists of more", errTooLong},
		"searches without end":     {strings.Repeat("* SEARCH 1 2 3 4 5 6 7 8\r\n", maxList/20), "lists of more", errTooLong},
		"folders without end":      {strings.Repeat("* LIST () \"/\" some/folder\r\n", maxList/20), "lists of more", errTooLong},
		"folders of long names":    {strings.Repeat("* LIST () \"/\" {1000}\r\n"+strings.Repeat("x", 1000)+"\r\n", maxList/500), "lists of more", errTooLong},
		"a structure without end":  {"* 1 FETCH (UID 1 RFC822.SIZE 3 BODYSTRUCTURE " + strings.Repeat("(", maxLine/2) + "\r\n", "brackets", errTooLong},
		"one behind a literal":     {fetch + "{1}\r\na BODYSTRUCTURE " + strings.Repeat("(", 2000) + "\r\n", "brackets", errTooLong},
		"flags without end":        {"* 1 FETCH (UID 1 RFC822.SIZE 3" + strings.Repeat(" FLAGS (a)", 50_000) + "\r\n", "brackets", errTooLong},
		"data of a folder":         {"* LIST () NIL x " + strings.Repeat("(", maxLine/2) + "\r\n", "brackets", errTooLong},
		"unclosed quote":           {`* 1 FETCH (UID 1 BODY[] "abc` + "\r\n", "closing quote", nil},
		"big in a dropped literal": {"* X {4294967295}\r\n", "4294967295", errTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			g := guarded(tc.in)
			g.limit(1000)
			n, err := io.Copy(io.Discard, g)
			if err == nil || !strings.Contains(err.Error(), tc.say) || tc.kind != nil && !errors.Is(err, tc.kind) {
				t.Errorf("error = %v, want one that says %q and is %v", err, tc.say, tc.kind)
			}
			if _, again := g.Read(make([]byte, 1)); !errors.Is(again, err) {
				t.Errorf("the next error is %v", again)
			}
			if n > maxList+guardBuffer {
				t.Errorf("%d bytes were passed on", n)
			}
		})
	}
}

// A list of UIDs longer than any line is passed on as it comes.
func TestGuardLongSearch(t *testing.T) {
	in := "* SEARCH" + strings.Repeat(" 1234567", 300_000) + "\r\nT1 OK done\r\n* X\r\n"
	g := guarded(in)
	got, err := io.ReadAll(g)
	if err != nil || string(got) != strings.TrimSuffix(in, "* X\r\n") {
		t.Errorf("%d bytes of %d, %v", len(got), len(in), err)
	}
	if cap(g.line) > maxLine {
		t.Errorf("%d bytes are kept", cap(g.line))
	}
}

// Lists as long as one may be are passed on for each command.
func TestGuardManyLists(t *testing.T) {
	in := strings.Repeat("* SEARCH"+strings.Repeat(" 1234567", maxList/9)+"\r\nT1 OK done\r\n", 3)
	if got, err := io.ReadAll(guarded(in)); err != nil || string(got) != in {
		t.Errorf("%d bytes of %d, %v", len(got), len(in), err)
	}
}

func TestGuardDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer func() { _ = server.Close() }()
		g := newGuard(client, Mark{})
		g.expect(time.Minute)
		if err := g.SetReadDeadline(time.Now()); err != nil { // the library's word does not count
			t.Fatal(err)
		}
		go func() {
			for range 3 {
				time.Sleep(50 * time.Second)
				fmt.Fprint(server, "* OK still here\r\n")
			}
		}()
		start := time.Now()
		_, err := io.Copy(io.Discard, g)
		if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "nothing for 1m0s") {
			t.Errorf("error = %v", err)
		}
		if d := time.Since(start); d != 210*time.Second {
			t.Errorf("it took %v, want 3m30s", d)
		}
	})
}

// A read that waits already keeps to a deadline set later.
func TestGuardShortensWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer func() { _ = server.Close() }()
		g := newGuard(client, Mark{})
		g.expect(time.Hour)
		time.AfterFunc(time.Second, func() { g.expect(time.Minute) })
		start := time.Now()
		if _, err := g.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 61*time.Second {
			t.Errorf("Read = %v after %v", err, time.Since(start))
		}
	})
}

func TestGuardHoldsBack(t *testing.T) {
	for name, tc := range map[string]struct {
		cmd  string
		mark Mark
		ok   bool
	}{
		"reading":            {"T1 UID FETCH 1:3 (BODY.PEEK[])", Mark{}, true},
		"opening to read":    {`T1 EXAMINE "INBOX"`, Mark{}, true},
		"an answer":          {"AHUAcA==", Mark{}, true},
		"the end of IDLE":    {"DONE", Mark{}, true},
		"opening to write":   {`T1 SELECT "INBOX"`, Mark{}, false},
		"a flag":             {"T1 UID STORE 1 +FLAGS.SILENT (x)", Mark{}, false},
		"a keyword":          {"T1 UID STORE 1 +FLAGS.SILENT (x)", Mark{Keyword: "x"}, true},
		"a system flag":      {`T1 UID STORE 1 +FLAGS.SILENT (\Deleted)`, Mark{Keyword: "x"}, false},
		"a move":             {"T1 UID MOVE 1 Done", Mark{Move: "Done"}, true},
		"a move, not asked":  {"T1 UID MOVE 1 Done", Mark{Keyword: "x"}, false},
		"a copy":             {"T1 UID COPY 1 Done", Mark{Move: "Done"}, false},
		"an expunge":         {"T12 EXPUNGE", Mark{Move: "Done"}, false},
		"an expunge by UID":  {"T12 UID EXPUNGE 1", Mark{Move: "Done"}, false},
		"a close":            {"T12 CLOSE", Mark{Move: "Done"}, false},
		"in lower case also": {"t12 close", Mark{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var sent bytes.Buffer
			g := newGuard(wire{w: &sent}, tc.mark)
			_, err := g.Write([]byte(tc.cmd + "\r\n"))
			if (err == nil) != tc.ok || (sent.Len() > 0) != tc.ok {
				t.Errorf("Write = %v, sent %q", err, sent.String())
			}
		})
	}
}

func FuzzGuard(f *testing.F) {
	f.Add([]byte("* 1 FETCH (UID 1 FLAGS (a) BODY[] {3}\r\nabc)\r\nT1 OK [READ-ONLY] x\r\n"))
	f.Add([]byte("* OK [PERMANENTFLAGS (\\*)] x\r\n* X {2}\r\nab {1}\r\nc\r\n"))
	f.Add([]byte("* SEARCH 1 2\r\n* ok [uidvalidity 1]\r\n* LIST () NIL {2}\r\nab\r\n"))
	f.Add([]byte("* 1 FETCH (\"FLAGS (\" FLAGS (\\\"x) RFC822.SIZE 3)\r\n* BYE [\r\n* NO []\r\n"))
	f.Add([]byte("* 1 FETCH (UID 7 BODY[HEADER.FIELDS (SUBJECT)]<0> {5}\r\nS: a\n)\r\n* 2 FETCH (UID 8 BODY[HEADER.FIELDS (SUBJECT)] {0}\r\n X)\r\nT1 OK x\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		g := newGuard(wire{r: bytes.NewReader(in)}, Mark{})
		out, err := io.ReadAll(g)
		slow, slowErr := io.ReadAll(newGuard(wire{r: iotest.OneByteReader(bytes.NewReader(in))}, Mark{}))
		straight, straightErr := readStraight(bytes.NewReader(in))
		if !bytes.Equal(out, slow) || !bytes.Equal(out, straight) || (err == nil) != (slowErr == nil) || (err == nil) != (straightErr == nil) {
			t.Errorf("at once %q, %v; byte by byte %q, %v; straight %q, %v", out, err, slow, slowErr, straight, straightErr)
		}
		if len(out) > len(in) || cap(g.line) > 2*(maxLine+guardBuffer) {
			t.Errorf("%d bytes of %d, %d kept", len(out), len(in), cap(g.line))
		}
		out2, taken, err2 := tapped(bytes.NewReader(in))
		slow2, slowTaken, _ := tapped(iotest.OneByteReader(bytes.NewReader(in)))
		if !bytes.Equal(out2, slow2) || !maps.Equal(taken, slowTaken) || len(out2) > len(out) || len(taken) == 0 && err == nil && !bytes.Equal(out, out2) || (err == nil) != (err2 == nil) {
			t.Errorf("with a tap at once %q, %v, %v; byte by byte %q, %v; without %q, %v", out2, taken, err2, slow2, slowTaken, out, err)
		}
		n := g.noted()
		upper := bytes.EqualFold(out, in[:min(len(out), len(in))]) // codes are put in upper case
		if n.Dropped == 0 && n.Rewritten == 0 && err == nil && (len(out) != len(in) || !upper) {
			t.Errorf("nothing was filtered, and %q became %q", in, out)
		}
	})
}
