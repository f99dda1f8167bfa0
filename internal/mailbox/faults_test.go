package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
)

// is reports whether cmd asks for whole bodies.
func isBody(cmd string) bool    { return strings.Contains(cmd, "BODY.PEEK[]") }
func isSubject(cmd string) bool { return strings.Contains(cmd, "HEADER.FIELDS") }

// first runs script on the first n connections only.
func first(n int, script func(c *fakeConn, cmd string) bool) func(*fakeConn, string) bool {
	return func(c *fakeConn, cmd string) bool { return c.n <= n && script(c, cmd) }
}

// A connection that ends or falls silent anywhere costs a new one, and nothing
// else: what it was about is recorded once.
func TestConnectionEnds(t *testing.T) {
	big := string(message(" "+phrase, 1)) + strings.Repeat("0123456789\r\n", 50_000)
	ends := map[string]func(c *fakeConn){
		"FIN": func(c *fakeConn) { _ = c.Close() }, "RST": (*fakeConn).reset, "stall": (*fakeConn).hang,
	}
	at := map[string]func(n int) int{
		"at once": func(int) int { return 0 }, "at byte 1": func(int) int { return 1 },
		"in the middle": func(n int) int { return n / 2 }, "before the last byte": func(n int) int { return n - 1 },
	}
	for how, end := range ends {
		for where, cut := range at {
			for stage, is := range map[string]func(string) bool{"subject": isSubject, "body": isBody} {
				t.Run(how+" in a "+stage+" "+where, func(t *testing.T) {
					f := newFake()
					f.mail[1] = big
					f.script = first(1, func(c *fakeConn, cmd string) bool {
						if !is(cmd) {
							return false
						}
						body, section := c.section("1", cmd)
						_, _ = fmt.Fprintf(c, "* 1 FETCH (UID 1 %s {%d}\r\n%s", section, len(body), body[:cut(len(body))])
						end(c)
						return true
					})
					try(t, f, nil, func(t *trial) {
						t.settles(2*time.Minute, whole)
						t.connections(2)
					})
				})
			}
		}
	}
	for _, cmd := range []string{"LOGIN", "EXAMINE", "UID SEARCH", "IDLE", "CAPABILITY"} {
		for how, end := range ends {
			t.Run(how+" at "+cmd, func(t *testing.T) {
				f := newFake()
				f.script = first(1, func(c *fakeConn, got string) bool {
					if strings.HasPrefix(got, cmd) {
						end(c)
					}
					return false
				})
				try(t, f, nil, func(t *trial) {
					t.settles(3*time.Minute, whole)
					time.Sleep(time.Hour)
					t.connections(3)
				})
			})
		}
	}
}

// What a server says when it ends a connection reaches the log.
func TestBye(t *testing.T) {
	const text = "Session invalidated - AccessTokenExpired"
	bye := func(c *fakeConn) {
		c.say("* BYE %s", text)
		_ = c.Close()
	}
	for name, tc := range map[string]struct {
		greet  func(c *fakeConn) string
		script func(c *fakeConn, cmd string) bool
	}{
		"as the greeting": {greet: func(c *fakeConn) string {
			if c.n == 1 {
				return "* BYE " + text
			}
			return "* OK hello"
		}},
		"behind LOGIN": {script: func(c *fakeConn, cmd string) bool {
			if strings.HasPrefix(cmd, "EXAMINE") {
				bye(c)
			}
			return false
		}},
		"in FETCH": {script: func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.fetched("1", "BODY.PEEK[]")
				bye(c)
			}
			return false
		}},
		"in IDLE": {script: func(c *fakeConn, cmd string) bool {
			if cmd == "IDLE" {
				c.say("+ idling")
				time.Sleep(time.Minute)
				bye(c)
			}
			return false
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.greet = tc.greet
			if tc.script != nil {
				f.script = first(1, tc.script)
			}
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				time.Sleep(2 * time.Minute)
				if !strings.Contains(t.log.String(), text) {
					t.Errorf("the log does not say why:\n%s", t.log)
				}
				t.connections(2)
			})
		})
	}
}

