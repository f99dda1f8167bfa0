package access_test

import (
	"html"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/access"
	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// Every route is closed to whoever is nobody, but for what the page to sign in
// on needs.
func TestNobody(t *testing.T) {
	s := newSetting(t, nil)
	for name, tc := range map[string]struct {
		method, target string
		header         []string
		status         int
		location       string
	}{
		"a page":                  {"GET", "/", nil, 303, "/login"},
		"a page with a query":     {"GET", "/queue?q=%22x%22&a=1", nil, 303, "/login?return=%2Fqueue%3Fq%3D%2522x%2522%26a%3D1"},
		"a page that acts":        {"POST", "/reports/x/decide", nil, 303, "/login"},
		"the API":                 {"GET", "/api/v1/reports", nil, 401, ""},
		"the API's document":      {"GET", "/api/v1/openapi.json", nil, 401, ""},
		"the API, acting":         {"POST", "/api/v1/reports/x/actions", nil, 401, ""},
		"another scheme":          {"GET", "/api/v1/reports", []string{"Authorization", "Basic YTpi"}, 401, ""},
		"a bad token on a page":   {"GET", "/", []string{"Authorization", "Bearer aupd_x"}, 401, ""},
		"a part of a page":        {"GET", "/queue?part=1", []string{"HX-Request", "true", "HX-Current-URL", "https://a.example/queue?q=x"}, 401, ""},
		"what stands on the page": {"GET", "/static/aupd.css", nil, 200, ""},
		"a way out of it":         {"GET", "/static/%2e%2e/reports/x", nil, 303, "/login"},
		"another way out":         {"GET", "/static/..%2freports/x", nil, 303, "/login"},
		"a third":                 {"GET", "/static//../reports/x", nil, 307, "/reports/x"},
		"the page itself":         {"GET", "/login", nil, 200, ""},
		"sign out":                {"POST", "/logout", nil, 303, "/login"},
		"sign out by a link":      {"GET", "/logout", nil, 303, "/login?return=%2Flogout"},
		"OIDC without OIDC":       {"GET", "/oidc/start", nil, 303, "/login"},
	} {
		t.Run(name, func(t *testing.T) {
			s.asked = nil
			w := s.browser().do(tc.method, tc.target, nil, tc.header...)
			if w.Code != tc.status || w.Header().Get("Location") != tc.location {
				t.Errorf("%d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tc.status, tc.location)
			}
			if tc.status == 401 && len(tc.header) < 3 && w.Header().Get("WWW-Authenticate") == "" {
				t.Error("it does not say how to authenticate")
			}
			if strings.HasPrefix(tc.target, "/api/") && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("answered as %s", w.Header().Get("Content-Type"))
			}
			if len(s.asked) > 0 && (tc.status != 200 || s.asked[0].Name != "") {
				t.Errorf("%v came through", s.asked)
			}
		})
	}
	w := s.browser().get("/queue?part=1", "HX-Request", "true", "HX-Current-URL", "https://a.example/queue?q=x")
	if got := w.Header().Get("HX-Redirect"); got != "/login?return=%2Fqueue%3Fq%3Dx" {
		t.Errorf("a part of a page leads to %q", got)
	}
}

// Each role is who it is, by session and by token, on pages and in the API.
func TestRoles(t *testing.T) {
	for _, role := range aup.UserRoles {
		if role == aup.RoleCleared {
			continue // is none by itself: see TestUsersRefused
		}
		for _, roles := range [][]aup.UserRole{{role}, {role, aup.RoleCleared}} {
			s := newSetting(t, func(s *setting) { s.add(t, "bob", roles...) })
			b := s.browser()
			b.signIn("bob", password)
			secret := string(s.token(t, roles...))
			for _, path := range []string{"/", "/reports/x", "/api/v1/reports", "/api/v1/users"} {
				s.asked = nil
				b.get(path)
				s.browser().get(path, "Authorization", "Bearer "+secret)
				from := "console"
				if strings.HasPrefix(path, "/api/") {
					from = "api"
				}
				want := []aup.Principal{{Name: "bob", Roles: roles, From: from}, {Name: "token:ci", Roles: roles, From: "api"}}
				if d := cmp.Diff(want, s.asked); d != "" {
					t.Errorf("%v at %s (-want +got):\n%s", roles, path, d)
				}
			}
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newSetting(t, nil)
	b := s.browser()
	b.signIn("alice", password)
	secret := string(s.token(t, aup.RoleReader))
	for name, tc := range map[string]struct {
		method, target string
		header         []string
		status         int
	}{
		"own page":               {"POST", "/reports/x/decide", nil, 200},
		"a neighbour's":          {"POST", "/reports/x/decide", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"a stranger's":           {"POST", "/reports/x/decide", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"an old browser's":       {"POST", "/reports/x/decide", []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, 403},
		"of no origin":           {"POST", "/reports/x/decide", []string{"Sec-Fetch-Site", "", "Origin", "null"}, 403},
		"to the API":             {"DELETE", "/api/v1/users/alice", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a sign-in":              {"POST", "/login", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a sign-out":             {"POST", "/logout", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a link":                 {"GET", "/reports/x", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		"a program with a token": {"POST", "/api/v1/reports/x", []string{"Sec-Fetch-Site", "", "Authorization", "Bearer " + secret}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			if w := b.do(tc.method, tc.target, nil, tc.header...); w.Code != tc.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tc.status)
			}
		})
	}
	if !b.in() {
		t.Error("signed out by a stranger")
	}
}

// Whoever signs in goes to a page of this host, whatever the link said.
func TestNoOpenRedirect(t *testing.T) {
	s := newSetting(t, nil)
	value := regexp.MustCompile(`name="return" value="([^"]*)"`)
	for i, tc := range []struct{ in, want string }{
		{"/reports/x?a=b&c=%2F", "/reports/x?a=b&c=%2F"},
		{"/", "/"},
		{"", "/"},
		{"/queue/", "/queue/"},
		{"/a#b", "/a"},
		{"//evil.example", "/"},
		{"///evil.example", "/"},
		{"/\\evil.example", "/"},
		{"\\\\evil.example", "/"},
		{"/\t/evil.example", "/"},
		{"\t//evil.example", "/"},
		{"/./\\evil.example", "/"},
		{"/.//evil.example", "/"},
		{"/x/..//evil.example", "/"},
		{"/x\r\nSet-Cookie: a=b", "/"},
		{"https://evil.example/", "/"},
		{"https:evil.example", "/"},
		{"javascript:alert(1)", "/"},
		{"evil.example", "/"},
		{"@evil.example", "/"},
		{"/%2F/evil.example", "/"},
		{"/%2e%2e/evil.example", "/"},
		{"/login?return=/login", "/"},
		{"/oidc/start", "/"},
		{"/" + strings.Repeat("a", 3000), "/"},
		{`/"><script>`, "/%22%3E%3Cscript%3E"},
	} {
		b := s.browser()
		b.address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 1).String()
		page := b.get("/login?" + url.Values{"return": {tc.in}}.Encode()).Body.String()
		m := value.FindStringSubmatch(page)
		if m == nil || html.UnescapeString(m[1]) != tc.want {
			t.Errorf("return=%q: the form says %q, want %q", tc.in, m, tc.want)
		}
		user := "user" + string(rune('a'+i))
		s.add(t, user, aup.RoleReader)
		w := b.do(http.MethodPost, "/login", url.Values{"name": {user}, "password": {password}, "return": {tc.in}})
		if got := w.Header().Get("Location"); w.Code != 303 || got != tc.want {
			t.Errorf("return=%q: sent to %q, want %q", tc.in, got, tc.want)
		}
		if got := b.get("/login?" + url.Values{"return": {tc.in}}.Encode()).Header().Get("Location"); got != tc.want {
			t.Errorf("return=%q, signed in: sent to %q, want %q", tc.in, got, tc.want)
		}
	}
}

// Without users the owner works on this machine without signing in, and
// nobody else does.
func TestOwner(t *testing.T) {
	for name, tc := range map[string]struct {
		owner, user string
		header      []string
		want        int
	}{
		"no users":                     {"o", "", nil, 200},
		"with a user":                  {"o", "alice", nil, 303},
		"where others come too":        {"", "", nil, 303},
		"through a proxy":              {"o", "", []string{"X-Forwarded-For", "192.0.2.9"}, 303},
		"through another proxy":        {"o", "", []string{"Via", "1.1 p"}, 303},
		"with a password of a proxy's": {"o", "", []string{"Authorization", "Basic YTpi"}, 200},
		"with a bad token":             {"o", "", []string{"Authorization", "Bearer aupd_x"}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetting(t, func(s *setting) { s.memory.kept = nil; s.opt.Owner = tc.owner })
			if tc.user != "" {
				s.add(t, tc.user, aup.RoleReader)
			}
			if w := s.browser().get("/", tc.header...); w.Code != tc.want {
				t.Errorf("%d, want %d", w.Code, tc.want)
			}
			want := aup.Owner("o")
			want.From = "console"
			if tc.want == 200 && !cmp.Equal(s.asked, []aup.Principal{want}) {
				t.Errorf("it was %v who asked", s.asked)
			}
		})
	}
}

// The address of a client is the first hop, from our end, that is no trusted
// proxy: it stands in the event of a sign-in.
func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, tc := range map[string]struct {
		peer, forwarded, want string
		refused               bool // where only proxies may come
	}{
		"no proxy":             {"192.0.2.1:1", "198.51.100.7", "192.0.2.1", true},
		"one proxy":            {"10.0.0.1:1", "198.51.100.7", "198.51.100.7", false},
		"what the client says": {"10.0.0.1:1", "1.1.1.1, 10.9.9.9, 198.51.100.7", "198.51.100.7", false},
		"two proxies":          {"10.0.0.1:1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7", false},
		"proxies alone":        {"10.0.0.1:1", "10.0.0.3, 10.0.0.2", "10.0.0.3", false},
		"nothing said":         {"10.0.0.1:1", "", "10.0.0.1", false},
		"nonsense":             {"10.0.0.1:1", "198.51.100.7, unknown", "10.0.0.1", false},
		"a port":               {"10.0.0.1:1", "198.51.100.7:4711", "198.51.100.7", false},
		"IPv6":                 {"[fd00::1%eth0]:1", "[2001:db8::7]:4711", "2001:db8::7", false},
		"IPv6, no port":        {"[fd00::1]:1", "2001:db8::7", "2001:db8::7", false},
		"IPv4 in IPv6":         {"[::ffff:10.0.0.1]:1", "::ffff:198.51.100.7", "198.51.100.7", false},
		"this machine":         {"127.0.0.1:1", "198.51.100.7", "127.0.0.1", false},
		"no address":           {"@", "198.51.100.7", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetting(t, func(s *setting) { s.opt.Proxies = trusted })
			b := s.browser()
			b.address = tc.peer
			b.do(http.MethodPost, "/login", url.Values{"name": {"alice"}, "password": {password}}, "X-Forwarded-For", tc.forwarded)
			want := []string{"alice: {Name:alice Way:password Subject: Address:" + tc.want + " Change: Roles:[operator]}"}
			if d := cmp.Diff(want, s.memory.of(aup.EventSignedIn)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			s = newSetting(t, func(s *setting) { s.opt.Proxies, s.opt.OnlyProxies = trusted, true })
			b = s.browser()
			b.address = tc.peer
			if code := b.get("/login", "X-Forwarded-For", tc.forwarded).Code; (code == 403) != tc.refused {
				t.Errorf("where only proxies may come: %d", code)
			}
		})
	}
}

// A request that goes on ends with the right to make it.
func TestLongRequestsEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(*testing.T, *setting, *browser)
		want bool
	}{
		"signed out":   {func(_ *testing.T, _ *setting, b *browser) { b.do(http.MethodPost, "/logout", url.Values{}) }, true},
		"user removed": {func(t *testing.T, s *setting, _ *browser) { _ = s.dir.RemoveUser(owner(t), "alice") }, true},
		"another removed": {func(t *testing.T, s *setting, _ *browser) {
			s.add(t, "bob", aup.RoleLead)
			_ = s.dir.RemoveUser(owner(t), "bob")
		}, false},
		"token removed": {func(t *testing.T, s *setting, _ *browser) { _ = s.dir.RemoveToken(owner(t), "ci") }, true},
		"roles changed": {func(t *testing.T, s *setting, _ *browser) {
			_, _ = s.dir.SetUser(owner(t), "alice", aup.UserChange{Roles: []aup.UserRole{aup.RoleReader}})
		}, true},
		"signed out elsewhere": {func(_ *testing.T, s *setting, _ *browser) {
			b := s.browser()
			b.signIn("alice", password)
			b.do(http.MethodPost, "/logout", url.Values{})
		}, false},
		"session unused":      {func(*testing.T, *setting, *browser) { time.Sleep(30 * time.Minute) }, true},
		"session not so long": {func(*testing.T, *setting, *browser) { time.Sleep(29 * time.Minute) }, false},
		"token runs out":      {func(*testing.T, *setting, *browser) { time.Sleep(24 * time.Hour) }, true},
		"token not so soon":   {func(*testing.T, *setting, *browser) { time.Sleep(23 * time.Hour) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetting(t, nil)
				b := s.browser()
				b.signIn("alice", password)
				header := []string{}
				if strings.HasPrefix(name, "token") {
					header = []string{"Authorization", "Bearer " + string(s.token(t, aup.RoleReader))}
				}
				var ended atomic.Bool
				next := s.h
				s.h = access.New(s.opt).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-r.Context().Done():
						ended.Store(true)
					case <-time.After(25 * time.Hour):
					}
				}))
				long := &browser{s, maps.Clone(b.cookies), b.address}
				go long.get("/api/v1/stream", header...)
				synctest.Wait()
				s.h = next
				tc.end(t, s, b)
				synctest.Wait()
				if ended.Load() != tc.want {
					t.Errorf("the long request ended: %v, want %v", !tc.want, tc.want)
				}
				time.Sleep(26 * time.Hour) // all end before the test does
			})
		})
	}
}

