package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
)

// UIDs mean nothing under another UIDVALIDITY: nothing is recorded under a
// wrong one, and everything is read anew under a new one.
func TestEpochs(t *testing.T) {
	validity := func(line string) func(c *fakeConn, cmd string) bool {
		return func(c *fakeConn, cmd string) bool {
			if isExamine(cmd) {
				c.say("* 3 EXISTS\r\n%s", line)
				c.ok("done")
			}
			return isExamine(cmd)
		}
	}
	for name, line := range map[string]string{
		"missing": "* OK nothing", "zero": "* OK [UIDVALIDITY 0] x", "too big": "* OK [UIDVALIDITY 4294967296] x", "no number": "* OK [UIDVALIDITY x] y",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.script = first(2, validity(line))
			try(t, f, nil, func(t *trial) {
				t.settles(2*slowMost, whole)
				if f.conns != 3 {
					t.Errorf("%d connections, want 3: nothing is to be read without an epoch", f.conns)
				}
			})
		})
	}
	t.Run("changed between looks", func(t *testing.T) {
		f := newFake()
		try(t, f, nil, func(t *trial) {
			t.settles(time.Minute, whole)
			f.change(func() { f.validity = 8 })
			time.Sleep(10 * time.Minute)
			t.settles(time.Minute, whole)
			if n := len(t.store.all()); n != 4 {
				t.Errorf("%d mails, want 2 in each epoch", n)
			}
			t.connections(1)
		})
	})
	t.Run("changed inside a batch", func(t *testing.T) {
		f := newFake()
		changed := false
		f.script = func(_ *fakeConn, cmd string) bool {
			if isBody(cmd) && !changed {
				changed = true
				// The old numbers now name other messages.
				f.change(func() {
					f.validity = 8
					f.mail[1], f.mail[2] = f.mail[2], f.mail[1]
				})
			}
			return false
		}
		try(t, f, nil, func(t *trial) {
			time.Sleep(10 * time.Minute)
			t.settles(time.Minute, map[uint32]aup.Fate{1: aup.NotSelected, 2: aup.Recorded, 3: aup.Recorded})
			for _, m := range t.store.all() {
				if m.raw != f.mail[m.UID] || m.UIDValidity == 7 && m.UID == 1 {
					t.Errorf("uid %d of %d is %q", m.UID, m.UIDValidity, m.raw)
				}
			}
		})
	})
	t.Run("flapping", func(t *testing.T) {
		f := newFake()
		f.script = func(_ *fakeConn, cmd string) bool {
			if isExamine(cmd) {
				f.change(func() { f.validity++ })
			}
			return false
		}
		try(t, f, func(o *Options) { o.Poll = time.Second }, func(t *trial) {
			f.change(func() { f.caps = "IMAP4rev1" })
			time.Sleep(time.Hour)
			if n := len(t.store.all()); n > 2*(2*maxEpochs+2) {
				t.Errorf("%d mails in an hour", n)
			}
			if !strings.Contains(t.log.String(), "UIDVALIDITY changed more than") {
				t.Errorf("nobody is told:\n%s", t.log)
			}
		})
	})
	t.Run("folder removed and made again", func(t *testing.T) {
		f := newFake()
		gone := false
		f.script = func(c *fakeConn, cmd string) bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if gone && isExamine(cmd) {
				c.say("%s NO [NONEXISTENT] no such mailbox", c.tag)
				return true
			}
			return false
		}
		try(t, f, nil, func(t *trial) {
			t.settles(time.Minute, whole)
			f.change(func() { gone = true })
			time.Sleep(time.Hour)
			if s := t.w.Status()[0]; !strings.Contains(s.LastError, "open the folder") {
				t.Errorf("status %+v", s)
			}
			f.change(func() {
				gone, f.validity = false, 9
				f.mail = map[uint32]string{1: f.mail[3]}
			})
			t.settles(2*backoffMost, map[uint32]aup.Fate{1: aup.Recorded})
		})
	})
}

