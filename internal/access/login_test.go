package access_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestSignInAndOut(t *testing.T) {
	s := newSetting(t, nil)
	b := s.browser()
	w := b.get("/login?return=/reports/x")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `name="return" value="/reports/x"`) || strings.Contains(w.Body.String(), "oidc") {
		t.Errorf("the page to sign in on: %d %s", w.Code, w.Body)
	}
	for _, loads := range []string{"<link", "src=", "<style", "style="} {
		if strings.Contains(w.Body.String(), loads) {
			t.Errorf("the page to sign in on has %s, its policy allows nothing", loads)
		}
	}
	w = b.do(http.MethodPost, "/login", url.Values{"name": {" Alice "}, "password": {password}, "return": {"/reports/x"}})
	if w.Code != 303 || w.Header().Get("Location") != "/reports/x" {
		t.Errorf("signed in: %d to %s", w.Code, w.Header().Get("Location"))
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.Name != "aupd" || c.MaxAge != 0 || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	if w := b.get("/"); w.Code != 200 || w.Body.String() != "alice [operator] console" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("signed in: %d %s", w.Code, w.Body)
	}
	if w := b.get("/login?return=/cases"); w.Code != 303 || w.Header().Get("Location") != "/cases" {
		t.Errorf("the page to sign in on, signed in: %d", w.Code)
	}
	old := b.cookies["aupd"]
	if w := b.do(http.MethodPost, "/logout", url.Values{}); w.Code != 303 || w.Header().Get("Location") != "/login" || b.cookies["aupd"] != "" {
		t.Errorf("signed out: %d %v", w.Code, b.cookies)
	}
	b.cookies["aupd"] = old
	if b.in() {
		t.Error("the old cookie still serves")
	}
	if w := b.do(http.MethodPost, "/logout", url.Values{}); w.Code != 303 {
		t.Errorf("signed out again: %d", w.Code)
	}
	in := "alice: {Name:alice Way:password Subject: Address:192.0.2.1 Change: Roles:"
	if d := cmp.Diff([]string{in + "[operator]}"}, s.memory.of(aup.EventSignedIn)); d != "" {
		t.Errorf("signed in (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{in + "[]}"}, s.memory.of(aup.EventSignedOut)); d != "" {
		t.Errorf("signed out (-want +got):\n%s", d)
	}
}

func TestSecureCookie(t *testing.T) {
	s := newSetting(t, func(s *setting) { s.opt.Secure = true })
	c := s.browser().signIn("alice", password).Result().Cookies()[0]
	if !c.Secure || c.Name != "__Host-aupd" || c.Domain != "" || c.Path != "/" {
		t.Errorf("cookie %+v", c)
	}
}

// What an attacker put into the browser beforehand is not what signs in.
func TestNoFixation(t *testing.T) {
	s := newSetting(t, nil)
	attacker, victim := s.browser(), s.browser()
	victim.cookies["aupd"] = "known-beforehand"
	victim.signIn("alice", password)
	attacker.cookies["aupd"] = "known-beforehand"
	if attacker.in() || !victim.in() {
		t.Error("a cookie that was made up signs in")
	}
	// Nor is a session of the attacker's own.
	attacker.signIn("root", password)
	planted := attacker.cookies["aupd"]
	victim = s.browser()
	victim.cookies["aupd"] = planted
	victim.signIn("alice", password)
	if victim.cookies["aupd"] == planted || attacker.in() || victim.get("/").Body.String() != "alice [operator] console" {
		t.Error("a planted session lives on")
	}
}

