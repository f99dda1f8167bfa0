package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// do posts an action on a report and returns where that led.
func (b browser) do(id aup.ReportID, form url.Values) string {
	b.t.Helper()
	resp, page := b.post("/reports/"+string(id)+"/act", form)
	if resp.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%v: status %d\n%.3000s", form, resp.StatusCode, page)
	}
	return resp.Header.Get("Location")
}

func last(events []aup.Event) aup.Event { return events[len(events)-1] }

func saw(r aup.Report) string { return strconv.Itoa(int(r.Revision)) }

func TestActions(t *testing.T) {
	d, id, other, _ := filled(t)
	b := browse(t, d, lead)
	for _, step := range []struct {
		form url.Values
		ok   func(aup.Report) bool
		says string
	}{
		{url.Values{"do": {"claimed"}}, func(r aup.Report) bool { return r.ClaimedBy(now) == "lena" }, "Claimed."},
		{url.Values{"do": {"released"}}, func(r aup.Report) bool { return r.Claim == nil }, "Released."},
		{url.Values{"do": {"waiting"}, "reason": {"a log"}}, func(r aup.Report) bool { return r.State == aup.StateWaiting && r.StateReason == "a log" }, "Set to wait."},
		{url.Values{"do": {"noted"}, "reason": {"seen before"}}, func(aup.Report) bool { return true }, "Noted."},
		{url.Values{"do": {"tagged"}, "add": {"One, two"}, "remove": {"three"}}, func(r aup.Report) bool { return strings.Join(r.Tags, " ") == "one two" }, "Tagged."},
		{url.Values{"do": {"assigned"}, "to": {" bob "}}, func(r aup.Report) bool { return r.Assignee == "bob" }, "Assigned to bob."},
		{url.Values{"do": {"assigned"}}, func(r aup.Report) bool { return r.Assignee == "" }, "Assigned to nobody."},
		{url.Values{"do": {"prioritised"}, "priority": {"high"}}, func(r aup.Report) bool { return r.Priority == aup.PriorityHigh }, "Priority set."},
		{url.Values{"do": {"prioritised"}, "priority": {"normal"}}, func(r aup.Report) bool { return r.Priority == aup.PriorityNormal }, "Priority set."},
		{url.Values{"do": {"linked"}, "with": {string(other)}}, func(r aup.Report) bool { return r.Case == aup.NewCaseID(other) }, "Put into case"},
		{url.Values{"do": {"unlinked"}}, func(r aup.Report) bool { return r.Case == "" }, "Taken out of its case."},
		{url.Values{"do": {"linked"}, "with": {"c-1"}}, func(r aup.Report) bool { return r.Case == "c-1" }, "Put into case c-1."},
		{url.Values{"do": {"decided"}, "saw": {"+"}, "outcome": {"violation"}, "clause": {"4", "3.1", "4", ""}, "taken": {"block-ip"}, "reason": {"sure"}, "to": {"stray"}},
			func(r aup.Report) bool {
				return r.Decision != nil && len(r.Decision.Clauses) == 2 && r.Decision.Reason == "sure" && r.Decision.Taken[0] == "block-ip"
			}, "Decided: violation 4."},
		{url.Values{"do": {"closed"}}, func(r aup.Report) bool { return r.State == aup.StateClosed }, "Closed."},
		{url.Values{"do": {"reopened"}}, func(r aup.Report) bool { return r.State == aup.StateNew }, "Reopened."},
		{url.Values{"do": {"decided"}, "saw": {"+"}, "outcome": {"none"}, "clause": {"4"}}, func(r aup.Report) bool { return r.Decision != nil && len(r.Decision.Clauses) == 0 }, "Decided: no violation."},
	} {
		if step.form.Get("saw") == "+" {
			step.form.Set("saw", saw(d.report(id)))
		}
		at := b.do(id, step.form)
		if !step.ok(d.report(id)) {
			t.Errorf("%v: the report is %+v", step.form, d.report(id).Triage)
		}
		if e := last(d.events()); e.By != "lena" || e.From != "console" || e.Action.To == "stray" {
			t.Errorf("%v: event by %s from %s: %+v", step.form, e.By, e.From, e.Action)
		}
		_, page := b.get(at)
		contains(t, page, step.says, "Undo<kbd>")
	}
}

func TestUndo(t *testing.T) {
	d, id, _, _ := filled(t)
	b := browse(t, d, lead)
	at := b.do(id, url.Values{"do": {"closed"}, "back": {"/queue?q=clause:4"}})
	if !strings.HasPrefix(at, "/queue?") || !strings.Contains(at, "clause%3A4") {
		t.Errorf("the action led to %q", at)
	}
	if _, page := browse(t, d, reader).get(at); strings.Contains(page, "Closed.") {
		t.Error("another person is told of it")
	}
	at = b.do(id, url.Values{"do": {"undone"}, "undo": {saw(d.report(id))}, "back": {"//evil.example/"}})
	if d.report(id).State != aup.StateNew || !strings.HasPrefix(at, "/reports/"+string(id)+"?") {
		t.Errorf("state %s, led to %q", d.report(id).State, at)
	}
	_, page := b.get(at)
	contains(t, page, "Undone.")
	for _, made := range []string{"?done=x", "?done=" + string(id) + ".999", "?done=nope.1", "?done=" + string(id) + ".x"} {
		if _, page := b.get("/" + made); strings.Contains(page, `class="flash"`) {
			t.Errorf("%s shows that something was done", made)
		}
	}
}

