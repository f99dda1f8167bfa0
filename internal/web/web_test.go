package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/policy"
	"aupd/internal/web"

	"golang.org/x/net/html"
)

const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'` + "\x1b[2J"

// backlog is a store with one report, or none.
type backlog struct{ reports []aup.Report }

func (b backlog) Reports(_ context.Context, q aup.Query) (aup.Page, error) {
	if q.Clause == "9" {
		return aup.Page{}, nil
	}
	return aup.Page{Reports: b.reports, Next: "next-page"}, nil
}
func (b backlog) Report(_ context.Context, id aup.ReportID) (aup.Report, error) {
	for _, r := range b.reports {
		if r.ID == id {
			return r, nil
		}
	}
	return aup.Report{}, fmt.Errorf("report %s: %w", id, aup.ErrNotFound)
}
func (b backlog) Document(context.Context, aup.ReportID) (aup.Document, error) {
	long := strings.Repeat("a long line without an end ", 8000)
	return aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: hostile, ReplyTo: []aup.Address{{Name: hostile, Addr: hostile}}, Auth: []aup.AuthResult{
			{Method: "dkim", Result: hostile, By: hostile, Detail: hostile}, {Method: "forged", Result: "suspect", Detail: "the display name poses " + hostile},
		}}, {Parent: 0, Via: aup.ViaRFC822, Subject: hostile, DateText: hostile}},
		Parts: []aup.Part{
			{ID: "1", Kind: aup.PartText, Text: "before " + hostile + " after", Segments: []aup.Segment{{Range: aup.Range{End: 10}, Voice: aup.VoiceOwn}}},
			{ID: "2", Message: 1, Kind: aup.PartHTML, Text: long, Hidden: []aup.Range{{Start: 3, End: 9}}},
		},
		Machine:     []aup.Machine{{Format: "arf", Type: hostile, Fields: []aup.Field{{Name: "Feedback-Type", Value: hostile}}}},
		Attachments: []aup.Attachment{{Name: hostile, MediaType: hostile, Unread: "encrypted"}},
		Indicators:  []aup.Indicator{{Kind: aup.IndicatorURL, Value: "javascript:alert(3)", Role: aup.RoleSource, Why: hostile}},
	}, nil
}
func (b backlog) Raw(context.Context, aup.ReportID) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(hostile)), nil
}
func (b backlog) Status(context.Context) (aup.Status, error) {
	return aup.Status{Reports: len(b.reports), Folders: []aup.FolderStatus{{LastError: hostile}}}, nil
}

func report() aup.Report {
	return aup.Report{
		ID: "ymy0-kjhs-e5x1", Subject: hostile, From: hostile, Size: int64(len(hostile)), Received: time.Unix(0, 0),
		Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Urgent: hostile, Reason: hostile,
		Problems: []aup.Problem{{Kind: "charset", Detail: hostile}},
		Findings: []aup.Finding{{Clause: "4", Score: 0.9, Spans: []aup.Span{
			{Part: "1", Start: 7, End: 15, Text: "<script>", Reason: "names " + hostile, Weight: 1},
			{Part: "1", Start: 10, End: 24, Text: "ipt>alert(1)</", Reason: "overlaps", Weight: 1},
			{Part: "1", Start: 5000, End: 6000, Text: "outside", Reason: "outside", Weight: 1},
		}}},
	}
}

func serve(t *testing.T, b backlog) *httptest.Server {
	t.Helper()
	p := &policy.Policy{Clauses: []policy.Clause{{ID: "4", Title: "Spam", Severity: aup.Medium}}}
	mux := http.NewServeMux()
	web.New(mux, web.Options{Backlog: b, Policy: func() *policy.Policy { return p }, Version: "test"})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// elements returns the names of the page's elements, and its links.
func elements(t *testing.T, page string) (names, links []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		names = append(names, n.Data)
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
			}
			if a.Key == "href" || a.Key == "src" || a.Key == "action" {
				links = append(links, a.Val)
			}
		}
	}
	return names, links
}

func TestHostileMailDoesNothing(t *testing.T) {
	s := serve(t, backlog{[]aup.Report{report()}})
	for _, path := range []string{"/", "/reports/ymy0-kjhs-e5x1", "/?clause=%3Cscript%3E&outcome=none", "/reports/%3Cscript%3E"} {
		resp, page := get(t, s.URL+path)
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", path, csp)
		}
		names, links := elements(t, page)
		for _, n := range names {
			if n == "script" || n == "img" || n == "iframe" {
				t.Errorf("%s has a <%s>", path, n)
			}
		}
		for _, l := range links {
			if !strings.HasPrefix(l, "/") {
				t.Errorf("%s links to %q", path, l)
			}
		}
	}
}

func TestPages(t *testing.T) {
	s := serve(t, backlog{[]aup.Report{report()}})
	empty := serve(t, backlog{})
	for name, tc := range map[string]struct {
		url    string
		status int
		want   []string
	}{
		"queue":       {s.URL + "/", 200, []string{"Spam", "Older", "Urgent:"}},
		"empty":       {empty.URL + "/", 200, []string{"No report yet"}},
		"no match":    {s.URL + "/?clause=9", 200, []string{"No report matches"}},
		"report":      {s.URL + "/reports/ymy0-kjhs-e5x1", 200, []string{"Why", "90 %", "<mark title", "A machine wrote this: arf", "Answers to", "the display name poses", "The text is longer", "not examined: encrypted", "overlaps", "javascript:alert(3)"}},
		"no report":   {s.URL + "/reports/nope", 404, []string{"There is no such report"}},
		"style sheet": {s.URL + "/static/aupd.css", 200, []string{"color-scheme"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := get(t, tc.url)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			for _, w := range tc.want {
				if !strings.Contains(page, w) {
					t.Errorf("the page does not say %q:\n%.3000s", w, page)
				}
			}
		})
	}
}

func TestRawIsADownload(t *testing.T) {
	resp, body := get(t, serve(t, backlog{[]aup.Report{report()}}).URL+"/reports/ymy0-kjhs-e5x1/raw")
	if body != hostile || resp.Header.Get("Content-Type") != "application/octet-stream" || resp.Header.Get("X-Content-Type-Options") != "nosniff" ||
		resp.Header.Get("Content-Disposition") != `attachment; filename="ymy0-kjhs-e5x1.eml"` {
		t.Errorf("raw message: %q with header %v", body, resp.Header)
	}
}
