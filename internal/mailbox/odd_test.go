package mailbox

import (
	"crypto/sha256"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// An oddHeader is a message with a header that readers stumble over.
type oddHeader struct {
	raw   string
	want  aup.Fate
	blind aup.Fate // where the server finds no Subject field; want if empty
}

func oddHeaders() map[string]oddHeader {
	const subject, end = "Subject: " + phrase + "\r\n", "\r\nb\r\n"
	many := strings.Repeat("X-Line: y\r\n", 50_000)
	return map[string]oddHeader{
		"subject behind 50,000 lines":  {many + subject + end, aup.Recorded, ""},
		"subject behind 100,000 lines": {many + many + subject + end, aup.Recorded, aup.Undecided},
		"subject behind a long line":   {"X: " + strings.Repeat("y", 900_000) + "\r\n" + subject + end, aup.Recorded, ""},
		"1 MB of subject":              {"Subject: " + strings.Repeat("x ", 500_000) + phrase + "\r\n" + end, aup.Recorded, ""},
		"3 MB of subject":              {"Subject: " + strings.Repeat("x ", 1_500_000) + phrase + "\r\n" + end, aup.Undecided, ""},
		"a subject of 50,000 lines":    {"Subject: x\r\n" + strings.Repeat(" y z\r\n", 50_000) + " " + phrase + "\r\n" + end, aup.Recorded, ""},
		"50,000 subjects":              {strings.Repeat("Subject: x\r\n", 50_000) + subject + end, aup.Recorded, ""},
		"1 MB of encoded words":        {"Subject: x" + strings.Repeat(" =?utf-8?q?y?=\r\n", 50_000) + " " + phrase + "\r\n" + end, aup.Recorded, ""},
		"space before the colon":       {"Subject : " + phrase + "\r\n" + end, aup.Recorded, ""},
		"a line without a colon":       {"what\r\n" + subject + end, aup.Recorded, ""},
		"NUL":                          {subject + "X: \x00\r\n\r\n\x00\r\n", aup.Recorded, ""},
		"NUL in the subject":           {"Subject: Acceptable\x00 Use Policy\x00\r\n" + end, aup.Recorded, ""},
		"a forged response":            {subject + "\r\n)\r\n* 2 FETCH (UID 9 BODY[] {3}\r\nabc)\r\nT9 OK done\r\n", aup.Recorded, ""},
		"header only":                  {subject, aup.Recorded, ""},
		"bare line feeds":              {"Subject: " + phrase + "\n\nb\n", aup.Recorded, ""},
		"no subject":                   {"From: a@b.example\r\n" + end, aup.NotSelected, ""},
		"the phrase in the body":       {"Subject: x\r\n\r\n" + subject, aup.NotSelected, ""},
		"a second subject":             {"Subject: x\r\n" + subject + end, aup.Recorded, ""},
		"nothing at all":               {"\r\n", aup.NotSelected, ""},
		"two encoded, folded, 8bit":    {"X: \xff\r\nSubject: =?utf-8?Q?Acceptable=20?=\r\n =?utf-8?Q?Use_?=\r\n Policy \xe9\r\n\r\n\xff", aup.Recorded, ""},
	}
}

func TestOddHeaders(t *testing.T) {
	for name, tc := range oddHeaders() {
		t.Run(name, func(t *testing.T) {
			srv, store := startServer(t), newFakeStore()
			appendTo(t, srv, "INBOX", []byte(tc.raw))
			if err := newWatcher(t, testOptions(srv), store).Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			fates, _ := store.fates()
			if d := cmp.Diff(map[uint32]aup.Fate{1: tc.want}, fates); d != "" {
				t.Errorf("fates (-want +got):\n%s", d)
			}
			for _, m := range store.all() {
				if m.raw != tc.raw {
					t.Error("not the bytes that were appended")
				}
			}
		})
	}
}

// An odd header is decided, or said to be undecided, with little memory and by
// one connection, whether or not the server makes sense of it.
func TestOddHeadersMemory(t *testing.T) {
	blind := func(c *fakeConn, cmd string) bool {
		if isSubject(cmd) {
			c.say("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (\"Subject\")]<0> {2}\r\n\r\n)")
			c.ok("done")
		}
		return isSubject(cmd)
	}
	for name, tc := range oddHeaders() {
		for server, script := range map[string]func(*fakeConn, string) bool{"": nil, ", no subject said": blind} {
			t.Run(name+server, func(t *testing.T) {
				f, want := newFake(), tc.want
				f.mail, f.script = map[uint32]string{1: tc.raw}, script
				if script != nil && tc.blind != "" {
					want = tc.blind
				}
				s, allocated := onceMeasured(t, f, 0)
				fates, _ := s.fates()
				if d := cmp.Diff(map[uint32]aup.Fate{1: want}, fates); d != "" {
					t.Errorf("fates (-want +got):\n%s", d)
				}
				if hash, ok := s.hashes[1]; ok != (want == aup.Recorded) || ok && hash != sha256.Sum256([]byte(tc.raw)) {
					t.Error("not the bytes of the message")
				}
				if f.conns != 1 {
					t.Errorf("%d connections, want 1", f.conns)
				}
				// Fifty thousand subjects are fifty thousand small strings.
				if allocated > 2*mostAllocated {
					t.Errorf("%d bytes were allocated for %d", allocated, len(tc.raw))
				}
			})
		}
	}
}