// Without users whoever runs aupd follows it; with the first one they sign in.
func TestOwnersRequestsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, func(s *setting) { s.memory.kept = nil; s.opt.Owner = "o" })
		var ended atomic.Bool
		s.h = access.New(s.opt).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended.Store(true)
		}))
		go s.browser().get("/api/v1/stream")
		synctest.Wait()
		if ended.Load() {
			t.Error("it ended while nobody else was there")
		}
		s.add(t, "alice", aup.RoleAdmin)
		synctest.Wait()
		if !ended.Load() {
			t.Error("it goes on beside a user")
		}
	})
}

// What changes while a request is looked at holds for it.
func TestChangeAtTheDoor(t *testing.T) {
	s := newSetting(t, nil)
	b := s.browser()
	b.signIn("alice", password)
	s.memory.onGet = func() {
		if _, err := s.dir.SetUser(owner(t), "alice", aup.UserChange{Roles: []aup.UserRole{aup.RoleReader}}); err != nil {
			t.Error(err)
		}
	}
	if w := b.get("/api/v1/stream"); w.Code != http.StatusUnauthorized || len(s.asked) > 0 {
		t.Errorf("%d, and %v came through", w.Code, s.asked)
	}
}

// FuzzReturn signs nobody in to a page of another host, as a browser reads
// addresses.
func FuzzReturn(f *testing.F) {
	for _, s := range []string{"/a?b=c#d", "//x", "/\\x", "/\t/x", "/%2fx", "/a/..//x", "https:/x", "/ x", "/é", "/;//x", "/?//x", "/#//x", "/./x", "/%"} {
		f.Add(s)
	}
	s := &setting{}
	s.dir = access.NewDirectory(&s.memory, &s.memory, cheap())
	s.opt = access.Options{Directory: s.dir, Owner: "o", Idle: time.Hour, Absolute: time.Hour}
	s.h = access.New(s.opt).Handler(http.NotFoundHandler())
	f.Fuzz(func(t *testing.T, in string) {
		to := s.browser().get("/login?" + url.Values{"return": {in}}.Encode()).Header().Get("Location")
		read := strings.Map(func(c rune) rune {
			switch c {
			case '\t', '\r', '\n':
				return -1
			case '\\':
				return '/'
			}
			return c
		}, to)
		if u, err := url.Parse(read); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(read, "/") || strings.HasPrefix(read, "//") {
			t.Errorf("return=%q leads to %q", in, to)
		}
	})
}