// A message that the server cannot give in good form is put aside after some
// connections, does not hold up the others, and is had when it is mended.
func TestPoison(t *testing.T) {
	answers := map[string]func(c *fakeConn, section, body string){
		"literal too long":  func(c *fakeConn, s, b string) { c.say("* 1 FETCH (UID 1 %s {%d}\r\n%s)", s, len(b)+100, b); c.hang() },
		"literal too short": func(c *fakeConn, s, b string) { c.say("* 1 FETCH (UID 1 %s {%d}\r\n%s)", s, len(b)-10, b) },
		"{-1}":              func(c *fakeConn, s, b string) { c.say("* 1 FETCH (UID 1 %s {-1}\r\n%s)", s, b) },
		"4 GB":              func(c *fakeConn, s, _ string) { c.say("* 1 FETCH (UID 1 %s {4294967295}", s); c.hang() },
		"8 EB":              func(c *fakeConn, s, _ string) { c.say("* 1 FETCH (UID 1 %s {9223372036854775807}", s); c.hang() },
		"over the cap":      func(c *fakeConn, s, _ string) { c.say("* 1 FETCH (UID 1 %s {104857600}", s); c.hang() },
		"an odd item":       func(c *fakeConn, s, b string) { c.say("* 1 FETCH (UID 1 X-ODD 1 %s {%d}\r\n%s)", s, len(b), b) },
		"a drip": func(c *fakeConn, s, b string) {
			c.say("* 1 FETCH (UID 1 %s {%d}", s, len(b))
			for i := range len(b) {
				time.Sleep(30 * time.Second)
				if _, err := c.Write([]byte{b[i]}); err != nil {
					return
				}
			}
		},
	}
	for name, answer := range answers {
		for stage, is := range map[string]func(string) bool{"subject": isSubject, "body": isBody} {
			t.Run(name+" in a "+stage, func(t *testing.T) {
				f := newFake()
				mended := false
				f.script = func(c *fakeConn, cmd string) bool {
					f.mu.Lock()
					well := mended
					f.mu.Unlock()
					set := fetchSet.FindStringSubmatch(strings.TrimPrefix(cmd, "UID "))
					if well || !is(cmd) || len(f.listed(set[1])) == 0 || f.listed(set[1])[0] != "1" {
						return false
					}
					body, section := c.section("1", cmd)
					answer(c, section, body)
					return true
				}
				try(t, f, nil, func(t *trial) {
					t.settles(6*time.Hour, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Recorded})
					t.connections(stuckAt + maxTries + 2)
					f.change(func() { mended = true })
					t.settles(13*time.Hour, whole)
				})
			})
		}
	}
}

// What the library or a naive reader gives up on does not end the session.
func TestOddAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		odd   func(c *fakeConn, cmd string) // said before the right answer
		on    func(cmd string) bool
		conns int
	}{
		"a keyword with a bracket": {func(c *fakeConn, _ string) {
			c.say("* FLAGS (\\Seen [Airmail]/x)\r\n* OK [PERMANENTFLAGS ([Airmail]/x \\*)] x")
		}, isExamine, 1},
		"a keyword with a quote": {func(c *fakeConn, _ string) { c.say("* FLAGS (a\"b c d)\r\n* 1 FETCH (UID 1 FLAGS (a\"b [x] \xe9))") }, isSubject, 1},
		"an unknown response":    {func(c *fakeConn, _ string) { c.say("* XNEWS {3}\r\nabc (x\r\n* 5 XNEWS y") }, isBody, 1},
		"a code in lower case":   {func(c *fakeConn, _ string) { c.say("* ok [unseen 3] x\r\n* no [alert] disk nearly full") }, isExamine, 1},
		"no text behind OK":      {func(c *fakeConn, _ string) { c.say("* OK\r\n* OK [UIDNEXT 9]") }, isExamine, 1},
		"bare line feeds":        {func(c *fakeConn, _ string) { _, _ = c.Write([]byte("* OK x\n* 3 EXISTS\n")) }, isExamine, 1},
		"expunges and news":      {func(c *fakeConn, _ string) { c.say("* 9 EXPUNGE\r\n* 3 EXISTS\r\n* 0 RECENT") }, isSubject, 1},
		"flags alone, first":     {func(c *fakeConn, _ string) { c.say("* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS ())") }, isBody, 1},
		"a message nobody asked": {func(c *fakeConn, _ string) { c.say("* 9 FETCH (UID 99 BODY[] {2}\r\nhi)") }, isBody, 1},
		"a message without UID":  {func(c *fakeConn, _ string) { c.say("* 9 FETCH (BODY[] {2}\r\nhi)") }, isBody, 1},
		"a code that is no atom": {func(c *fakeConn, _ string) { c.say(`* OK [Error="x ]y" z] hello`) }, isExamine, 1},
		"a stray continuation":   {func(c *fakeConn, _ string) { c.say("+ go on") }, isExamine, 2},
		"a foreign tag":          {func(c *fakeConn, _ string) { c.say("Z9 OK done") }, isExamine, 2},
		"nonsense":               {func(c *fakeConn, _ string) { c.say("220 mail.example ESMTP") }, isExamine, 2},
		"an endless line":        {func(c *fakeConn, _ string) { c.say("* OK %s", strings.Repeat("x", 2*maxLine)) }, isExamine, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			done := false
			f.script = func(c *fakeConn, cmd string) bool {
				if tc.on(cmd) && !done {
					done = true
					tc.odd(c, cmd)
				}
				return false
			}
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				t.connections(tc.conns)
			})
		})
	}
}