// IDLE that does not work is replaced by polling, and one that falls silent is
// found out.
func TestIdleFails(t *testing.T) {
	for name, tc := range map[string]struct {
		script func(c *fakeConn, cmd string) bool
		within time.Duration // until new mail is there
		conns  int
	}{
		"BAD":        {func(c *fakeConn, cmd string) bool { return cmd == "IDLE" && refuse(c, "BAD what") }, 2 * time.Minute, 1},
		"NO":         {func(c *fakeConn, cmd string) bool { return cmd == "IDLE" && refuse(c, "NO not now") }, 2 * time.Minute, 1},
		"OK at once": {func(c *fakeConn, cmd string) bool { return cmd == "IDLE" && refuse(c, "OK bored") }, 2 * time.Minute, 2},
		"no answer": {func(c *fakeConn, cmd string) bool {
			if cmd == "IDLE" {
				c.hang()
			}
			return false
		}, 3 * time.Minute, 2},
		"silence": {func(c *fakeConn, cmd string) bool {
			if cmd == "IDLE" && c.n == 1 {
				c.say("+ idling")
				c.hang()
			}
			return false
		}, idleMost + 2*time.Minute, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.script = tc.script
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				f.change(func() { f.mail[4] = string(message(" "+phrase, 4)) })
				want := map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 4: aup.Recorded}
				t.settles(tc.within, want)
				time.Sleep(time.Hour)
				t.connections(tc.conns)
			})
		})
	}
	t.Run("not offered", func(t *testing.T) {
		f := newFake()
		f.caps = "IMAP4rev1"
		try(t, f, nil, func(t *trial) {
			t.settles(time.Minute, whole)
			f.change(func() { f.mail[4] = string(message(" hello", 4)) })
			t.settles(2*time.Minute, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 4: aup.NotSelected})
			t.connections(1)
		})
	})
}

// A server that tells of nothing new without end is not asked without end.
func TestChattyServer(t *testing.T) {
	for name, count := range map[string]func(n int) int{"the same number": func(int) int { return 3 }, "ever more": func(n int) int { return n + 4 }} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			looks := 0
			f.script = func(c *fakeConn, cmd string) bool {
				if isExamine(cmd) {
					looks++
				}
				if cmd == "IDLE" {
					c.say("+ idling")
					c.say("* %d EXISTS", count(looks))
					if line, err := c.r.ReadString('\n'); err == nil && strings.TrimSpace(line) == "DONE" {
						c.ok("done")
					}
				}
				return cmd == "IDLE"
			}
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				time.Sleep(time.Hour)
				synctest.Wait()
				if looks > 3700 || name == "the same number" && looks > 20 {
					t.Errorf("%d looks in an hour", looks)
				}
				t.connections(1)
			})
		})
	}
}

func refuse(c *fakeConn, text string) bool {
	c.say("%s %s", c.tag, text)
	return true
}

// Messages may turn up below those that are known: near the cursor they are
// found within the quarter of an hour, far below it within the day.
func TestLateMessages(t *testing.T) {
	f := newFake()
	f.mail = map[uint32]string{1: string(message(" "+phrase, 1)), 2000: string(message(" x", 2))}
	try(t, f, nil, func(t *trial) {
		want := map[uint32]aup.Fate{1: aup.Recorded, 2000: aup.NotSelected}
		t.settles(time.Minute, want)
		f.change(func() { f.mail[1600], f.mail[700] = string(message(" "+phrase, 3)), string(message(" "+phrase, 4)) })
		want[1600] = aup.Recorded
		t.settles(overlapEvery+idleMost+time.Minute, want)
		want[700] = aup.Recorded
		t.settles(sweepEvery+idleMost, want)
		t.connections(1)
	})
}

// A server that drips is waited for while there is hope.
func TestSlowServer(t *testing.T) {
	f := newFake()
	f.script = func(c *fakeConn, cmd string) bool {
		if !isBody(cmd) {
			return false
		}
		for _, uid := range []string{"1", "3"} {
			body, section := c.section(uid, cmd)
			c.say("* %s FETCH (UID %s %s {%d}", uid, uid, section, len(body))
			for i := range len(body) {
				time.Sleep(4 * time.Second) // seven minutes in all
				_, _ = c.Write([]byte{body[i]})
			}
			c.say(")")
		}
		c.ok("done")
		return true
	}
	try(t, f, nil, func(t *trial) {
		t.settles(time.Hour, whole)
		t.connections(1)
	})
}