func TestConflictKeepsWhatWasWritten(t *testing.T) {
	d, id, _, _ := filled(t)
	stale := saw(d.report(id))
	browse(t, d, as("bob", aup.RoleOperator)).do(id, url.Values{"do": {"tagged"}, "add": {"seen"}})
	form := url.Values{"do": {"decided"}, "saw": {stale}, "outcome": {"violation"}, "clause": {"3.1", "4"}, "taken": {"block-ip"}, "reason": {"my long thoughts " + hostile}}
	resp, page := browse(t, d, lead).post("/reports/"+string(id)+"/act", form)
	if resp.StatusCode != http.StatusConflict || d.report(id).Decision != nil {
		t.Fatalf("status %d, decision %v", resp.StatusCode, d.report(id).Decision)
	}
	contains(t, page, "changed while you were looking", "bob", "tagged", "+seen", "my long thoughts &lt;script&gt;", `value="3.1" selected`,
		`name="saw" value="`+saw(d.report(id))+`"`, `value="block-ip" checked`, `value="4" checked`)
	form.Set("saw", saw(d.report(id)))
	browse(t, d, lead).do(id, form)
}

func TestRefusedActions(t *testing.T) {
	d, id, other, _ := filled(t)
	browse(t, d, as("bob", aup.RoleOperator)).do(other, url.Values{"do": {"claimed"}})
	b := browse(t, d, lead)
	for name, tc := range map[string]struct {
		id     aup.ReportID
		form   url.Values
		status int
		want   string
	}{
		"claimed by another": {other, url.Values{"do": {"decided"}, "saw": {saw(d.report(other))}, "outcome": {"none"}}, 409, "bob works on it"},
		"empty note":         {id, url.Values{"do": {"noted"}}, 422, "the note is empty"},
		"long note":          {id, url.Values{"do": {"noted"}, "reason": {strings.Repeat("x", 30_000)}}, 422, "at most 20000"},
		"bad tag":            {id, url.Values{"do": {"tagged"}, "add": {"<b>"}}, 422, "tag &#34;&lt;b&gt;&#34;"},
		"no such action":     {id, url.Values{"do": {"opened"}}, 422, "is no action"},
		"bad revision":       {id, url.Values{"do": {"decided"}, "saw": {"x"}}, 422, "want the number of an event"},
		"unknown clause":     {id, url.Values{"do": {"decided"}, "saw": {saw(d.report(id))}, "outcome": {"violation"}, "clause": {"77"}}, 422, "not in the policy"},
		"no such report":     {"nope", url.Values{"do": {"claimed"}}, 404, "report nope"},
		"too long a form":    {id, url.Values{"do": {"noted"}, "reason": {strings.Repeat("x", 2<<20)}}, 422, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(d.events())
			resp, page := b.post("/reports/"+string(tc.id)+"/act", tc.form)
			if resp.StatusCode != tc.status || len(d.events()) != before {
				t.Errorf("status %d, want %d; %d events more", resp.StatusCode, tc.status, len(d.events())-before)
			}
			contains(t, page, tc.want)
		})
	}
	_, page := b.post("/reports/"+string(id)+"/act", url.Values{"do": {"tagged"}, "add": {"no_good"}})
	contains(t, page, `value="no_good"`)
}

func TestReleaseForAnother(t *testing.T) {
	d, id, _, _ := filled(t)
	browse(t, d, as("bob", aup.RoleOperator)).do(id, url.Values{"do": {"claimed"}})
	form := url.Values{"do": {"released"}, "reason": {"bob is ill"}}
	if resp, _ := browse(t, d, as("ann", aup.RoleOperator)).post("/reports/"+string(id)+"/act", form); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an operator releases another's claim: %d", resp.StatusCode)
	}
	browse(t, d, lead).do(id, form)
}

func TestNext(t *testing.T) {
	d, plain, urgent, sealed := filled(t)
	bob := browse(t, d, as("bob", aup.RoleOperator))
	bob.do(plain, url.Values{"do": {"assigned"}, "to": {"carla"}})
	resp, _ := bob.post("/next", nil)
	if at := resp.Header.Get("Location"); at != "/reports/"+string(urgent) || d.report(urgent).ClaimedBy(now) != "bob" {
		t.Errorf("next is %q, want %s", at, urgent)
	}
	resp, _ = bob.post("/next", nil)
	if at := resp.Header.Get("Location"); at != "/?nothing=1" {
		t.Errorf("when nothing is free next is %q", at)
	}
	at := bob.do(urgent, url.Values{"do": {"decided"}, "saw": {saw(d.report(urgent))}, "outcome": {"none"}, "then": {"next"}})
	_, page := bob.get(at)
	contains(t, page, "Nothing is free", "Decided: no violation.")
	carla := browse(t, d, cleared)
	for range 2 {
		resp, _ := carla.post("/next", nil)
		if at := resp.Header.Get("Location"); at != "/reports/"+string(plain) && at != "/reports/"+string(sealed) {
			t.Errorf("next for whom the rest is for is %q", at)
		}
	}
}
