package mailbox

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
)

// sweep answers a search by date with those UIDs, once, and with nothing
// afterwards, as if all other mail were old.
func sweep(uids *string) func(c *fakeConn, cmd string) bool {
	return func(c *fakeConn, cmd string) bool {
		if !strings.HasPrefix(cmd, "UID SEARCH SINCE") {
			return false
		}
		c.f.change(func() {
			c.say("%s", strings.TrimSpace("* SEARCH "+*uids))
			*uids = ""
		})
		return refuse(c, "OK done")
	}
}

// Under a new UIDVALIDITY the whole folder is looked at, however far the last
// look had got and however old its mail is.
func TestNewEpochIsWhole(t *testing.T) {
	f := newFake()
	f.script = sweep(new(string))
	f.mail = map[uint32]string{1: string(message(" "+phrase, 1)), 5000: string(message(" x", 2))}
	try(t, f, nil, func(t *trial) {
		want := map[uint32]aup.Fate{1: aup.Recorded, 5000: aup.NotSelected}
		t.settles(time.Minute, want)
		f.change(func() { f.validity = 8 })
		time.Sleep(idleMost)
		t.settles(time.Minute, want)
		if n := len(t.store.all()); n != 2 {
			t.Errorf("%d mails, want one in each epoch", n)
		}
	})
}

// A message that turned up late, where no further look will find it, and that
// could not be recorded at first, is not forgotten.
func TestLateAndNotRecorded(t *testing.T) {
	f, uids := newFake(), ""
	f.script = sweep(&uids)
	f.mail = map[uint32]string{1: string(message(" x", 1)), 5000: string(message(" x", 2))}
	try(t, f, nil, func(t *trial) {
		want := map[uint32]aup.Fate{1: aup.NotSelected, 5000: aup.NotSelected}
		t.settles(time.Minute, want)
		f.change(func() { f.mail[100], uids = string(message(" "+phrase, 3)), "100" })
		refused := 0
		t.store.mu.Lock()
		t.store.refuse = func(aup.Source) error {
			if refused++; refused > 3 {
				return nil
			}
			return errors.New("the disk is full")
		}
		t.store.mu.Unlock()
		want[100] = aup.Recorded
		time.Sleep(sweepEvery)
		t.settles(idleMost+time.Minute, want)
		if refused != 4 {
			t.Errorf("it was recorded at attempt %d, want 4", refused)
		}
	})
}

// A message that is not given at once is asked for again within seconds, though
// nothing else happens.
func TestMissingForAMoment(t *testing.T) {
	f, asked := newFake(), 0
	f.script = func(c *fakeConn, cmd string) bool {
		if isBody(cmd) {
			asked++
		}
		return isBody(cmd) && asked <= 2 && refuse(c, "OK not yet")
	}
	try(t, f, nil, func(t *trial) {
		t.settles(30*time.Second, whole)
		t.connections(1)
	})
}

// However many messages are missing, new mail does not wait for all of them to be
// asked for again.
func TestNewsAmongMissing(t *testing.T) {
	f := newFake()
	f.mail = make(map[uint32]string)
	want := make(map[uint32]aup.Fate)
	for uid := uint32(1); uid <= 300; uid++ {
		f.mail[uid], want[uid] = string(message(" "+phrase, int(uid))), aup.Missing
	}
	told := false
	f.script = func(c *fakeConn, cmd string) bool {
		if !isBody(cmd) || strings.Contains(cmd, "301") {
			return false
		}
		time.Sleep(time.Second) // a way of half a second
		f.mu.Lock()
		news := len(f.mail) > 300 && !told
		told = told || news
		f.mu.Unlock()
		if news {
			c.say("* 301 EXISTS")
		}
		return refuse(c, "OK not now")
	}
	try(t, f, nil, func(t *trial) {
		t.settles(time.Minute, want)
		f.change(func() { f.mail[301] = string(message(" "+phrase, 301)) })
		want[301] = aup.Recorded
		t.settles(15*time.Second, want)
		time.Sleep(24 * time.Hour)
		rows, err := t.store.Rows(t.Context(), aup.Epoch{Mailbox: testName, Folder: "INBOX", UIDValidity: 7}, 1, 300)
		for _, r := range rows {
			if r.Tries < 8 {
				t.Errorf("uid %d was asked for %d times in a day", r.First, r.Tries)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// What is missing is asked for again by the next process, and in an epoch that
// comes back, wherever the cursor stands.
func TestMissingIsRecalled(t *testing.T) {
	for name, cursor := range map[string]uint32{"below the cursor": 3, "above it": 1, "at the begin of an epoch": 0} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				e := aup.Epoch{Mailbox: testName, Folder: "INBOX", UIDValidity: 7}
				rows := []aup.LedgerRow{{First: 1, Last: 2, Fate: aup.NotSelected}, {First: 3, Last: 3, Fate: aup.Missing, Tries: 1, At: time.Now()}}
				if err := store.Account(t.Context(), e, rows, cursor); err != nil {
					t.Fatal(err)
				}
				if err := once(t, f, store); err != nil {
					t.Error(err)
				}
				if fates, _ := store.fates(); fates[3] != aup.Recorded {
					t.Errorf("the fate of what was missing is %q", fates[3])
				}
				time.Sleep(time.Minute) // for the server to notice
			})
		})
	}
}

// A message that the server hides for a moment, so that it is taken to be gone,
// is looked at when it is listed again.
func TestGoneAndBack(t *testing.T) {
	f := newFake()
	three := f.mail[3]
	hidden := false
	f.script = func(_ *fakeConn, cmd string) bool {
		if isBody(cmd) && !hidden {
			hidden = true
			f.change(func() { delete(f.mail, 3) })
		}
		return false
	}
	try(t, f, nil, func(t *trial) {
		t.settles(time.Minute, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Gone})
		f.change(func() { f.mail[3] = three })
		t.settles(overlapEvery+idleMost+time.Minute, whole)
		t.connections(1)
	})
}
