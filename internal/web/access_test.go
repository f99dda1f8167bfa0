package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/web"
)

func TestRights(t *testing.T) {
	d, plain, urgent, sealed := filled(t)
	browse(t, d, lead).do(urgent, url.Values{"do": {"linked"}, "with": {"c-1"}})
	nobody, operator, only := aup.Principal{}, as("ann", aup.RoleOperator), as("max", aup.RoleCleared)
	for _, tc := range []struct {
		path                                      string
		post                                      bool
		nobody, cleared, reader, operator, leader int
	}{
		{"/", false, 403, 403, 200, 200, 200},
		{"/queue", false, 403, 403, 200, 200, 200},
		{"/reports/" + string(plain), false, 403, 403, 200, 200, 200},
		{"/reports/" + string(plain) + "/raw", false, 403, 403, 200, 200, 200},
		{"/reports/" + string(plain) + "/files/3/x", false, 403, 403, 200, 200, 200},
		{"/reports/" + string(plain) + "/preview/2", false, 403, 403, 200, 200, 200},
		{"/reports/" + string(sealed), false, 403, 403, 200, 200, 200},
		{"/reports/" + string(sealed) + "/raw", false, 403, 403, 403, 403, 403},
		{"/reports/" + string(sealed) + "/files/3/x", false, 403, 403, 403, 403, 403},
		{"/reports/" + string(sealed) + "/preview/2", false, 403, 403, 403, 403, 403},
		{"/cases", false, 403, 403, 200, 200, 200},
		{"/cases/c-1", false, 403, 403, 200, 200, 200},
		{"/search", false, 403, 403, 200, 200, 200},
		{"/policy", false, 403, 403, 200, 200, 200},
		{"/numbers", false, 403, 403, 200, 200, 200},
		{"/mailboxes", false, 403, 403, 200, 200, 200},
		{"/mailboxes/abuse/INBOX/in", false, 403, 403, 200, 200, 200},
		{"/near-misses", false, 403, 403, 200, 200, 200},
		{"/near-misses", true, 403, 403, 403, 403, 422},
		{"/next", true, 403, 403, 403, 303, 303},
		{"/reports/" + string(plain) + "/act?do=noted&reason=x", true, 403, 403, 403, 422, 422},
		{"/filters", true, 403, 403, 404, 404, 404},
		{"/bulk", true, 403, 403, 403, 403, 422},
	} {
		for _, one := range []struct {
			who  aup.Principal
			want int
		}{{nobody, tc.nobody}, {only, tc.cleared}, {reader, tc.reader}, {operator, tc.operator}, {lead, tc.leader}} {
			b := browse(t, d, one.who)
			var resp *http.Response
			if tc.post {
				resp, _ = b.post(tc.path, nil)
			} else {
				resp, _ = b.get(tc.path)
			}
			if resp.StatusCode != one.want {
				t.Errorf("%s for %q %v: %d, want %d", tc.path, one.who.Name, one.who.Roles, resp.StatusCode, one.want)
			}
		}
	}
	_, page := browse(t, d, reader).get("/reports/" + string(plain))
	contains(t, page, "You may read this report")
	for _, form := range []string{"/act\"", "/next", "/bulk"} {
		if strings.Contains(page, `action="`+form) {
			t.Errorf("a reader is offered %s", form)
		}
	}
}

func TestSealedContent(t *testing.T) {
	d, plain, urgent, sealed := filled(t)
	b := browse(t, d, lead)
	b.do(sealed, url.Values{"do": {"noted"}, "reason": {"secret words in a note"}})
	b.do(sealed, url.Values{"do": {"waiting"}, "reason": {"secret words to wait for"}})
	b.do(sealed, url.Values{"do": {"linked"}, "with": {"c-1"}, "reason": {"secret words that link"}})
	before := len(d.events())
	for _, path := range append(everyPage(plain, urgent), "/reports/"+string(sealed), "/cases/c-1", "/queue?q=clause:2.4") {
		if _, page := b.get(path); strings.Contains(page, "secret words") {
			t.Errorf("%s shows what is sealed", path)
		}
	}
	_, page := b.get("/reports/" + string(sealed))
	contains(t, page, string(sealed), "2.4", "This report is sealed", "Claim", "<h1>Sealed report "+string(sealed)+"</h1>")
	_, page = b.get("/queue?q=clause:2.4")
	contains(t, page, ">Sealed report "+string(sealed)+"</a>")
	if len(d.events()) != before {
		t.Errorf("%d openings are on record, nothing was opened", len(d.events())-before)
	}
	c := browse(t, d, cleared)
	for range 2 {
		_, page = c.get("/reports/" + string(sealed))
		contains(t, page, "secret words", "secret words in a note")
	}
	if resp, _ := c.get("/reports/" + string(sealed) + "/raw"); resp.StatusCode != http.StatusOK {
		t.Errorf("the message of a sealed report for whoever is cleared: %d", resp.StatusCode)
	}
	if resp, _ := c.get("/reports/" + string(sealed) + "/files/2"); resp.StatusCode != http.StatusOK {
		t.Errorf("an attachment of a sealed report for whoever is cleared: %d", resp.StatusCode)
	}
	opened := d.events()[before:]
	if len(opened) != 4 || opened[0].Kind != aup.EventOpened || opened[0].By != "carla" || opened[0].Key == opened[1].Key {
		t.Errorf("the openings on record: %+v", opened)
	}
}

func TestLoginPage(t *testing.T) {
	console := web.New(http.NewServeMux(), web.Options{})
	w := httptest.NewRecorder()
	console.Login(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", nil), web.LoginView{
		Status: http.StatusUnauthorized, Error: "They do not fit.", Name: hostile, Return: "/queue?q=x", OIDC: "/oidc/start",
	})
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("status %d, header %v", w.Code, w.Header())
	}
	contains(t, w.Body.String(), "They do not fit.", `value="&lt;script&gt;`, `name="return" value="/queue?q=x"`, `href="/oidc/start"`, `type="password"`)
	if strings.Contains(w.Body.String(), "Queue</a>") {
		t.Error("whoever is not signed in is shown the pages")
	}
}

func TestSignOutIsForSessions(t *testing.T) {
	b := browse(t, newWorld(t), lead)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cases", nil)
	if _, page := b.ask(r); strings.Contains(page, "Sign out") {
		t.Error("whoever has no session may end it")
	}
	r.AddCookie(&http.Cookie{Name: "aupd", Value: "x"})
	_, page := b.ask(r)
	contains(t, page, "Sign out")
}
