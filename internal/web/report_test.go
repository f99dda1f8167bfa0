package web_test

import (
	"fmt"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// order fails unless the page says the words in that order.
func order(t *testing.T, page string, words ...string) {
	t.Helper()
	rest := page
	for i, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Fatalf("the page does not say %q behind %q:\n%.5000s", w, words[:i], page)
		}
		rest = after
	}
}

// TestReportAtAGlance asks of a report's page, and of its line in a list, who
// reports what about whom, and how sure that is.
func TestReportAtAGlance(t *testing.T) {
	d := newWorld(t)
	doc := document("phishing")
	doc.Parts = append(doc.Parts, aup.Part{ID: "subject", Kind: aup.PartSubject, Text: "phishing"})
	hash := strings.Repeat("5d1c", 16)
	doc.Indicators = []aup.Indicator{
		{Kind: aup.IndicatorIP, Value: "192.0.2.7", Role: aup.RoleTarget},
		{Kind: aup.IndicatorFileHash, Value: hash, Role: aup.RoleSource},
		{Kind: aup.IndicatorIP, Value: "192.0.2.1", Role: aup.RoleSource},
		{Kind: aup.IndicatorIP, Value: "192.0.2.2", Role: aup.RoleSource},
		{Kind: aup.IndicatorDomain, Value: "login.example", Role: aup.RoleSource},
	}
	id := d.add("glance", doc, aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "3.1", Clauses: []aup.ClauseID{"3.1", "2.4"}, Severity: aup.High,
		Findings: []aup.Finding{
			{Clause: "4", Score: 0.97}, {Clause: "2.4", Score: 0.62},
			{Clause: "3.1", Score: 0.88, Spans: []aup.Span{{Part: "subject", End: 8, Text: "phishing", Reason: "names a trick", Weight: 1}}},
		},
	}, now)
	hashes := d.add("hashes", aup.Document{
		Messages: []aup.Message{{Parent: -1}}, Indicators: []aup.Indicator{{Kind: aup.IndicatorFileHash, Value: hash, Role: aup.RoleSource}},
	}, aup.Verdict{Outcome: aup.OutcomeNone}, now)
	b := browse(t, d, cleared)
	_, page := b.get("/reports/" + string(id))
	order(t, page, "<h1>phishing</h1>", "Spoofing", "88 %", "Harm to minors", "62 %", "from <strong", "a@example.org", "about <a", ">login.example</a>", ">192.0.2.1</a>", "2 more")
	order(t, page, `id="why-title"`, "Spoofing", "Harm to minors", "Runner-up, not recorded")
	order(t, page, "What the reporter says", "Subject", `<mark class="m1"`, "phishing<sup>3.1</sup>")
	_, list := b.get("/queue?q=clause:3.1")
	order(t, list, ">phishing</a>", "about <bdi>login.example</bdi>, <bdi>192.0.2.1</bdi> and 2 more")
	_, page = b.get("/reports/" + string(hashes))
	contains(t, page, ">5d1c5d1c5d1c…</a>")
}

// TestReportOfMuch opens a report that holds more of everything than is read.
func TestReportOfMuch(t *testing.T) {
	d := newWorld(t)
	long := strings.Repeat("a subject without an end ", 90)
	doc := aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: long, Header: []aup.Field{{Name: "X", Value: "y"}}}},
		Parts:    []aup.Part{{ID: "subject", Kind: aup.PartSubject, Text: long}, {ID: "1", Kind: aup.PartText, Text: "see the files"}},
	}
	for i := range 40 {
		path := aup.PartID(fmt.Sprintf("2.%d", i))
		doc.Attachments = append(doc.Attachments, aup.Attachment{Path: path, Name: fmt.Sprintf("shot-%d", i)})
		doc.Parts = append(doc.Parts, aup.Part{ID: path, Kind: aup.PartAttachment, Name: fmt.Sprintf("shot-%d", i), Text: fmt.Sprintf("what file %d says", i)})
	}
	for i := range 80 {
		doc.Indicators = append(doc.Indicators, aup.Indicator{Kind: aup.IndicatorIP, Value: fmt.Sprintf("192.0.2.%d", i), Role: aup.RoleSource})
	}
	id := d.add("much", doc, aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"},
		Findings: []aup.Finding{{Clause: "4", Score: 0.9, Spans: []aup.Span{{Part: "2.7", End: 4, Text: "what", Reason: "tells", Weight: 1}}}},
	}, now)
	_, page := browse(t, d, lead).get("/reports/" + string(id))
	head, _, _ := strings.Cut(page, "What the reporter says")
	if n := strings.Count(head, "without an end"); n > 20 {
		t.Errorf("the head of the page says the subject %d times over", n)
	}
	order(t, page, "What the reporter says", long, "see the files", "<sup>4</sup>", "What the attachments say (39)", "what file 0 says", "Attachments (40)</summary>", "shot-39",
		"192.0.2.9", "<summary>50 more</summary>", "192.0.2.59", "and 20 that the page does not show")
	if strings.Contains(page, `<details class="attached" open`) {
		t.Error("40 attachments are listed before anybody asks for them")
	}
}

// TestTurnedText shows text in which characters turn others around, so that one
// name looks like another.
func TestTurnedText(t *testing.T) {
	d := newWorld(t)
	const turned, shown = "invoice\u202egpj.exe\u2066", "invoice·gpj.exe·"
	doc := aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: turned, From: []aup.Address{{Name: turned, Addr: "a@example.org"}}, ReplyTo: []aup.Address{{Name: turned, Addr: "b@example.org"}}, Header: []aup.Field{{Name: "X", Value: turned}}},
			{Parent: 0, Via: aup.ViaRFC822, Subject: turned}},
		Parts:       []aup.Part{{ID: "1", Kind: aup.PartText, Text: "open " + turned}},
		Attachments: []aup.Attachment{{Path: "2", Name: turned}},
	}
	id := d.add("turned", doc, aup.Verdict{Outcome: aup.OutcomeNone}, now)
	b := browse(t, d, lead)
	for _, path := range []string{"/", "/queue", "/search?q=words", "/reports/" + string(id)} {
		_, page := b.get(path)
		contains(t, page, shown)
		if strings.ContainsAny(page, "\u202e\u2066") {
			t.Errorf("%s turns text around", path)
		}
	}
}

func TestNeedALookCountsOpenOnes(t *testing.T) {
	d, _, urgent, _ := filled(t)
	b := browse(t, d, lead)
	_, page := b.get("/")
	contains(t, page, "<strong>1</strong> needs a look")
	b.post("/reports/"+string(urgent)+"/act", map[string][]string{"do": {"decided"}, "saw": {saw(d.report(urgent))}, "outcome": {"none"}})
	_, page = b.get("/")
	contains(t, page, "<strong>0</strong> need a look")
	_, page = b.get("/reports/" + string(urgent))
	contains(t, page, "decided: no violation")
}
