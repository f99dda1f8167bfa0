package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/httpapi"
	"aupd/internal/store"
	"aupd/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An office is the API on a store with reports in it.
type office struct {
	t     *testing.T
	store *store.Store
	mux   *http.ServeMux
	ids   []aup.ReportID
}

func newOffice(t *testing.T, letters ...storetest.Letter) *office {
	t.Helper()
	s := storetest.Open(t)
	o := &office{t: t, store: s, mux: http.NewServeMux(), ids: storetest.Post(t, s, letters...)}
	httpapi.New(o.mux, o.backend())
	return o
}

func (o *office) backend() httpapi.Backend {
	s := o.store
	return httpapi.Backend{Backlog: s, Triager: s, Ledger: s, Keeper: s, Log: s.Log(), Shelf: s.Shelf(), Tray: s, Prover: s}
}

// A call is one request by somebody; without roles they are an operator.
type call struct {
	method, path, body string
	header             http.Header
	by                 string
	roles              []aup.UserRole
}

// ask makes a request and reads the JSON of the answer into got, if not nil.
func (o *office) ask(c call, want int, got any) *httptest.ResponseRecorder {
	o.t.Helper()
	p := aup.Principal{Name: c.by, Roles: c.roles, From: "api"}
	if p.Name == "" {
		p.Name = "olga"
	}
	if p.Roles == nil {
		p.Roles = []aup.UserRole{aup.RoleOperator}
	}
	if c.method == "" {
		c.method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(aup.WithPrincipal(o.t.Context(), p), c.method, httpapi.Root+c.path, strings.NewReader(c.body))
	if c.header != nil {
		r.Header = c.header
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	o.mux.ServeHTTP(w, r)
	if w.Code != want {
		o.t.Fatalf("%s %s by %s: status %d, want %d: %s", c.method, c.path, p.Name, w.Code, want, w.Body)
	}
	if got != nil {
		if err := json.Unmarshal(w.Body.Bytes(), got); err != nil {
			o.t.Fatalf("%s %s: %v in %s", c.method, c.path, err, w.Body)
		}
	}
	return w
}

func (o *office) act(id aup.ReportID, body string) call {
	return call{method: http.MethodPost, path: "/reports/" + string(id) + "/actions", body: body}
}

func header(name, value string) http.Header { return http.Header{name: {value}} }

// A stale answer is a problem as the API documents it.
type stale struct {
	Type     string      `json:"type"`
	Status   int         `json:"status"`
	Detail   string      `json:"detail"`
	Revision aup.Seq     `json:"revision"`
	Changed  []aup.Event `json:"changed"`
}

const decide = `{"do":"decided","outcome":"violation","clauses":["4"],"reason":"bulk mail","taken":["block-ip"]}`

func TestDecideWithETag(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"})
	var r aup.Report
	tag := o.ask(call{path: "/reports/" + string(o.ids[0])}, 200, &r).Header().Get("ETag")
	if want := fmt.Sprintf("%q", fmt.Sprint(r.Revision)); tag != want {
		t.Fatalf("ETag %s, want %s", tag, want)
	}
	c := o.act(o.ids[0], decide)
	c.header = header("If-Match", tag)
	w := o.ask(c, 200, &r)
	if r.State != aup.StateDecided || r.Decision.By != "olga" || r.Decision.Clauses[0].Title != "title of 4" {
		t.Errorf("decided: %+v", r.Triage)
	}
	if got := w.Header().Get("ETag"); got == tag {
		t.Errorf("the ETag is still %s", got)
	}

	var p stale
	c.by = "paul"
	if got := o.ask(c, http.StatusPreconditionFailed, &p).Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if p.Type != "urn:aupd:problem:stale" || p.Revision != r.Revision || len(p.Changed) != 1 || p.Changed[0].Kind != aup.EventDecided || p.Changed[0].By != "olga" {
		t.Errorf("a stale If-Match: %+v", p)
	}
	c.header, c.body = nil, strings.Replace(decide, "{", `{"saw":1,`, 1)
	o.ask(c, http.StatusConflict, &p)
	if p.Type != "urn:aupd:problem:stale" || p.Status != 409 || !strings.Contains(p.Detail, "decided by olga") {
		t.Errorf("a stale revision: %+v", p)
	}
}

func TestActionsRefused(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"})
	id := o.ids[0]
	o.ask(o.act(id, `{"do":"claimed"}`), 200, nil)
	with := func(c call, f func(*call)) call { f(&c); return c }
	for name, tc := range map[string]struct {
		call   call
		status int
		typ    string
	}{
		"another's claim":      {with(o.act(id, `{"do":"claimed"}`), func(c *call) { c.by = "paul" }), 409, "conflict"},
		"no revision":          {o.act(id, decide), 422, "invalid"},
		"no such kind":         {o.act(id, `{"do":"opened"}`), 422, "invalid"},
		"no such field":        {o.act(id, `{"do":"claimed","pins":[]}`), 422, "invalid"},
		"no JSON":              {o.act(id, `{`), 400, "invalid"},
		"no such call":         {call{path: "/nope"}, 404, "not-found"},
		"no such method":       {call{method: http.MethodDelete, path: "/reports"}, 405, "method-not-allowed"},
		"no such report":       {o.act("zzzz", `{"do":"claimed"}`), 404, "not-found"},
		"a reader":             {with(o.act(id, `{"do":"claimed"}`), func(c *call) { c.roles = []aup.UserRole{aup.RoleReader} }), 403, "forbidden"},
		"a weak entity tag":    {with(o.act(id, decide), func(c *call) { c.header = header("If-Match", `W/"3"`) }), 412, "stale"},
		"two entity tags":      {with(o.act(id, decide), func(c *call) { c.header = header("If-Match", `"3", "4"`) }), 412, "stale"},
		"a long key":           {with(o.act(id, `{"do":"claimed"}`), func(c *call) { c.header = header("Idempotency-Key", strings.Repeat("x", 101)) }), 422, "invalid"},
		"an unknown parameter": {call{path: "/reports?claus=4"}, 422, "invalid"},
		"an unknown outcome":   {call{path: "/reports?q=outcome:sung"}, 422, "invalid"},
		"no such filter":       {call{path: "/reports?filter=nope"}, 404, "not-found"},
		"the log":              {call{path: "/events"}, 403, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			var p stale
			o.ask(tc.call, tc.status, &p)
			if p.Type != "urn:aupd:problem:"+tc.typ || p.Detail == "" {
				t.Errorf("%+v, want the type %s", p, tc.typ)
			}
		})
	}
}

// TestWrongFieldIsNamed has a field say more than it may: the answer names it,
// and does not send it back.
func TestWrongFieldIsNamed(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"})
	long := strings.Repeat("y", 100_000)
	if got := o.ask(o.act(o.ids[0], `{"do":"noted","reason":"`+long+`"}`), 422, nil).Body.String(); strings.Contains(got, "yyy") {
		t.Errorf("an answer of %d bytes holds what was sent: %.200s", len(got), got)
	}
	c := serve(t, o.backend())
	_, err := c.Act(t.Context(), aup.Actor{Name: "ann"}, o.ids[0], aup.Action{Do: aup.EventNoted, Reason: long})
	if !errors.Is(err, aup.ErrInvalid) || !strings.Contains(err.Error(), "; reason: expected length") {
		t.Errorf("the client says %v", err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"})
	var first, again aup.Report
	c := o.act(o.ids[0], strings.Replace(decide, "{", `{"saw":2,`, 1))
	c.header = header("Idempotency-Key", "k1")
	o.ask(c, 200, &first)
	o.ask(c, 200, &again)
	if first.Revision != again.Revision {
		t.Errorf("revision %d, then %d: the repeat was recorded", first.Revision, again.Revision)
	}
}

func TestBulk(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"}, storetest.Letter{Subject: "two"})
	o.ask(o.act(o.ids[1], `{"do":"noted","reason":"wait"}`), 200, nil)
	body := func(preview bool) string {
		return fmt.Sprintf(`{"preview":%v,"reports":[{"id":%q,"saw":2},{"id":%q,"saw":4}],"action":%s}`, preview, o.ids[0], o.ids[1], decide)
	}
	c := call{method: http.MethodPost, path: "/bulk", roles: []aup.UserRole{aup.RoleLead}}
	var got struct{ Results []aup.BulkResult }
	for _, preview := range []bool{true, false} {
		c.body = body(preview)
		o.ask(c, 200, &got)
		if len(got.Results) != 2 || got.Results[0].Skipped != "" || !strings.Contains(got.Results[1].Skipped, "noted by olga") {
			t.Errorf("preview %v: %+v", preview, got.Results)
		}
	}
	var page aup.Page
	o.ask(call{path: "/reports?state=decided"}, 200, &page)
	if page.Total != 1 || page.Reports[0].ID != o.ids[0] {
		t.Errorf("decided: %+v", page)
	}
}

func TestListing(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "a", From: "ann@mail.example", Source: "203.0.113.9", Severity: aup.High},
		storetest.Letter{Subject: "b", From: "bea@mail.example", Source: "203.0.113.77", Severity: aup.Low},
		storetest.Letter{Subject: "c", From: "cat@other.example", Severity: aup.High})
	o.ask(call{method: http.MethodPut, path: "/filters/net", body: `{"query":"indicator:203.0.113.0/24 severity:low"}`}, 200, nil)
	for query, want := range map[string][]aup.ReportID{
		"":                                 {o.ids[2], o.ids[1], o.ids[0]},
		"q=reporter:mail.example":          {o.ids[1], o.ids[0]},
		"q=reporter:mail.example&tag=x":    {},
		"severity=high&order=queue":        {o.ids[0], o.ids[2]},
		"filter=net":                       {o.ids[1]},
		"filter=net&q=severity:high":       {o.ids[0]},
		"indicator=203.0.113.0%2F25":       {o.ids[1], o.ids[0]},
		"since=2026-03-04T07:00:00Z":       {o.ids[2]},
		"q=since:7d":                       {},
		"q=severity:low&severity=critical": {},
	} {
		t.Run(query, func(t *testing.T) {
			var page aup.Page
			o.ask(call{path: "/reports?" + query}, 200, &page)
			got := []aup.ReportID{}
			for _, r := range page.Reports {
				got = append(got, r.ID)
			}
			if d := cmp.Diff(want, got); d != "" || page.Total != len(want) {
				t.Errorf("total %d, listed (-want +got):\n%s", page.Total, d)
			}
		})
	}
	var first, second aup.Page
	o.ask(call{path: "/reports?limit=2"}, 200, &first)
	o.ask(call{path: "/reports?limit=2&after=" + string(first.Next)}, 200, &second)
	if first.Total != 3 || len(first.Reports) != 2 || len(second.Reports) != 1 || second.Next != "" || second.Reports[0].ID != o.ids[0] {
		t.Errorf("two pages: %+v, %+v", first, second)
	}
}

func TestNext(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "low", Severity: aup.Low}, storetest.Letter{Subject: "high", Severity: aup.High})
	until := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	c := call{method: http.MethodPost, path: "/queue/next?claim-until=" + until.Format(time.RFC3339)}
	for _, want := range []aup.ReportID{o.ids[1], o.ids[0]} {
		var r aup.Report
		w := o.ask(c, 200, &r)
		if r.ID != want || r.Claim.By != "olga" || !r.Claim.Until.Equal(until) || w.Header().Get("ETag") == "" {
			t.Errorf("next: %s %+v, want %s", r.ID, r.Claim, want)
		}
	}
	o.ask(c, 404, nil)
}

