package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/policy"
	"aupd/internal/web"

	"golang.org/x/net/html"
)

// filled returns a world with a plain report, an urgent one, and a sealed one.
func filled(t testing.TB) (d *world, plain, urgent, sealed aup.ReportID) {
	t.Helper()
	d = newWorld(t)
	rows := []aup.LedgerRow{
		{First: 5, Last: 5, Fate: aup.NearMiss, Note: "Usage policy complaint"}, {First: 8000, Last: 8000, Fate: aup.NearMiss, Note: hostile},
		{First: 8001, Last: 8002, Fate: aup.NotSelected},
	}
	if err := d.Account(t.Context(), aup.Epoch{Mailbox: "abuse", Folder: "INBOX/in", UIDValidity: 1}, rows, 9000); err != nil {
		t.Fatal(err)
	}
	plain = d.add("plain", hostileDocument(), hostileVerdict(), now.Add(-2*time.Hour))
	urgent = d.add("urgent", document("hurry"), aup.Verdict{
		Outcome: aup.OutcomeReview, Primary: "3.1", Clauses: []aup.ClauseID{"3.1"}, Urgent: "somebody is in danger", Severity: aup.High,
	}, now.Add(-time.Hour))
	secret := document("secret words")
	secret.Attachments = []aup.Attachment{{Path: "2", Size: int64(len(hostile))}}
	sealed = d.add("sealed", secret, aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "2.4", Clauses: []aup.ClauseID{"2.4"}, Sealed: true, Severity: aup.Critical,
		Findings: []aup.Finding{{Clause: "2.4", Score: 0.9, Spans: []aup.Span{{Part: "1", End: 12, Text: "secret words", Reason: "names minors"}}}},
	}, now.Add(-time.Hour))
	return d, plain, urgent, sealed
}

func document(subject string) aup.Document {
	return aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: subject, From: []aup.Address{{Name: subject, Addr: "a@example.org"}}}},
		Parts:    []aup.Part{{ID: "1", Kind: aup.PartText, Text: subject}},
	}
}

func hostileDocument() aup.Document {
	long := strings.Repeat("a long line without an end ", 8000)
	return aup.Document{
		Messages: []aup.Message{
			{Parent: -1, Subject: hostile, From: []aup.Address{{Name: hostile}}, Header: []aup.Field{{Name: hostile, Value: hostile}}, ReplyTo: []aup.Address{{Name: hostile, Addr: hostile}}, Auth: []aup.AuthResult{
				{Method: "dkim", Result: hostile, By: hostile, Detail: hostile}, {Method: "forged", Result: "suspect", Detail: "the display name poses " + hostile},
			}},
			{Parent: 0, Via: aup.ViaRFC822, Subject: hostile, DateText: hostile},
		},
		Parts: []aup.Part{
			{ID: "1", Kind: aup.PartText, Text: "before " + hostile + " after", Segments: []aup.Segment{{Range: aup.Range{End: 10}, Voice: aup.VoiceOwn}}},
			{ID: "2", Message: 1, Kind: aup.PartHTML, Text: long, Hidden: []aup.Range{{Start: 3, End: 9}}, Links: []aup.Link{
				{Range: aup.Range{Start: 2, End: 6}, Href: "javascript:alert(3)"}, {Range: aup.Range{Start: 9, End: 4}}, {Range: aup.Range{End: 1 << 30}},
			}},
		},
		Attachments: []aup.Attachment{{Path: "3/x", Name: "../" + hostile, MediaType: hostile, Unread: "encrypted", Size: int64(len(hostile))}},
		Indicators:  []aup.Indicator{{Kind: aup.IndicatorURL, Value: "javascript:alert(3)", Role: aup.RoleSource, Why: hostile}, {Kind: aup.IndicatorURL, Value: "javascript:alert(3)", Role: aup.RoleSource}},
		Machine:     []aup.Machine{{Format: "arf", Type: hostile, Fields: []aup.Field{{Name: hostile, Value: hostile}}}},
		Problems:    []aup.Problem{{Kind: "charset", Detail: hostile}},
		Language:    hostile,
	}
}

func hostileVerdict() aup.Verdict {
	return aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Reason: hostile, Urgent: hostile, Severity: aup.Medium,
		Findings: []aup.Finding{{Clause: "4", Score: 0.9, Spans: []aup.Span{
			{Part: "1", Start: 7, End: 15, Text: "<script>", Reason: "names " + hostile, Weight: 1},
			{Part: "1", Start: 10, End: 24, Text: "ipt>alert(1)</", Reason: "overlaps", Weight: 1},
			{Part: "1", Start: 5000, End: 6000, Text: "outside", Reason: "outside", Weight: 1},
		}}},
	}
}

