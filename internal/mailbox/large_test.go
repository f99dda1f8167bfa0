package mailbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// A forgetful sink keeps the hashes of what it takes and the ledger.
type forgetful struct {
	*fakeStore
	hashes map[uint32]aup.Hash
}

func (s forgetful) Put(_ context.Context, m *aup.Mail, done func(error)) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, m.Reader()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashes[m.Source.UID] = aup.Hash(sum.Sum(nil))
	fate := aup.Recorded
	if m.Quarantine != "" {
		fate = aup.Quarantined
	}
	s.set(m.Source.Epoch(), aup.LedgerRow{First: m.Source.UID, Last: m.Source.UID, Fate: fate})
	go done(m.Close())
	return nil
}

// mostAllocated is what may be allocated for a message of any size, in bytes.
const mostAllocated = 24 << 20

// onceMeasured looks at f's mail once, within an hour of a clock of its own, and
// returns what became of it and how many bytes were allocated meanwhile. No
// goroutine may be left and no file in the spool. A max of 0 is the default.
func onceMeasured(t *testing.T, f *fake, maxMessage int64) (s forgetful, allocated uint64) {
	t.Helper()
	s = forgetful{newFakeStore(), make(map[uint32]aup.Hash)}
	dir, before := t.TempDir(), allocations()
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{
			Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase,
			MaxMessage: maxMessage, SpoolDir: dir, Dial: f.dial,
		}, s, s)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := w.Once(ctx); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // for the server to notice
	})
	allocated = allocations() - before
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("spool: %v left, %v", left, err)
	}
	return s, allocated
}

// pour says a FETCH response whose literal is size bytes: head, then lines.
func (c *fakeConn) pour(section, head string, size int) aup.Hash {
	sum := sha256.New()
	w := io.MultiWriter(c, sum)
	c.say("* 1 FETCH (UID 1 %s {%d}", section, size)
	_, err := io.WriteString(w, head[:min(len(head), size)])
	lines := bytes.Repeat([]byte("X-Line: 0123456\r\n"), 4096)
	for left := size - len(head); left > 0 && err == nil; left -= len(lines) {
		_, err = w.Write(lines[:min(left, len(lines))]) // a client that is gone is the test's business
	}
	c.say(")")
	return aup.Hash(sum.Sum(nil))
}

// Messages and headers of any size are decided and recorded, or quarantined,
// and never in memory as a whole.
func TestLargeMemory(t *testing.T) {
	const fields = "From: reporter@example.org\r\nSubject: " + phrase + "\r\n\r\n"
	for name, tc := range map[string]struct {
		max          int64
		subject      string // the Subject fields that the server gives
		head         string // what the message begins with
		header, size int    // bytes of the header, and of all
		want         aup.Fate
	}{
		"100 MB":                        {200 << 20, "Subject: " + phrase + "\r\n\r\n", fields, len(fields), 100 << 20, aup.Recorded},
		"100 MB over the cap":           {50 << 20, "Subject: " + phrase + "\r\n\r\n", fields, len(fields), 100 << 20, aup.Quarantined},
		"10 MB of header, no subject":   {50 << 20, "\r\n", "", 10 << 20, 10 << 20, aup.Undecided},
		"10 MB of header, subject said": {50 << 20, "Subject: " + phrase + "\r\n\r\n", "", 10 << 20, 10 << 20, aup.Recorded},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.mail = map[uint32]string{1: tc.head}
			var poured aup.Hash
			f.script = func(c *fakeConn, cmd string) bool {
				switch {
				case isSubject(cmd):
					c.say("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (\"Subject\")]<0> {%d}\r\n%s)", len(tc.subject), tc.subject)
				case isBody(cmd):
					poured = c.pour("BODY[]<0>", tc.head, min(tc.size, int(tc.max)+1))
				case strings.Contains(cmd, "BODY.PEEK[HEADER]"):
					poured = c.pour("BODY[HEADER]<0>", tc.head, min(tc.header, headerSize))
				default:
					return false
				}
				c.ok("done")
				return true
			}
			s, allocated := onceMeasured(t, f, tc.max)
			fates, _ := s.fates()
			if d := cmp.Diff(map[uint32]aup.Fate{1: tc.want}, fates); d != "" {
				t.Errorf("fates (-want +got):\n%s", d)
			}
			if tc.want != aup.Undecided && s.hashes[1] != poured {
				t.Error("not the bytes that were sent")
			}
			if allocated > mostAllocated {
				t.Errorf("%d bytes were allocated for %d", allocated, tc.size)
			}
		})
	}
}

// A size that a server announces is not believed: no memory is set aside for
// it.
func TestAnnouncedMemory(t *testing.T) {
	for _, size := range []uint64{50<<20 + 1, 1<<32 - 1, 1<<63 - 1} {
		for stage, is := range map[string]func(string) bool{"subject": isSubject, "body": isBody} {
			t.Run(fmt.Sprintf("%d in a %s", size, stage), func(t *testing.T) {
				f := newFake()
				f.script = func(c *fakeConn, cmd string) bool {
					if is(cmd) {
						_, section := c.section("1", cmd)
						c.say("* 1 FETCH (UID 1 %s {%d}", section, size)
						c.hang()
					}
					return is(cmd)
				}
				s, allocated := onceMeasured(t, f, 0)
				if fates, _ := s.fates(); fates[1] != aup.Missing || len(s.hashes) > 0 {
					t.Errorf("fates %v, %d mails; want the first to be missing", fates, len(s.hashes))
				}
				if allocated > mostAllocated {
					t.Errorf("%d bytes were allocated", allocated)
				}
			})
		}
	}
}

// allocations returns how many bytes were allocated so far.
func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