func TestSealedInTheAPI(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "sealed words", Sealed: true})
	path := "/reports/" + string(o.ids[0])
	for _, p := range []string{path, path + "/events", "/reports", "/reports.jsonl"} {
		if got := o.ask(call{path: p}, 200, nil).Body.String(); strings.Contains(got, "sealed words") || !strings.Contains(got, string(o.ids[0])) {
			t.Errorf("%s for who is not cleared: %s", p, got)
		}
	}
	o.ask(call{path: path + "/document"}, 403, nil)
	o.ask(call{path: path + "/raw"}, 403, nil)
	cleared := call{path: path + "/raw", by: "carol", roles: []aup.UserRole{aup.RoleReader, aup.RoleCleared}}
	if got := o.ask(cleared, 200, nil).Body.String(); !strings.Contains(got, "sealed words") {
		t.Errorf("the message: %q", got)
	}
	var log aup.EventPage
	o.ask(call{path: path + "/events?after=2"}, 200, &log)
	if len(log.Events) != 1 || log.Events[0].Kind != aup.EventOpened || log.Events[0].By != "carol" {
		t.Errorf("the opening: %+v", log.Events)
	}
}

// TestClientTriages does by a client what it does by the store, and compares.
func TestClientTriages(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "a", Source: "203.0.113.9"}, storetest.Letter{Subject: "b", Source: "203.0.113.9"})
	c, ctx := serve(t, o.backend()), t.Context()
	ann := aup.Actor{Name: "Ann Ö", From: "ignored"}
	for _, a := range []aup.Action{
		{Do: aup.EventClaimed, Until: time.Now().Add(time.Hour)},
		{Do: aup.EventTagged, Add: []string{"x", "y"}},
		{Do: aup.EventTagged, Remove: []string{"x"}},
		{Do: aup.EventPrioritised, Priority: aup.PriorityHigh},
		{Do: aup.EventPrioritised},
		{Do: aup.EventAssigned, To: "bob"},
		{Do: aup.EventLinked, With: o.ids[1], Reason: "the same source"},
		{Do: aup.EventNoted, Reason: "two\nlines", Key: "k"},
		{Do: aup.EventDecided, Saw: 13, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4", "1.5"}, Taken: []string{"block-ip"}},
		{Do: aup.EventUndone, Undo: 14},
		{Do: aup.EventClosed, Reason: "twice"},
	} {
		got, err := c.Act(ctx, ann, o.ids[0], a)
		if err != nil {
			t.Fatalf("%s: %v", a.Do, err)
		}
		want, err := o.store.Report(ctx, o.ids[0])
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v, report (-store +client):\n%s", a.Do, err, d)
		}
	}
	same := func(name string, want any, err1 error, got any, err2 error) {
		t.Helper()
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || errors.Join(err1, err2) != nil {
			t.Errorf("%s: %v, %v (-store +client):\n%s", name, err1, err2, d)
		}
	}
	for _, q := range []aup.EventQuery{{}, {Report: o.ids[0]}, {After: 3, Limit: 2}} {
		want, err1 := o.store.Events(ctx, q)
		got, err2 := c.Events(ctx, q)
		same(fmt.Sprintf("events %+v", q), want, err1, got, err2)
	}
	if log, err := c.Events(ctx, aup.EventQuery{Report: o.ids[0], After: 4, Limit: 1}); err != nil || log.Events[0].By != "Ann Ö" || log.Events[0].From != "cli" {
		t.Errorf("who acted: %+v, %v", log, err)
	}
	similar, err1 := o.store.Similar(ctx, o.ids[0], 0)
	gotSimilar, err2 := c.Similar(ctx, o.ids[0], 0)
	same("similar", similar, err1, gotSimilar, err2)
	cases, err1 := o.store.Cases(ctx, 0)
	gotCases, err2 := c.Cases(ctx, 0)
	same("cases", cases, err1, gotCases, err2)
	since := time.Now().AddDate(0, 0, -3)
	numbers, err1 := o.store.Numbers(ctx, since)
	gotNumbers, err2 := c.Numbers(ctx, since)
	same("numbers", numbers, err1, gotNumbers, err2)
	b := aup.Bulk{Reports: []aup.Sight{{ID: o.ids[0]}, {ID: o.ids[1]}}, Action: aup.Action{Do: aup.EventClosed, Reason: "r"}, Preview: true}
	bulk, err1 := o.store.Bulk(ctx, ann, b)
	gotBulk, err2 := c.Bulk(ctx, ann, b)
	same("bulk", bulk, err1, gotBulk, err2)
	if _, err := c.Act(ctx, ann, o.ids[0], aup.Action{Do: aup.EventDecided, Saw: 3, Outcome: aup.OutcomeNone}); !errors.Is(err, aup.ErrConflict) || !strings.Contains(err.Error(), "closed by Ann Ö") {
		t.Errorf("a stale decision by the client: %v", err)
	}
}

