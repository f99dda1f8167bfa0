package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
)

// A server that goes on and on in its answer to a command, and never falls
// silent for long, is given up in the end, and asked again.
func TestEndlessAnswer(t *testing.T) {
	for _, cmd := range []string{"LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "NOOP", "LIST", "UID STORE", "UID SEARCH UID 1,3 UNKEYWORD", "IDLE", "DONE"} {
		t.Run(cmd, func(t *testing.T) {
			f := newFake()
			marked := make(map[string]bool)
			endless := func(c *fakeConn) {
				for c.r.Buffered() == 0 {
					time.Sleep(30 * time.Second)
					if _, err := fmt.Fprintf(c, "* OK Still here\r\n"); err != nil {
						return
					}
				}
			}
			f.script = func(c *fakeConn, got string) bool {
				switch {
				case c.n > 1:
				case strings.HasPrefix(got, cmd):
					endless(c)
					return true
				case cmd == "DONE" && got == "IDLE":
					c.say("+ idling")
					_, _ = c.r.ReadString('\n')
					endless(c)
					return true
				case cmd == "NOOP" && isBody(got):
					c.ok("done") // the messages that were left out are looked for
					return true
				case cmd == "LIST" && strings.HasPrefix(got, "SELECT"):
					return refuse(c, "NO no such folder")
				}
				return f.mark(c, got, marked)
			}
			try(t, f, func(o *Options) { o.Mark = Mark{Keyword: "$Aupd"} }, func(t *trial) {
				t.settles(2*messageTime, whole)
				f.change(func() { f.mail[4] = string(message(" "+phrase, 4)) })
				t.settles(2*messageTime, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 4: aup.Recorded})
				synctest.Wait()
				if f.conns != 2 {
					t.Errorf("%d connections, want 2\nlog:\n%s", f.conns, t.log)
				}
			})
		})
	}
}

// The same for one that drips over its goodbye.
func TestEndlessGoodbye(t *testing.T) {
	f := newFake()
	f.script = func(c *fakeConn, cmd string) bool {
		for left := 3600; cmd == "LOGOUT" && left > 0; left-- {
			time.Sleep(time.Second)
			c.say("* OK Still here")
		}
		return false
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := once(t, f, newFakeStore()); err != nil || time.Since(start) > 2*time.Minute {
			t.Errorf("Once took %v: %v", time.Since(start), err)
		}
		time.Sleep(2 * time.Hour) // for the server to notice
	})
}

// A server that answers a FETCH with messages without end, asked for or not, is
// given up in the end, too, and costs no memory.
func TestEndlessMessages(t *testing.T) {
	for name, answer := range map[string]string{
		"one again and again": "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (\"Subject\")]<0> {%[2]d}\r\n%[3]s)",
		"plain ones":          "* %[1]d FETCH (UID %[1]d BODY[HEADER.FIELDS (\"Subject\")]<0> {%[2]d}\r\n%[3]s)",
		"others":              "* %[1]d FETCH (FLAGS () UID %[1]d BODY[HEADER.FIELDS (\"Subject\")]<0> {%[2]d}\r\n%[3]s)",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			const subject = "Subject: " + phrase + "\r\n\r\n"
			f.script = first(1, func(c *fakeConn, cmd string) bool {
				for n := 1; isSubject(cmd); n++ {
					time.Sleep(30 * time.Second)
					if _, err := fmt.Fprintf(c, answer+"\r\n", n, len(subject), subject); err != nil {
						return true
					}
				}
				return false
			})
			try(t, f, nil, func(t *trial) {
				t.settles(5*messageTime, whole)
				t.connections(2)
			})
		})
	}
}
