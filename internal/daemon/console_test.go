package daemon_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/policy"
	"aupd/internal/store"
	"aupd/internal/web"
)

// madeUp returns the ith report of a made-up backlog, as much as a usual one
// holds, and the text that it is on.
func madeUp(i int, p *policy.Policy, at time.Time) aup.Intake {
	clause := p.Clauses[i%len(p.Clauses)]
	text := fmt.Sprintf("Hello, report %d: a host of yours, 203.0.%d.%d, sends unsolicited mail to our users since Monday. ", i, i/250%250, i%250) + strings.Repeat("Received a copy with headers. ", 60)
	raw := []byte(text)
	m := &aup.Mail{Hash: sha256.Sum256(raw), Size: int64(len(raw)), Raw: bytes.NewReader(raw), Source: aup.Source{Mailbox: "abuse", Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}}
	doc := aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: fmt.Sprintf("Acceptable Use Policy: %s, case %d of ours", clause.Title, i), From: []aup.Address{{Name: "Abuse desk", Addr: fmt.Sprintf("desk%d@reporter%d.example", i%50, i%300)}}}},
		Parts:    []aup.Part{{ID: "1", Kind: aup.PartText, Text: text}},
		Indicators: []aup.Indicator{
			{Kind: aup.IndicatorIP, Value: fmt.Sprintf("203.0.%d.%d", i/250%250, i%250), Role: aup.RoleSource, Part: "1"},
			{Kind: aup.IndicatorDomain, Value: fmt.Sprintf("shop%d.example", i%700), Role: aup.RoleMention, Part: "1"},
		},
	}
	var spans []aup.Span
	for n := range 12 {
		spans = append(spans, aup.Span{Part: "1", Start: n * 8, End: n*8 + 6, Text: text[n*8 : n*8+6], Reason: fmt.Sprintf("has words of reports on %s", clause.Title), Weight: 0.4, Rule: "model"})
	}
	v := aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: clause.ID, Clauses: []aup.ClauseID{clause.ID}, Severity: clause.Severity,
		Findings: []aup.Finding{{Clause: clause.ID, Score: 0.9, Spans: spans}, {Clause: p.Clauses[(i+1)%len(p.Clauses)].ID, Score: 0.3, Spans: spans[:4]}},
	}
	return aup.Intake{Mail: m, Events: []aup.Event{aup.NewReceived(m, doc, at, "mailbox"), aup.NewClassified(m.Hash, v, at, "mailbox")}}
}

// backlogOf returns a console on a store of n made-up reports, one in ten of
// them decided, and the address of one report.
func backlogOf(tb testing.TB, n int) (h http.Handler, report string) {
	tb.Helper()
	p, err := policy.Parse(config.DefaultPolicy(), "built-in policy")
	if err != nil {
		tb.Fatal(err)
	}
	within := map[aup.Severity]time.Duration{aup.Critical: time.Hour, aup.High: 8 * time.Hour, aup.Medium: 24 * time.Hour, aup.Low: 72 * time.Hour}
	st, err := store.Open(tb.TempDir(), store.Options{
		Policy: func() aup.Pinner { return p }, Deadlines: func() aup.Deadlines { return aup.Deadlines{Within: within} },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	start := time.Now().Add(-time.Duration(n) * time.Minute)
	for first := 0; first < n; first += 1000 {
		var batch []aup.Intake
		for i := first; i < min(first+1000, n); i++ {
			batch = append(batch, madeUp(i, p, start.Add(time.Duration(i)*time.Minute)))
		}
		receipts, err := st.Record(tb.Context(), batch)
		if err != nil {
			tb.Fatal(err)
		}
		report = "/reports/" + string(receipts[0].ID)
		closeTenth(tb, st, receipts)
	}
	mux := http.NewServeMux()
	web.New(mux, web.Options{Desk: desk.New(st, st), Ledger: st, Policy: func() *policy.Policy { return p }})
	who := aup.Owner("bench")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(aup.WithPrincipal(r.Context(), who)))
	}), report
}

func closeTenth(tb testing.TB, st *store.Store, receipts []aup.Receipt) {
	tb.Helper()
	b := aup.Bulk{Action: aup.Action{Do: aup.EventDecided, Outcome: aup.OutcomeNone}}
	for i := 1; i < len(receipts); i += 10 {
		r, err := st.Report(tb.Context(), receipts[i].ID)
		if err != nil {
			tb.Fatal(err)
		}
		b.Reports = append(b.Reports, aup.Sight{ID: r.ID, Saw: r.Revision})
	}
	if _, err := st.Bulk(tb.Context(), aup.Actor{Name: "bench", From: "test"}, b); err != nil {
		tb.Fatal(err)
	}
}

// load asks for a page as a browser does, compressed.
func load(tb testing.TB, h http.Handler, path string) *httptest.ResponseRecorder {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		tb.Fatalf("%s: status %d", path, w.Code)
	}
	return w
}

var linked = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

// TestFirstPageIsLight adds up what a browser that was never here loads for a
// page of the queue, under the bound for a bad line.
func TestFirstPageIsLight(t *testing.T) {
	h, report := backlogOf(t, 100)
	for _, path := range []string{"/", "/queue", report, "/numbers"} {
		size := load(t, h, path).Body.Len()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		page, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, m := range linked.FindAllSubmatch(page, -1) {
			files = append(files, string(m[1]))
		}
		slices.Sort(files)
		files = slices.Compact(files)
		for _, f := range files {
			size += load(t, h, f).Body.Len()
		}
		if len(files) < 4 || size > 60_000 {
			t.Errorf("%s with its %d files: %d bytes, at most 60,000 are wanted", path, len(files), size)
		}
	}
}

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkConsole renders pages of a backlog of 10,000 reports. The median is
// what an operator waits for; on a busy machine the processor time says more.
func BenchmarkConsole(b *testing.B) {
	h, report := backlogOf(b, 10_000)
	for _, path := range []string{"/", "/queue", "/queue?q=", "/queue?q=clause:4+state:new", "/queue?q=clause:4+since:2d+order:queue", report, "/cases", "/policy", "/numbers", "/numbers?days=365", "/mailboxes"} {
		b.Run(path, func(b *testing.B) {
			var took []time.Duration
			size, before := 0, cpu()
			for b.Loop() {
				start := time.Now()
				size = load(b, h, path).Body.Len()
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64(aup.Median(took))/1e6, "median-ms")
			b.ReportMetric(float64(cpu()-before)/1e6/float64(len(took)), "cpu-ms")
			b.ReportMetric(float64(size), "gzip-bytes")
		})
	}
}