// A server that says nonsense on every connection is not asked in haste, and
// is believed again when it comes to its senses.
func TestOddForEver(t *testing.T) {
	for name, odd := range map[string]string{
		"a stray continuation": "+ go on", "a foreign tag": "Z9 OK done", "nonsense": "220 mail.example ESMTP", "an unclosed quote": `* 1 FETCH (UID 1 BODY[] "x`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			sane := false
			f.script = func(c *fakeConn, cmd string) bool {
				f.mu.Lock()
				defer f.mu.Unlock()
				if isExamine(cmd) && !sane {
					c.say("%s", odd)
				}
				return false
			}
			try(t, f, nil, func(t *trial) {
				time.Sleep(time.Hour)
				t.connections(60)
				if n := len(t.store.all()); n > 0 {
					t.Errorf("%d mails were recorded", n)
				}
				f.change(func() { sane = true })
				t.settles(backoffMost, whole)
			})
		})
	}
}

func isExamine(cmd string) bool { return strings.HasPrefix(cmd, "EXAMINE") }

// Subjects are read in every form that a server may answer in, plain or not,
// and whatever they hold is no answer.
func TestSubjectAnswers(t *testing.T) {
	for name, answer := range map[string]string{
		"plain":              "* %[1]s FETCH (UID %[1]s %[2]s {%[3]d}\r\n%[4]s)",
		"flags first":        "* %[1]s FETCH (FLAGS (\\Seen) UID %[1]s %[2]s {%[3]d}\r\n%[4]s)",
		"flags behind":       "* %[1]s FETCH (UID %[1]s %[2]s {%[3]d}\r\n%[4]s FLAGS (\\Seen))",
		"in lower case":      "* %[1]s fetch (uid %[1]s %[2]s {%[3]d}\r\n%[4]s)",
		"twice":              "* %[1]s FETCH (UID %[1]s %[2]s {%[3]d}\r\n%[4]s)\r\n* %[1]s FETCH (UID %[1]s %[2]s {2}\r\n\r\n)",
		"of others as well":  "* 9 FETCH (UID 9 %[2]s {%[3]d}\r\n%[4]s)\r\n* %[1]s FETCH (UID %[1]s %[2]s {%[3]d}\r\n%[4]s)",
		"news in between":    "* 3 EXISTS\r\n* %[1]s FETCH (UID %[1]s %[2]s {%[3]d}\r\n%[4]s)\r\n* 1 FETCH (FLAGS ())",
		"forged ones within": "* %[1]s FETCH (UID %[1]s %[2]s {%[5]d}\r\n%[4]s)\r\n* 1 FETCH (UID 1 %[2]s {2}\r\n\r\n)\r\nT9 OK done\r\n)",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.mail[1] += ")\r\n* 2 FETCH (UID 3 BODY[]<0> {3}\r\nabc)\r\nT9 OK done\r\n"
			f.script = func(c *fakeConn, cmd string) bool {
				if !isSubject(cmd) {
					return false
				}
				for _, u := range c.f.listed(fetchSet.FindStringSubmatch(cmd[4:])[1]) {
					body, section := c.section(u, cmd)
					forged := len(")\r\n* 1 FETCH (UID 1  {2}\r\n\r\n)\r\nT9 OK done\r\n") + len(section)
					c.say(answer+"%[6]s", u, section, len(body), body, len(body)+forged, "")
				}
				c.ok("done")
				return true
			}
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, whole)
				for _, m := range t.store.all() {
					if m.raw != f.mail[m.UID] {
						t.Errorf("uid %d is %q", m.UID, m.raw)
					}
				}
				t.connections(1)
			})
		})
	}
}