// as returns a principal with roles.
func as(name string, roles ...aup.UserRole) aup.Principal {
	return aup.Principal{Name: name, Roles: roles, From: "console"}
}

var lead, cleared, reader = as("lena", aup.RoleLead), as("carla", aup.RoleLead, aup.RoleCleared), as("rob", aup.RoleReader)

// A browser asks a console as somebody, and follows no redirect.
type browser struct {
	t   *testing.T
	mux *http.ServeMux
	who aup.Principal
}

func browse(t *testing.T, d *world, who aup.Principal, change ...func(*web.Options)) browser {
	t.Helper()
	p := testPolicy()
	opt := web.Options{Desk: desk.New(d, d).Searching(d), Ledger: d, Tray: d, Contents: d, Policy: func() *policy.Policy { return p }, Version: "test", Now: func() time.Time { return now }}
	for _, c := range change {
		c(&opt)
	}
	mux := http.NewServeMux()
	web.New(mux, opt)
	return browser{t, mux, who}
}

func (b browser) ask(r *http.Request) (*http.Response, string) {
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r.WithContext(aup.WithPrincipal(r.Context(), b.who)))
	return w.Result(), w.Body.String()
}

func (b browser) get(path string) (*http.Response, string) {
	return b.ask(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil))
}

func (b browser) post(path string, form url.Values) (*http.Response, string) {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.ask(r)
}

// contains fails unless the page says everything that is wanted.
func contains(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q:\n%.5000s", w, page)
		}
	}
}

// everyPage are the addresses of all pages of a filled desk.
func everyPage(plain, urgent aup.ReportID) []string {
	return []string{
		"/", "/queue", "/queue?q=", "/queue?q=nope:", "/queue?q=%3Cscript%3E", "/reports/" + string(plain), "/reports/" + string(urgent), "/reports/%3Cscript%3E",
		"/cases", "/cases/c-" + string(urgent), "/search", "/search?q=words", "/policy", "/numbers", "/numbers?days=365", "/mailboxes", "/mailboxes/abuse/INBOX/in", "/near-misses", "/near-misses?all=1",
	}
}

func TestHostileMailDoesNothing(t *testing.T) {
	d, plain, urgent, _ := filled(t)
	b := browse(t, d, cleared)
	b.post("/reports/"+string(urgent)+"/act", url.Values{"do": {"linked"}, "with": {"c-" + string(urgent)}, "reason": {hostile}})
	for _, path := range everyPage(plain, urgent) {
		resp, page := b.get(path)
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode {
				harmless(t, path, n)
			}
		}
		if strings.ContainsRune(page, '\x1b') && resp.StatusCode == http.StatusInternalServerError {
			t.Errorf("%s: %s", path, page)
		}
	}
}

// harmless fails on an element that runs, loads or leads to something foreign.
func harmless(t *testing.T, path string, n *html.Node) {
	t.Helper()
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
			t.Errorf("%s: <%s> has the attribute %s", path, n.Data, a.Key)
		}
		if (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "hx-get") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
			t.Errorf("%s: <%s> leads to %q", path, n.Data, a.Val)
		}
		if n.Data == "script" && a.Key == "src" && !strings.HasPrefix(a.Val, "/static/") {
			t.Errorf("%s: a script from %q", path, a.Val)
		}
	}
	if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil {
		t.Errorf("%s: a %s in the page: %s", path, n.Data, n.FirstChild.Data)
	}
}