func TestSessionEnds(t *testing.T) {
	change := func(c aup.UserChange) func(*testing.T, *setting) {
		return func(t *testing.T, s *setting) {
			if _, err := s.dir.SetUser(owner(t), "alice", c); err != nil {
				t.Fatal(err)
			}
		}
	}
	wait := func(d time.Duration) func(*testing.T, *setting) {
		return func(*testing.T, *setting) { time.Sleep(d) }
	}
	for name, tc := range map[string]struct {
		do   func(*testing.T, *setting)
		want bool
	}{
		"not soon":               {wait(29 * time.Minute), true},
		"unused":                 {wait(30 * time.Minute), false},
		"with the password":      {change(aup.UserChange{Password: "another good one"}), false},
		"with the same password": {change(aup.UserChange{Password: password}), false},
		"with the roles":         {change(aup.UserChange{Roles: []aup.UserRole{aup.RoleAdmin}}), false},
		"with the user":          {func(t *testing.T, s *setting) { _ = s.dir.RemoveUser(owner(t), "alice") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetting(t, nil)
				here, there := s.browser(), s.browser()
				here.signIn("alice", password)
				there.signIn("alice", password)
				tc.do(t, s)
				if here.in() != tc.want || there.in() != tc.want {
					t.Errorf("signed in: %v and %v, want %v", here.in(), there.in(), tc.want)
				}
			})
		})
	}
}

func TestSessionLastsWhileUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, nil)
		b := s.browser()
		b.signIn("alice", password)
		start := time.Now()
		for b.in() {
			time.Sleep(20 * time.Minute)
		}
		if d := time.Since(start); d != 12*time.Hour {
			t.Errorf("it lasted %v, want 12h", d)
		}
		// Sessions that ended are not kept for ever.
		for range 15 {
			b.signIn("alice", password)
			time.Sleep(31 * time.Minute)
		}
		b.signIn("alice", password)
		if items, err := s.memory.List(t.Context(), "sessions"); err != nil || len(items) > 2 {
			t.Errorf("%d sessions are kept, %v", len(items), err)
		}
	})
}

// A refusal does not tell whether a name is known: neither by what it says nor
// by when.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, nil)
		var bodies []string
		for _, name := range []string{"alice", "nosuch", "alice", "nosuch2", strings.Repeat("x", 300), ""} {
			b, start := s.browser(), time.Now()
			w := b.signIn(name, "wrong "+password)
			if took := time.Since(start); w.Code != 401 || took != 500*time.Millisecond || b.in() || len(b.cookies) > 0 {
				t.Errorf("%s: %d after %v", name, w.Code, took)
			}
			bodies = append(bodies, strings.ReplaceAll(w.Body.String(), `value="`+name+`"`, ""))
		}
		for _, body := range bodies {
			if body != bodies[0] || !strings.Contains(body, "do not belong together") {
				t.Errorf("another page: %s", body)
			}
		}
		time.Sleep(2 * time.Minute)
		s.browser().signIn("alice", "wrong")
		want := []string{
			"aupd: {Name: Way:password Subject: Address:192.0.2.1 Change: Roles:[]}",
			"aupd: {Name:alice Way:password Subject: Address:192.0.2.1 Change: Roles:[]}",
			"aupd: {Name:alice Way:password Subject: Address:192.0.2.1 Change: Roles:[]}",
		}
		if d := cmp.Diff(want, s.memory.of(aup.EventSignInRefused)); d != "" {
			t.Errorf("want one event a known name and minute (-want +got):\n%s", d)
		}
	})
}

func TestRateLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		who   func(i int) (name, address string)
		first int // the try that is one too many
	}{
		"one name from everywhere":      {func(i int) (string, string) { return "alice", fmt.Sprintf("192.0.2.%d:1", i) }, 11},
		"a name that nobody has":        {func(i int) (string, string) { return "nosuch", fmt.Sprintf("192.0.2.%d:1", i) }, 11},
		"many names from one address":   {func(i int) (string, string) { return fmt.Sprint("n", i), "192.0.2.1:1" }, 21},
		"many names from one /64":       {func(i int) (string, string) { return fmt.Sprint("n", i), fmt.Sprintf("[2001:db8::%x]:1", i) }, 21},
		"many names from many networks": {func(i int) (string, string) { return fmt.Sprint("n", i), fmt.Sprintf("[2001:db8:%x::1]:1", i) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetting(t, nil)
				got := 0
				for i := 1; i <= 40 && got == 0; i++ {
					b := s.browser()
					var who string
					who, b.address = tc.who(i)
					if w := b.signIn(who, "wrong"); w.Code == 429 {
						if got = i; w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "wait a minute") {
							t.Errorf("%v %s", w.Header(), w.Body)
						}
						// The right password does not help, until time has passed.
						b.address = "198.51.100.1:1"
						if strings.HasPrefix(name, "one name") && b.signIn("alice", password).Code != 429 {
							t.Error("a guess too many may still be right")
						}
						time.Sleep(2 * time.Minute)
						if b.signIn("alice", password); !b.in() {
							t.Error("still refused later")
						}
					}
				}
				if got != tc.first {
					t.Errorf("the first try that was refused: %d, want %d", got, tc.first)
				}
			})
		})
	}
}

// Guesses from elsewhere keep nobody out of where they sign in from, and nobody
// guesses more there than anywhere.
func TestTriesAtHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, nil)
		at := func(address string) *browser {
			b := s.browser()
			b.address = address
			return b
		}
		guess := func(name string) {
			for i := range 12 {
				at(fmt.Sprintf("198.51.100.%d:1", i)).signIn(name, "wrong")
			}
		}
		for i := range 7 { // the last five count
			at(fmt.Sprintf("192.0.2.%d:1", i)).signIn("alice", password)
		}
		time.Sleep(time.Hour)
		guess("alice")
		guess("alice 192.0.2.6")
		for address, want := range map[string]bool{
			"192.0.2.6:9": true, "192.0.2.2:9": true, "192.0.2.1:9": false, "203.0.113.1:9": false,
		} {
			b := at(address)
			if b.signIn("alice", password); b.in() != want {
				t.Errorf("from %s, beside guesses from elsewhere: signed in %v", address, b.in())
			}
		}
		if b := at("192.0.2.6:9"); b.signIn("root", password).Code != 303 {
			t.Error("another user is kept out")
		}
		time.Sleep(time.Hour)
		for i := range 10 {
			if code := at("192.0.2.6:1").signIn("alice", "wrong").Code; code != 401 {
				t.Errorf("guess %d at home: %d", i+1, code)
			}
		}
		if code := at("192.0.2.6:1").signIn("alice", password).Code; code != 429 {
			t.Errorf("a guess too many at home: %d", code)
		}
		if _, err := s.dir.SetUser(owner(t), "alice", aup.UserChange{Password: "another good one"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		guess("alice")
		if code := at("192.0.2.5:1").signIn("alice", "another good one").Code; code != 429 {
			t.Errorf("where the old password served: %d", code)
		}
	})
}

func TestNothingSecretIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, nil)
		secret := string(s.token(t, aup.RoleReader))
		b := s.browser()
		b.signIn("alice", "a wrong password")
		b.signIn("a password typed in the wrong place", password)
		b.get("/api/v1/reports", "Authorization", "Bearer "+secret)
		b.get("/api/v1/reports", "Authorization", "Bearer "+secret+"x")
		b.signIn("alice", password)
		cookie := b.cookies["aupd"]
		b.in()
		b.do(http.MethodPost, "/logout", url.Values{})
		events, err := json.Marshal(s.memory.events)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{password, "a wrong password", "typed in the wrong place", secret, secret[5:], cookie} {
			for _, log := range []string{s.log.String(), string(events), s.memory.dump(t)} {
				if strings.Contains(log, word) {
					t.Errorf("%q stands in\n%s", word, log)
				}
			}
		}
		if !strings.Contains(s.log.String(), "signed in") || !strings.Contains(s.log.String(), "token refused") {
			t.Errorf("the log says nothing of it:\n%s", s.log.String())
		}
	})
}
