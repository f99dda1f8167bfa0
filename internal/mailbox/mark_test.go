package mailbox

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
)

// look returns the UIDs of a folder's messages, and of those with a keyword.
func look(t *testing.T, srv *imaptest.Server, folder, keyword string) (all, marked []uint32) {
	t.Helper()
	c, err := imapclient.DialInsecure(srv.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // after LOGOUT it has been closed
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	search := func(criteria *imap.SearchCriteria) (uids []uint32) {
		data, err := c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range data.AllUIDs() {
			uids = append(uids, uint32(u))
		}
		return uids
	}
	return search(&imap.SearchCriteria{}), search(&imap.SearchCriteria{Flag: []imap.Flag{imap.Flag(keyword)}})
}

// What was recorded is marked, after a crash between the two as well, and
// nothing else is.
func TestMark(t *testing.T) {
	for name, tc := range map[string]struct {
		mark              Mark
		left, marked, far []uint32 // in INBOX, with the keyword there, in Done
	}{
		"none":    {Mark{}, []uint32{1, 2, 3, 4}, nil, nil},
		"keyword": {Mark{Keyword: "$Aupd"}, []uint32{1, 2, 3, 4}, []uint32{1, 3}, nil},
		"move":    {Mark{Move: "Done"}, []uint32{2, 4}, nil, []uint32{1, 2}},
	} {
		for _, crash := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				srv, store := startServer(t), newFakeStore()
				if err := srv.Create("Done"); err != nil {
					t.Fatal(err)
				}
				appendTo(t, srv, "INBOX", message(" "+phrase, 1), message(" x", 2), message(" "+phrase, 3), message(" Acceptable Usage Policy", 4))
				opt := testOptions(srv)
				if crash {
					if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				opt.Mark = tc.mark
				for range 2 {
					if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				left, marked := look(t, srv, "INBOX", "$Aupd")
				far, _ := look(t, srv, "Done", "$Aupd")
				if !slices.Equal(left, tc.left) || !slices.Equal(marked, tc.marked) || !slices.Equal(far, tc.far) {
					t.Errorf("left %v, marked %v, moved %v; want %v, %v, %v", left, marked, far, tc.left, tc.marked, tc.far)
				}
				if n := len(store.all()); n != 2 {
					t.Errorf("%d mails, want 2", n)
				}
			})
		}
	}
}

// What comes later on the same connection is marked as well.
func TestMarkLater(t *testing.T) {
	for name, mark := range map[string]Mark{"keyword": {Keyword: "$Aupd"}, "move": {Move: "Done"}} {
		t.Run(name, func(t *testing.T) {
			f, marked := newFake(), make(map[string]bool)
			f.caps = "IMAP4rev1 MOVE"
			f.script = func(c *fakeConn, cmd string) bool { return f.mark(c, cmd, marked) }
			try(t, f, func(o *Options) { o.Mark = mark }, func(t *trial) {
				want := maps.Clone(whole)
				t.settles(time.Minute, want)
				for uid := uint32(4); uid < 8; uid++ {
					f.change(func() { f.mail[uid] = string(message(" "+phrase, int(uid))) })
					want[uid] = aup.Recorded
					t.settles(2*time.Minute, want)
				}
				synctest.Wait()
				if d := cmp.Diff(map[string]bool{"1": true, "3": true, "4": true, "5": true, "6": true, "7": true}, marked); d != "" {
					t.Errorf("marked (-want +got):\n%s", d)
				}
				t.connections(1)
			})
		})
	}
}

// mark does what STORE, MOVE and the search for what is unmarked ask for.
func (f *fake) mark(c *fakeConn, cmd string, marked map[string]bool) bool {
	set := strings.Fields(cmd + " . . .")
	switch {
	case strings.HasPrefix(cmd, "UID STORE"):
		for _, u := range f.listed(set[2]) {
			marked[u] = true
		}
		return refuse(c, "OK done")
	case strings.HasPrefix(cmd, "UID MOVE"):
		for _, u := range f.listed(set[2]) {
			marked[u] = true
			n, _ := strconv.ParseUint(u, 10, 32)
			f.change(func() { delete(f.mail, uint32(n)) })
		}
		return refuse(c, "OK done")
	case strings.Contains(cmd, "UNKEYWORD"):
		left := slices.DeleteFunc(f.listed(set[3]), func(u string) bool { return marked[u] })
		c.say("%s", strings.TrimSpace("* SEARCH "+strings.Join(left, " ")))
		return refuse(c, "OK done")
	}
	return false
}

