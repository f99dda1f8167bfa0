package mailbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A survey of many folders signs in once, and again where the connection ended.
// What is wrong with a folder is told of that one alone.
func TestSurvey(t *testing.T) {
	const many = 1000
	cut := func(c *fakeConn, _ string) bool { return c.Close() == nil }
	refuse := func(c *fakeConn, _ string) bool { c.say("%s NO no such folder", c.tag); return true }
	odd := func(c *fakeConn, _ string) bool { c.say("* SEARCH one two"); return false } // the library gives up
	at := func(cmd string, script func(c *fakeConn, cmd string) bool) func(*fakeConn, string) bool {
		return func(c *fakeConn, got string) bool { return strings.HasPrefix(got, cmd) && script(c, got) }
	}
	for name, tc := range map[string]struct {
		script func(c *fakeConn, cmd string) bool
		take   int // of the folders
		failed []int
		logins int
	}{
		"all is well":                       {nil, many, nil, 1},
		"no more is wanted":                 {nil, 3, nil, 1},
		"a folder is refused":               {at(`EXAMINE "7"`, refuse), many, []int{7}, 1},
		"the connection ends once":          {first(1, at(`EXAMINE "7"`, cut)), many, nil, 2},
		"a folder ends every connection":    {at(`EXAMINE "7"`, cut), many, []int{7}, 3},
		"the first one does":                {at(`EXAMINE "0"`, cut), many, []int{0}, 2},
		"a listing that cannot be read":     {first(1, at("UID SEARCH", odd)), many, []int{0}, 2},
		"every folder ends the connection":  {at("EXAMINE", cut), many, upTo(many), maxRetries},
		"the sign-in is refused":            {at("LOGIN", refuse), many, upTo(many), 1},
		"the connection ends at the signin": {at("LOGIN", cut), many, upTo(many), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, logins := newFake(), 0
				f.script = func(c *fakeConn, cmd string) bool {
					if strings.HasPrefix(cmd, "LOGIN") {
						logins++
					}
					return tc.script != nil && tc.script(c, cmd)
				}
				opt := Options{Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase, Dial: f.dial}
				for i := range many {
					opt.Folders = append(opt.Folders, fmt.Sprint(i))
				}
				w, err := New(opt, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				var failed []int
				n := 0
				for h, err := range w.Survey(t.Context()) {
					switch {
					case err == nil && h.Folder == fmt.Sprint(n) && h.UIDValidity == 7 && slices.Equal(h.UIDs, []uint32{1, 2, 3}):
					case err != nil && strings.Contains(err.Error(), fmt.Sprintf("folder %d on", n)):
						failed = append(failed, n)
					default:
						t.Errorf("folder %d: %v, %v", n, h, err)
					}
					if n++; n == tc.take {
						break
					}
				}
				time.Sleep(time.Minute) // for the server to notice
				if n != tc.take || !slices.Equal(failed, tc.failed) || logins != tc.logins {
					t.Errorf("%d folders, %d failed %v, %d logins; want %d, %v, %d", n, len(failed), failed, logins, tc.take, tc.failed, tc.logins)
				}
			})
		})
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}
