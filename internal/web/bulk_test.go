package web_test

import (
	"net/url"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// marked is what the boxes of a queue's rows send.
func marked(d *world, ids ...aup.ReportID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id)+"@"+saw(d.report(id)))
	}
	return out
}

func TestBulk(t *testing.T) {
	d, plain, urgent, sealed := filled(t)
	browse(t, d, as("bob", aup.RoleOperator)).do(urgent, url.Values{"do": {"claimed"}})
	b := browse(t, d, lead)
	form := url.Values{"do": {"decided"}, "outcome": {"violation"}, "clause": {"4"}, "reason": {"one campaign"}, "back": {"/queue?q=clause:4"}, "r": marked(d, plain, urgent, sealed)}
	before := len(d.events())
	_, page := b.post("/bulk", form)
	contains(t, page, "Before it is done", "<strong>2</strong> of 3 reports would change", "bob works on it", "Do it for 2", "one campaign", `value="`+marked(d, plain)[0]+`"`)
	if strings.Contains(page, "secret words") {
		t.Error("the preview shows a sealed subject")
	}
	if len(d.events()) != before {
		t.Fatalf("the preview recorded %d events", len(d.events())-before)
	}
	form.Set("confirm", "1")
	_, page = b.post("/bulk", form)
	contains(t, page, "<strong>2</strong> of 3 reports changed", "Undo all 2", "/queue?q=clause:4")
	if d.report(plain).State != aup.StateDecided || d.report(sealed).State != aup.StateDecided || d.report(urgent).State != aup.StateClaimed {
		t.Errorf("states %s, %s, %s", d.report(plain).State, d.report(sealed).State, d.report(urgent).State)
	}
	_, page = b.post("/bulk", url.Values{"do": {"undone"}, "r": append(marked(d, plain, sealed), string(urgent)+"@1")})
	contains(t, page, "<strong>2</strong> of 3 reports changed", "changed since you looked")
	if d.report(plain).State != aup.StateNew {
		t.Errorf("after the undo it is %s", d.report(plain).State)
	}
}

func TestBulkDetail(t *testing.T) {
	d, plain, _, _ := filled(t)
	b := browse(t, d, lead)
	for want, form := range map[string]url.Values{
		"no violation</small>": {"do": {"decided"}, "outcome": {"none"}, "clause": {"4"}},
		"to bob":               {"do": {"assigned"}, "to": {"bob"}},
		"add one":              {"do": {"tagged"}, "add": {"one"}},
		"high":                 {"do": {"prioritised"}, "priority": {"high"}},
		"with c-1":             {"do": {"linked"}, "with": {"c-1"}},
	} {
		form["r"] = marked(d, plain)
		_, page := b.post("/bulk", form)
		contains(t, page, want, "Do it for 1")
	}
}

func TestBulkRefused(t *testing.T) {
	d, plain, _, _ := filled(t)
	for name, tc := range map[string]struct {
		who    aup.Principal
		form   url.Values
		status int
	}{
		"nothing marked": {lead, url.Values{"do": {"closed"}}, 422},
		"no revision":    {lead, url.Values{"do": {"closed"}, "r": {string(plain)}}, 422},
		"an operator":    {as("ann", aup.RoleOperator), url.Values{"do": {"closed"}, "r": marked(d, plain)}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			if resp, _ := browse(t, d, tc.who).post("/bulk", tc.form); resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
		})
	}
}