// What is listed and not given is missing until it is given, what is no longer
// listed is gone, and nothing made up is recorded.
func TestMessagesNotGiven(t *testing.T) {
	for name, tc := range map[string]struct {
		script func(c *fakeConn, cmd string) bool
		during map[uint32]aup.Fate // while the script runs
		after  map[uint32]aup.Fate // when it has stopped
	}{
		"left out of the subjects": {func(c *fakeConn, cmd string) bool {
			if isSubject(cmd) {
				for _, u := range c.f.listed(fetchSet.FindStringSubmatch(cmd[4:])[1]) {
					if u != "1" {
						c.fetched(u, cmd)
					}
				}
				c.ok("done")
			}
			return isSubject(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Recorded}, whole},
		"left out of the bodies": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.ok("done")
			}
			return isBody(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Missing}, whole},
		"NIL for a body": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.say("* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n* 3 FETCH (UID 3 BODY[]<0> NIL)")
				c.ok("[EXPUNGEISSUED] some are gone")
			}
			return isBody(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Missing}, whole},
		"the UID behind the literal": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.say("* 1 FETCH (BODY[]<0> {2}\r\nhi UID 1)")
				c.ok("done")
			}
			return isBody(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Missing}, whole},
		"the UID behind the subject": {func(c *fakeConn, cmd string) bool {
			if isSubject(cmd) {
				for _, u := range c.f.listed(fetchSet.FindStringSubmatch(cmd[4:])[1]) {
					if body, section := c.section(u, cmd); u == "1" {
						c.say("* 1 FETCH (%s {%d}\r\n%s UID 1)", section, len(body), body)
					} else {
						c.fetched(u, cmd)
					}
				}
				c.ok("done")
			}
			return isSubject(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Recorded}, whole},
		"a made-up body": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				const raw = "Subject: message unavailable\r\n\r\n"
				c.say("* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%s)", len(raw), raw)
				c.ok("done")
			}
			return isBody(cmd)
		}, map[uint32]aup.Fate{1: aup.Missing, 2: aup.NotSelected, 3: aup.Missing}, whole},
		"expunged before the subjects": {func(c *fakeConn, cmd string) bool {
			if isSubject(cmd) {
				c.f.change(func() { delete(c.f.mail, 1) })
			}
			return false
		}, map[uint32]aup.Fate{1: aup.Gone, 2: aup.NotSelected, 3: aup.Recorded}, nil},
		"expunged before the bodies": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.f.change(func() { delete(c.f.mail, 3) })
			}
			return false
		}, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Gone}, nil},
		"expunged during the bodies": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) && strings.Contains(cmd, "1,3") {
				c.fetched("1", cmd)
				c.f.change(func() { delete(c.f.mail, 3) })
				c.say("* 3 FETCH (UID 3 BODY[]<0> NIL)")
				c.ok("[EXPUNGEISSUED] some are gone")
				return true
			}
			return false
		}, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Gone}, nil},
		"a made-up body of what is gone": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				const raw = "Subject: message unavailable\r\n\r\n"
				c.say("* 3 FETCH (UID 3 BODY[]<0> {%d}\r\n%s)", len(raw), raw)
				c.f.change(func() { delete(c.f.mail, 3) })
				c.fetched("1", cmd)
				c.ok("done")
			}
			return isBody(cmd)
		}, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Gone}, nil},
		"copied and flagged by another client": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.say("* 3 FETCH (UID 3 FLAGS (\\Seen $Other))")
				c.f.change(func() { c.f.mail[8] = c.f.mail[3] })
			}
			return false
		}, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 8: aup.Recorded}, nil},
		"moved within the folder by another client": {func(c *fakeConn, cmd string) bool {
			if isBody(cmd) {
				c.f.change(func() {
					if raw, ok := c.f.mail[3]; ok {
						delete(c.f.mail, 3)
						c.f.mail[8] = raw
					}
				})
			}
			return false
		}, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Gone, 8: aup.Recorded}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			off := false
			f.script = func(c *fakeConn, cmd string) bool {
				f.mu.Lock()
				stopped := off
				f.mu.Unlock()
				return !stopped && tc.script(c, cmd)
			}
			try(t, f, nil, func(t *trial) {
				t.settles(15*time.Minute, tc.during)
				if tc.after != nil {
					f.change(func() { off = true })
					t.settles(time.Hour, tc.after)
				}
				t.connections(1)
			})
		})
	}
}