// A refused sign-in is not repeated fast: servers lock accounts.
func TestSignInRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		auth    func(asked *int) Auth
		refuses int // sign-ins
		most    int // sign-ins in a day
		within  time.Duration
	}{
		"a wrong password": {func(*int) Auth { return PasswordAuth("wrong") }, 1e6, 30, 0},
		"an expired token": {func(asked *int) Auth {
			return func(_ context.Context, fresh bool) (Secret, error) {
				if fresh {
					*asked++
				}
				return Secret{Token: fmt.Sprint("token", *asked)}, nil
			}
		}, 1, 3, time.Second},
		"tokens that are all refused": {func(asked *int) Auth {
			return func(_ context.Context, fresh bool) (Secret, error) {
				if fresh {
					*asked++
				}
				return Secret{Token: fmt.Sprint("token", *asked)}, nil
			}
		}, 1e6, 60, 0},
		"no token to be had": {func(asked *int) Auth {
			return func(context.Context, bool) (Secret, error) {
				*asked++
				return Secret{}, errors.New("token endpoint: 429")
			}
		}, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.caps = "IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2"
			signIns, asked := 0, 0
			f.script = func(c *fakeConn, cmd string) bool {
				if !strings.HasPrefix(cmd, "LOGIN") && !strings.HasPrefix(cmd, "AUTHENTICATE") {
					return false
				}
				signIns++
				if signIns > tc.refuses {
					c.ok("welcome")
				} else if strings.HasPrefix(cmd, "AUTH") {
					c.say("+ eyJzdGF0dXMiOiI0MDAifQ==") // {"status":"400"}
				} else {
					c.say("%s NO [AUTHENTICATIONFAILED] wrong", c.tag)
				}
				return true
			}
			try(t, f, func(o *Options) { o.Auth = tc.auth(&asked) }, func(t *trial) {
				if tc.within > 0 {
					t.settles(tc.within, whole)
				}
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if signIns > tc.most || signIns == 0 && tc.refuses > 0 {
					t.Errorf("%d sign-ins in a day, want at most %d", signIns, tc.most)
				}
				if f.conns > 300 || asked > 300 {
					t.Errorf("%d connections and %d tokens in a day", f.conns, asked)
				}
			})
		})
	}
}

// A server that never answers the sign-in is given up and asked again later.
func TestSignInStalls(t *testing.T) {
	token := func(context.Context, bool) (Secret, error) { return Secret{Token: "tok"}, nil }
	for name, tc := range map[string]struct {
		caps string
		auth Auth
	}{
		"no + for AUTHENTICATE": {"AUTH=XOAUTH2", token}, "no answer to a token": {"AUTH=OAUTHBEARER SASL-IR", token}, "no answer to LOGIN": {"", PasswordAuth("p")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.caps = "IMAP4rev1 IDLE " + tc.caps
			f.script = func(c *fakeConn, cmd string) bool {
				signIn := strings.HasPrefix(cmd, "AUTHENTICATE") || strings.HasPrefix(cmd, "LOGIN")
				switch {
				case signIn && c.n <= 3:
					c.hang()
				case signIn:
					c.ok("welcome")
				}
				return signIn
			}
			try(t, f, func(o *Options) { o.Auth = tc.auth }, func(t *trial) {
				t.settles(10*time.Minute, whole)
				t.connections(4)
			})
		})
	}
}

// The way back after an outage: waits that double up to a bound, with jitter,
// and no loss.
func TestBackOff(t *testing.T) {
	for name, err := range map[string]error{
		"connection refused": &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		"no such host":       &net.DNSError{Err: "no such host", Name: "imap.example.org", IsNotFound: true},
		"an old certificate": &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}},
		"another's name":     &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: new(x509.Certificate), Host: "imap.example.org"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.refused = err
			try(t, f, nil, func(t *trial) {
				time.Sleep(10 * time.Minute)
				f.change(func() { f.refused = nil })
				t.settles(backoffMost, whole)
				f.mu.Lock()
				defer f.mu.Unlock()
				if n := len(f.dials); n < 5 || n > 60 {
					t.Errorf("%d dials in ten minutes", n)
				}
				for i := 1; i < len(f.dials); i++ {
					if d := f.dials[i].Sub(f.dials[i-1]); d < backoffLeast/10 || d > min(backoffLeast<<(i-1), backoffMost) {
						t.Errorf("dial %d came after %v", i, d)
					}
				}
			})
		})
	}
}

