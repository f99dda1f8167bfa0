package mailbox

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"aupd/internal/aup"
)

// withNearMisses is a server with a near miss of UID 2, and one of UID 4 whose
// subject cannot be read.
func withNearMisses() *fake {
	f := newFake()
	f.mail[2] = string(message(" Acceptible Use Policy", 2))
	f.mail[4] = string(message(" =?utf-8?b?!!!?=", 4))
	return f
}

var nearMisses = map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NearMiss, 3: aup.Recorded, 4: aup.Undecided}

// fated is nearMisses with other fates of 2 and 4.
func fated(two, four aup.Fate) map[uint32]aup.Fate {
	return map[uint32]aup.Fate{1: aup.Recorded, 2: two, 3: aup.Recorded, 4: four}
}

// A near miss that somebody took is fetched whatever its subject says, and what
// is not given or made up meanwhile loses neither the wish nor the message.
func TestWanted(t *testing.T) {
	made := "Subject: message unavailable\r\n\r\n"
	for name, tc := range map[string]struct {
		before func(t *trial)                     // just before they are taken
		script func(c *fakeConn, cmd string) bool // from then on
		during map[uint32]aup.Fate                // while the script runs; nil for after alone
		after  map[uint32]aup.Fate                // when it has stopped
	}{
		"taken": {after: fated(aup.Recorded, aup.Recorded)},
		"one gone": {
			before: func(t *trial) { t.f.change(func() { delete(t.f.mail, 2) }) },
			after:  fated(aup.Gone, aup.Recorded),
		},
		"not given": {
			script: func(c *fakeConn, cmd string) bool {
				if isBody(cmd) {
					c.ok("done")
				}
				return isBody(cmd)
			},
			during: fated(aup.Missing, aup.Missing), after: fated(aup.Recorded, aup.Recorded),
		},
		"made up": {
			script: func(c *fakeConn, cmd string) bool {
				if isBody(cmd) {
					for _, u := range c.f.listed(fetchSet.FindStringSubmatch(cmd[4:])[1]) {
						c.say("* %s FETCH (UID %s BODY[]<0> {%d}\r\n%s)", u, u, len(made), made)
					}
					c.ok("done")
				}
				return isBody(cmd)
			},
			during: fated(aup.Missing, aup.Missing), after: fated(aup.Recorded, aup.Recorded),
		},
		"the disk full": {
			before: func(t *trial) {
				full := errors.New("disk full")
				t.store.refuse = func(aup.Source) error {
					t.store.refuse = nil // once
					return full
				}
			},
			after: fated(aup.Recorded, aup.Recorded),
		},
		"the connection cut": {
			script: first(3, func(c *fakeConn, cmd string) bool {
				if isBody(cmd) {
					c.reset()
				}
				return isBody(cmd)
			}),
			after: fated(aup.Recorded, aup.Recorded),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var on atomic.Bool
			f := withNearMisses()
			f.script = func(c *fakeConn, cmd string) bool { return on.Load() && tc.script(c, cmd) }
			try(t, f, nil, func(t *trial) {
				t.settles(time.Minute, nearMisses)
				if tc.before != nil {
					tc.before(t)
				}
				on.Store(tc.script != nil)
				t.store.take(2, 4)
				t.w.Wake()
				if tc.during != nil {
					t.settles(time.Hour, tc.during)
					on.Store(false)
				}
				t.settles(7*time.Hour, tc.after)
			})
		})
	}
}

// A UID of another epoch names another message: what was wanted in the folder
// before it was made anew is not taken from it.
func TestWantedOfAnotherEpoch(t *testing.T) {
	try(t, withNearMisses(), nil, func(t *trial) {
		t.settles(time.Minute, nearMisses)
		t.f.change(func() { t.f.validity++ })
		t.store.take(2, 4)
		t.w.Wake()
		t.settles(time.Hour, nearMisses)
		if n := len(t.store.all()); n != 4 {
			t.Errorf("%d mails, want the two reports of each epoch", n)
		}
		t.store.take(4)
		t.w.Wake()
		t.settles(time.Hour, fated(aup.NearMiss, aup.Recorded))
	})
}
