package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/web"
)

func TestSavedFilters(t *testing.T) {
	d, _, _, _ := filled(t)
	keep := func(o *web.Options) { o.Filters = desk.Filters{Shelf: d.Shelf()} }
	lena, rob := browse(t, d, lead, keep), browse(t, d, reader, keep)
	for _, form := range []url.Values{
		{"name": {"spam"}, "q": {"clause:4 state:new"}},
		{"name": {"all-spam"}, "q": {"clause:4"}, "shared": {"1"}},
	} {
		resp, _ := lena.post("/filters", form)
		if at := resp.Header.Get("Location"); at != "/queue?"+(url.Values{"q": form["q"]}).Encode() {
			t.Errorf("keeping %v led to %q", form, at)
		}
	}
	_, page := lena.get("/queue?q=clause:4")
	contains(t, page, `aria-current="true" title="clause:4, shared by lena">all-spam</a>`, ">spam</a>", "Drop spam")
	_, page = rob.get("/queue")
	contains(t, page, ">all-spam</a>")
	if strings.Contains(page, ">spam</a>") || strings.Contains(page, "Drop all-spam") {
		t.Error("a reader sees another's filter, or may drop a shared one")
	}
	for name, tc := range map[string]struct {
		b      browser
		form   url.Values
		status int
	}{
		"no name":          {lena, url.Values{"name": {"A b"}, "q": {"clause:4"}}, 422},
		"nothing to keep":  {lena, url.Values{"name": {"x"}}, 422},
		"a reader shares":  {rob, url.Values{"name": {"x"}, "q": {"clause:4"}, "shared": {"1"}}, 403},
		"drop what is not": {lena, url.Values{"do": {"drop"}, "name": {"x"}}, 404},
		"drop":             {lena, url.Values{"do": {"drop"}, "name": {"spam"}}, 303},
		"where none are":   {browse(t, d, lead), url.Values{"name": {"x"}, "q": {"clause:4"}}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			if resp, _ := tc.b.post("/filters", tc.form); resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
		})
	}
}

// A library holds two versions of a policy.
type library struct{ aup.Librarian }

func (library) Policies(context.Context) ([]aup.PolicyVersion, error) {
	text := "name: aup\ntitle: The policy\nclauses:\n- {id: \"4\", title: Spam, severity: "
	return []aup.PolicyVersion{
		{PolicyApplied: aup.PolicyApplied{Version: "sha256:one", Text: text + "low}\n"}, Seq: 3, At: now, By: "ann"},
		{PolicyApplied: aup.PolicyApplied{Version: "sha256:two", Text: text + "high}\n"}, Seq: 9, At: now, By: "bob"},
	}, nil
}

func TestPolicyVersions(t *testing.T) {
	b := browse(t, newWorld(t), reader, func(o *web.Options) { o.Library = library{} })
	_, page := b.get("/policy")
	contains(t, page, "sha256:one", "sha256:two", "bob")
	_, page = b.get("/policy?from=3&to=9")
	contains(t, page, "<td>severity</td><td>low</td><td>high</td>")
	_, page = b.get("/policy?from=9&to=9")
	contains(t, page, "No clause differs")
	if resp, _ := b.get("/policy?from=3&to=4"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a version that is not there: %d", resp.StatusCode)
	}
}