// A mark that cannot be made is told, costs no message, does not hold up the
// reading, and is made once it can be.
func TestMarkRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		mark   Mark
		caps   string
		script func(c *fakeConn, cmd string) bool
		say    string
	}{
		"STORE is ignored": {Mark{Keyword: "$Aupd"}, "IDLE", func(c *fakeConn, cmd string) bool {
			return strings.HasPrefix(cmd, "UID STORE") && refuse(c, "OK done")
		}, "2 of 2 messages unmarked"},
		"STORE is refused": {Mark{Keyword: "$Aupd"}, "IDLE", func(c *fakeConn, cmd string) bool {
			return strings.HasPrefix(cmd, "UID STORE") && refuse(c, "NO [OVERQUOTA] full")
		}, "full"},
		"no keywords": {Mark{Keyword: "$Aupd"}, "IDLE", func(c *fakeConn, cmd string) bool {
			if strings.HasPrefix(cmd, "SELECT") {
				c.say("* OK [PERMANENTFLAGS (\\Seen)] x\r\n* OK [UIDVALIDITY 7] x")
			}
			return strings.HasPrefix(cmd, "SELECT") && refuse(c, "OK [READ-WRITE] done")
		}, "takes no keyword"},
		"read only": {Mark{Keyword: "$Aupd"}, "IDLE", func(c *fakeConn, cmd string) bool {
			if strings.HasPrefix(cmd, "SELECT") {
				c.say("* OK [UIDVALIDITY 7] x")
			}
			return strings.HasPrefix(cmd, "SELECT") && refuse(c, "OK [READ-ONLY] done")
		}, "can only be read"},
		"no MOVE": {Mark{Move: "Done"}, "IDLE", nil, "does not offer MOVE"},
		"no such folder": {Mark{Move: "Done"}, "IDLE MOVE", func(c *fakeConn, cmd string) bool {
			return strings.HasPrefix(cmd, "UID MOVE") && refuse(c, "NO [TRYCREATE] no such mailbox")
		}, "folder Done"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.caps = "IMAP4rev1 " + tc.caps
			marked := make(map[string]bool)
			mended := false
			f.script = func(c *fakeConn, cmd string) bool {
				f.mu.Lock()
				well := mended
				f.mu.Unlock()
				if !well && tc.script != nil && tc.script(c, cmd) {
					return true
				}
				return f.mark(c, cmd, marked)
			}
			try(t, f, func(o *Options) { o.Mark = tc.mark }, func(t *trial) {
				t.settles(time.Minute, whole)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if said := t.w.Status()[0].LastError; !strings.Contains(said, tc.say) {
					t.Errorf("status %q, want it to say %q", said, tc.say)
				}
				if len(f.listed("1:*")) != 3 || len(marked) > 0 {
					t.Errorf("%v are left, %v are marked", f.listed("1:*"), marked)
				}
				f.change(func() { mended, f.caps = true, "IMAP4rev1 IDLE MOVE" })
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if tc.script != nil && !cmp.Equal(marked, map[string]bool{"1": true, "3": true}) {
					t.Errorf("%v are marked in the end", marked)
				}
				t.connections(1)
			})
		})
	}
}

func TestMarkOptions(t *testing.T) {
	for name, m := range map[string]Mark{
		"both": {Keyword: "x", Move: "y"}, "a system flag": {Keyword: `\Deleted`}, "a space": {Keyword: "a b"}, "a bracket": {Keyword: "[x]"},
		"to where it is watched": {Move: "Seen"}, "to the inbox": {Move: "inbox"},
	} {
		t.Run(name, func(t *testing.T) {
			opt := Options{Name: "m", URL: "imaps://imap.example.org", Auth: PasswordAuth("x"), Subject: phrase, Mark: m, Folders: []string{"INBOX", "Seen"}}
			if _, err := New(opt, newFakeStore(), newFakeStore()); !errors.Is(err, aup.ErrInvalid) {
				t.Errorf("New = %v, want %v", err, aup.ErrInvalid)
			}
		})
	}
}