func TestClientFilters(t *testing.T) {
	o := newOffice(t)
	f, ctx := serve(t, o.backend()).Filters(), t.Context()
	want := desk.Filter{Name: "spam", Query: "clause:4", Shared: true, By: "olga"}
	if got, err := f.Save(ctx, desk.Filter{Name: "spam", Query: "clause:4", Shared: true}); err != nil || got != want {
		t.Errorf("save: %+v, %v", got, err)
	}
	if got, err := f.Find(ctx, "spam"); err != nil || got != want {
		t.Errorf("find: %+v, %v", got, err)
	}
	if got, err := f.List(ctx); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("list: %+v, %v", got, err)
	}
	if _, err := f.Save(ctx, desk.Filter{Name: "Spam!", Query: "clause:4"}); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("a bad name: %v", err)
	}
	if err := f.Delete(ctx, "spam", true); err != nil {
		t.Error(err)
	}
	if err := f.Delete(ctx, "spam", true); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestExport(t *testing.T) {
	letters := make([]storetest.Letter, 250)
	for i := range letters {
		letters[i] = storetest.Letter{Subject: fmt.Sprint("report ", i)}
	}
	o := newOffice(t, letters...)
	w := o.ask(call{path: "/reports.jsonl?q=clause:4%20order:queue"}, 200, nil)
	if got := w.Header().Get("Content-Type"); got != "application/jsonl" || !w.Flushed {
		t.Errorf("Content-Type %q, flushed %v", got, w.Flushed)
	}
	lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\n"), "\n")
	if len(lines) != len(letters) {
		t.Fatalf("%d lines, want %d", len(lines), len(letters))
	}
	for i, line := range lines {
		var r aup.Report
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.ID != o.ids[len(o.ids)-1-i] {
			t.Fatalf("line %d is %s, %v; want %s", i, r.ID, err, o.ids[len(o.ids)-1-i])
		}
	}
}
