package mailbox

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// folders returns n names.
func folders(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("F%d", i)
	}
	return all
}

// behind returns the folders whose ledger does not reach up to uid.
func (t *trial) behind(uid uint32) (names []string) {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	for _, f := range t.w.Status() {
		if t.store.cursors[testName+"/"+f.Folder] < uid {
			names = append(names, f.Folder)
		}
	}
	return names
}

// caughtUp waits until every folder but those named is known up to uid.
func (t *trial) caughtUp(within time.Duration, uid uint32, but ...string) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(time.Second) {
		synctest.Wait()
		behind := t.behind(uid)
		if strings.Join(behind, " ") == strings.Join(but, " ") {
			return
		}
		if time.Since(start) > within {
			t.Fatalf("after %v %d folders are behind, first %.5v; want %v\nlog:\n%.3000s", within, len(behind), behind, but, t.log)
		}
	}
}

// A thousand folders share a few connections: all are read, and new mail in
// them is found at the next look.
func TestManyFolders(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	f := newFake()
	try(t, f, func(o *Options) { o.Folders = folders(n) }, func(t *trial) {
		t.caughtUp(10*time.Second, 3)
		f.change(func() { f.mail[4] = string(message(" "+phrase, 4)) })
		t.caughtUp(idleMost, 4)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		t.connections(maxLines)
		if got := len(t.store.all()); got != 3*n {
			t.Errorf("%d mails, want %d", got, 3*n)
		}
		for _, s := range t.w.Status() {
			if !s.Connected || s.LastError != "" {
				t.Errorf("status %+v", s)
			}
		}
	})
}

// What is wrong with one folder does not hold up those on the same connection.
func TestFolderFails(t *testing.T) {
	for name, tc := range map[string]struct {
		end   func(c *fakeConn)
		conns int // in four hours
	}{
		"refused":             {func(c *fakeConn) { refuse(c, "NO [NONEXISTENT] no such mailbox") }, maxLines},
		"without UIDVALIDITY": {func(c *fakeConn) { refuse(c, "OK done") }, maxLines},
		"ends the connection": {func(c *fakeConn) { _ = c.Close() }, 200},
		"says nonsense":       {func(c *fakeConn) { c.say("220 mail.example ESMTP") }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			mended := false
			f.script = func(c *fakeConn, cmd string) bool {
				f.mu.Lock()
				well := mended
				f.mu.Unlock()
				if well || !strings.HasSuffix(cmd, "F5") && !strings.HasSuffix(cmd, `"F5"`) {
					return false
				}
				tc.end(c)
				return true
			}
			try(t, f, func(o *Options) { o.Folders = folders(20) }, func(t *trial) {
				t.caughtUp(2*time.Minute, 3, "F5")
				for uid := uint32(4); uid < 10; uid++ {
					f.change(func() { f.mail[uid] = string(message(" "+phrase, int(uid))) })
					t.caughtUp(idleMost+backoffMost, uid, "F5")
				}
				for _, s := range t.w.Status() {
					if strings.Contains(s.LastError, "folder F5 ") != (s.Folder == "F5") {
						t.Errorf("status of folder %s: %q", s.Folder, s.LastError)
					}
				}
				time.Sleep(4 * time.Hour)
				t.connections(tc.conns)
				f.change(func() { mended = true })
				t.caughtUp(2*slowMost, 9)
			})
		})
	}
}

// A server that ends every connection before all folders on it were looked at
// does not keep it from the last of them.
func TestCutBeforeTheLastFolder(t *testing.T) {
	f, opened := newFake(), make(map[int]int)
	f.script = func(c *fakeConn, cmd string) bool {
		if isExamine(cmd) {
			f.mu.Lock()
			opened[c.n]++
			n := opened[c.n]
			f.mu.Unlock()
			return n > 10 && c.Close() == nil
		}
		return false
	}
	try(t, f, func(o *Options) { o.Folders = folders(200) }, func(t *trial) {
		t.caughtUp(time.Hour, 3)
		f.change(func() { f.mail[4] = string(message(" "+phrase, 4)) })
		t.caughtUp(time.Hour, 4)
	})
}

// A pass once over many folders signs in a few times, and names the folders
// that it had to leave out.
func TestOnceManyFolders(t *testing.T) {
	f := newFake()
	f.script = func(c *fakeConn, cmd string) bool {
		return strings.HasPrefix(cmd, "EXAMINE") && strings.Contains(cmd, "F77") && refuse(c, "NO [NONEXISTENT] no such mailbox")
	}
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		w, err := New(Options{
			Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase,
			Folders: folders(200), SpoolDir: t.TempDir(), Dial: f.dial,
		}, store, store)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Once(t.Context())
		if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "folder F77 ") {
			t.Errorf("Once = %v, want one line about F77", err)
		}
		if got := len(store.all()); got != 2*199 || f.conns > maxLines+1 {
			t.Errorf("%d mails by %d connections, want %d by %d", got, f.conns, 2*199, maxLines+1)
		}
		time.Sleep(time.Minute) // for the server to notice
	})
}