func TestPages(t *testing.T) {
	d, plain, urgent, _ := filled(t)
	b, empty := browse(t, d, cleared), browse(t, newWorld(t), cleared)
	decided := d.add("decided", document("done"), aup.Verdict{Outcome: aup.OutcomeException, Primary: "4", Clauses: []aup.ClauseID{"4"}}, now.Add(-time.Hour))
	b.do(decided, url.Values{"do": {"decided"}, "saw": {saw(d.report(decided))}, "outcome": {"exception"}, "clause": {"4"}})
	report := "/reports/" + string(plain)
	for name, tc := range map[string]struct {
		from   browser
		path   string
		status int
		want   []string
	}{
		"today":           {b, "/", 200, []string{"Work on the next", "near misses", "up to date", "Next in the queue", "1 h on the median"}},
		"nothing free":    {b, "/?nothing=1", 200, []string{"Nothing is free to work on"}},
		"today, empty":    {empty, "/", 200, []string{"No mailbox is watched yet", "You work on nothing now", "Nothing came in"}},
		"queue":           {b, "/queue", 200, []string{"3 reports", "With the marked reports", "Spam", "urgent"}},
		"queue, filtered": {b, "/queue?q=clause:4+state:new", 200, []string{"1 report", `<option value="4" selected>`}},
		"queue, no match": {b, "/queue?q=clause:9", 200, []string{"No report matches"}},
		"queue, empty":    {empty, "/queue", 200, []string{"No report yet"}},
		"queue, wrong":    {b, "/queue?q=state:nowhere", 422, []string{`state &#34;nowhere&#34;: want one of`}},
		"queue, words":    {b, "/queue?q=[", 422, []string{"a bracket is not closed"}},
		"report": {b, report, 200, []string{
			"90 %", `<mark class="m1"`, "The text is longer", "not examined: encrypted", "overlaps", "leads to", "Header fields (1)", "Decide, next", "What a program reported", "×2", "Answers to", "the display name poses", ">2 h ago</time>",
		}},
		"no report":        {b, "/reports/nope", 404, []string{"There is no such thing here", "report nope"}},
		"no page":          {b, "/nowhere/<b>", 404, []string{"There is no such thing here", "/nowhere/&lt;b&gt; is no page of this console", "Back to the first page"}},
		"no cases":         {b, "/cases", 200, []string{"No case yet"}},
		"no such case":     {b, "/cases/c-x", 404, []string{"case c-x"}},
		"search":           {b, "/search", 200, []string{"The filter language"}},
		"search, found":    {b, "/search?q=words", 200, []string{"one <mark>two</mark> three"}},
		"search, no match": {b, "/search?q=clause:9", 200, []string{"No report matches"}},
		"policy":           {b, "/policy", 200, []string{"Harm to minors", "sealed", "No spam", "It may change."}},
		"numbers":          {b, "/numbers?days=7", 200, []string{`<rect class="s1"`, "100 %", now.AddDate(0, 0, -6).Format(time.DateOnly), "a@example.org"}},
		"numbers, weeks":   {b, "/numbers?days=365", 200, []string{"Week of"}},
		"numbers, empty":   {empty, "/numbers", 200, []string{"Nothing was received or decided"}},
		"mailboxes":        {b, "/mailboxes", 200, []string{">near miss</th>", ">not selected</th>", "abuse / INBOX/in", "up to date", ">1 min ago</time>"}},
		"mailboxes, empty": {empty, "/mailboxes", 200, []string{"No mailbox yet"}},
		"mailbox":          {b, "/mailboxes/abuse/INBOX/in", 200, []string{"8000", "Usage policy complaint"}},
		"near misses":      {b, "/near-misses", 200, []string{"2 to look at", "Usage policy complaint", "abuse / INBOX/in, UID 8000", ">nearly matches<", "as well"}},
		"none, empty":      {empty, "/near-misses", 200, []string{"Nothing to look at"}},
		"all, empty":       {empty, "/near-misses?all=1", 200, []string{"Nobody has taken or dismissed any"}},
		"no mailbox":       {b, "/mailboxes/abuse/x", 404, []string{"folder x of mailbox abuse"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := tc.from.get(tc.path)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			contains(t, page, tc.want...)
		})
	}
	resp, _ := b.get("/search?q=" + strings.ToUpper(string(urgent)))
	if at := resp.Header.Get("Location"); at != "/reports/"+string(urgent) {
		t.Errorf("a search for a report's id leads to %q", at)
	}
}

func TestLongQueueIsPaged(t *testing.T) {
	d := newWorld(t)
	for i := range 120 {
		d.add(strconv.Itoa(i), document("many"), aup.Verdict{Outcome: aup.OutcomeNone}, now)
	}
	b, path, seen := browse(t, d, lead), "/queue?q=", 0
	for pages := 0; path != ""; pages++ {
		if pages > 3 {
			t.Fatal("the pages do not end")
		}
		_, page := b.get(path)
		seen += strings.Count(page, `name="r"`)
		path = nextOf(t, page)
	}
	if seen != 120 {
		t.Errorf("the pages show %d reports, want 120", seen)
	}
}

// nextOf returns where a page's link to the next leads.
func nextOf(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		href, next := "", false
		for _, a := range n.Attr {
			if a.Key == "href" {
				href = a.Val
			}
			next = next || a.Key == "rel" && a.Val == "next"
		}
		if next {
			return href
		}
	}
	return ""
}

func TestStatic(t *testing.T) {
	b := browse(t, newWorld(t), aup.Principal{})
	_, page := b.get("/queue")
	_, rest, _ := strings.Cut(page, `href="/static/`)
	version, _, _ := strings.Cut(rest, "/")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/static/"+version+"/aupd.css", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	resp, body := b.ask(r)
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(sheet), "color-scheme") || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("style sheet: %.100s, %v, header %v", sheet, err, resp.Header)
	}
	for path, status := range map[string]int{"/static/" + version + "/aupd.js": 200, "/static/other/aupd.js": 404, "/static/" + version + "/../../go.mod": 307} {
		if resp, _ := b.get(path); resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, status)
		}
	}
}