// After a connection that lasted the way back is short again, however many had
// failed before it.
func TestBackOffStartsOver(t *testing.T) {
	f, idles := newFake(), 0
	cuts := make(map[int]time.Time) // by the number of dials then
	f.script = func(c *fakeConn, cmd string) bool {
		if c.n%5 > 0 {
			return isExamine(cmd) && c.Close() == nil
		}
		if cmd != "IDLE" {
			return false
		}
		if idles++; idles%4 > 0 { // each lasts four minutes and more
			return false
		}
		f.change(func() { cuts[len(f.dials)] = time.Now() })
		return c.Close() == nil
	}
	try(t, f, nil, func(t *trial) {
		time.Sleep(12 * time.Hour)
		f.mu.Lock()
		defer f.mu.Unlock()
		for n, at := range cuts {
			if d := f.dials[n].Sub(at); n < len(f.dials) && d > backoffLeast {
				t.Errorf("a dial came %v after a connection that had lasted", d)
			}
		}
		if len(cuts) < 15 {
			t.Errorf("%d connections lasted", len(cuts))
		}
	})
}

// A line that is cut again and again does not slow down what goes on getting
// further.
func TestCutAllTheTime(t *testing.T) {
	f := newFake()
	want := make(map[uint32]aup.Fate)
	for uid := uint32(1); uid <= 12*batchSize; uid++ {
		f.mail[uid], want[uid] = string(message(" hello", int(uid))), aup.NotSelected
	}
	subjects := 0
	f.script = func(c *fakeConn, cmd string) bool {
		if isSubject(cmd) {
			if subjects++; subjects%2 == 0 {
				_ = c.Close()
				return true
			}
		}
		return false
	}
	try(t, f, nil, func(t *trial) {
		time.Sleep(3 * time.Minute)
		t.settles(0, want)
	})
}

// A clock that is set back does not put off what is asked for again.
func TestClockSetBack(t *testing.T) {
	f := newFake()
	store := newFakeStore()
	e := aup.Epoch{Mailbox: testName, Folder: "INBOX", UIDValidity: 7}
	missing := aup.LedgerRow{First: 1, Last: 1, Fate: aup.Missing, Tries: 3, At: time.Now().AddDate(1, 0, 0)} // before the clock was set right
	rows := []aup.LedgerRow{missing, {First: 2, Last: 3, Fate: aup.NotSelected}}
	if err := store.Account(t.Context(), e, rows, 3); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := once(t, f, store); err != nil {
			t.Error(err)
		}
	})
	if fates, _ := store.fates(); fates[1] != aup.Recorded {
		t.Errorf("fates %v, want the first recorded", fates)
	}
}

// A clock that is set, or a machine that slept, costs a new connection: what
// the old one knows may be out of date.
func TestClockMoves(t *testing.T) {
	for name, by := range map[string]time.Duration{"a day ahead": 24 * time.Hour, "a day back": -24 * time.Hour, "two minutes": 2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				f.change(func() { f.mail[4] = string(message(" "+phrase, 4)) })
				offset.Store(int64(by))
				defer offset.Store(0)
				time.Sleep(idleMost + time.Minute)
				t.settles(time.Minute, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 4: aup.Recorded})
				if !strings.Contains(t.log.String(), "the clock moved") || f.conns != 2 {
					t.Errorf("%d connections, log:\n%s", f.conns, t.log)
				}
			})
		})
	}
}

// A disk that takes no spool file keeps the message where it is.
func TestSpoolFails(t *testing.T) {
	f := newFake()
	f.mail[1] = string(message(" "+phrase, 1)) + strings.Repeat("0123456789\r\n", 50_000)
	dir := filepath.Join(t.TempDir(), "missing")
	try(t, f, func(o *Options) { o.SpoolDir = dir }, func(t *trial) {
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, cursor := t.store.fates(); cursor != 0 || !strings.Contains(t.w.Status()[0].LastError, "spool") {
			t.Errorf("cursor %d, status %+v", cursor, t.w.Status()[0])
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		t.settles(2*backoffMost, whole)
	})
}
