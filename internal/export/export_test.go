package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/export"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shelf is a backlog whose pages have two reports.
type shelf struct {
	reports []aup.Report
	broken  int // from this one on nothing can be read; 0 for never
	asked   aup.Query
}

func (s *shelf) Reports(_ context.Context, q aup.Query) (aup.Page, error) {
	s.asked = q
	from := 0
	for i, r := range s.reports {
		if aup.Cursor(r.ID) == q.After {
			from = i + 1
		}
	}
	if s.broken > 0 && from >= s.broken {
		return aup.Page{}, errors.New("broken")
	}
	p := aup.Page{Reports: s.reports[from:min(from+2, len(s.reports))]}
	if n := from + 2; n < len(s.reports) {
		p.Next = aup.Cursor(s.reports[n-1].ID)
	}
	return p, nil
}

func selection(t *testing.T, reports ...aup.Report) export.Selection {
	t.Helper()
	s, err := export.Select(t.Context(), &shelf{reports: reports}, aup.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trace(kind aup.IndicatorKind, value string, role aup.Role) aup.Trace {
	return aup.Trace{Kind: kind, Value: value, Role: role}
}

func decided(r aup.Report, o aup.Outcome, clauses ...aup.ClauseID) aup.Report {
	d := &aup.Decision{Outcome: o, Reason: "as it says", Policy: "v1", By: "olga", At: r.Received.Add(time.Hour), Seq: 9, Taken: []string{"block-ip"}}
	for _, c := range clauses {
		d.Clauses = append(d.Clauses, aup.Pin{Clause: c, Title: "title of " + string(c)})
	}
	r.State, r.Decision = aup.StateDecided, d
	return r
}

// samples are reports of every kind of standing, with every kind of trace.
func samples() []aup.Report {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	base := func(id aup.ReportID, traces ...aup.Trace) aup.Report {
		return aup.Report{
			ID: id, Size: 7, Subject: "=HYPERLINK(\"http://evil.example\")", From: "+ann <ann@mail.example>", Received: at,
			Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4", "1.5"}, Triage: aup.Triage{State: aup.StateNew, Tags: []string{"a", "b"}}, Traces: traces, Revision: 3,
		}
	}
	all := []aup.Trace{
		trace(aup.IndicatorIP, "203.0.113.8", aup.RoleSource), trace(aup.IndicatorIP, "203.0.113.9", aup.RoleSource),
		trace(aup.IndicatorIP, "2001:DB8::1", aup.RoleSource), trace(aup.IndicatorCIDR, "198.51.100.0/24", aup.RoleSource),
		trace(aup.IndicatorCIDR, "0.0.0.0/0", aup.RoleSource), trace(aup.IndicatorIP, "192.168.1.1", aup.RoleSource),
		trace(aup.IndicatorDomain, "Evil.example", aup.RoleSource), trace(aup.IndicatorDomain, "8.0.0.0.10.rpz-ip", aup.RoleSource),
		trace(aup.IndicatorDomain, "example", aup.RoleSource), trace(aup.IndicatorDomain, "a b.example", aup.RoleSource),
		trace(aup.IndicatorDomain, "*.example", aup.RoleSource), trace(aup.IndicatorDomain, "two.example\n@ NS x", aup.RoleSource),
		trace(aup.IndicatorMailServer, "mx.xn--80ak6aa92e.example", aup.RoleSource),
		trace(aup.IndicatorURL, `http://evil.example/it's\`, aup.RoleSource), trace(aup.IndicatorEmail, "boss@evil.example", aup.RoleSource),
		trace(aup.IndicatorFileHash, strings.Repeat("ab", 32), aup.RoleSource), trace(aup.IndicatorFileHash, "abc", aup.RoleSource),
		trace(aup.IndicatorWallet, "bc1q", aup.RoleSource),
		trace(aup.IndicatorDomain, "victim.example", aup.RoleTarget), trace(aup.IndicatorIP, "203.0.113.66", aup.RoleRelay),
		trace(aup.IndicatorDomain, "named.example", aup.RoleMention), trace(aup.IndicatorDomain, "ours.example", aup.RoleReporter),
	}
	again := decided(base("0003", trace(aup.IndicatorDomain, "open.example", aup.RoleSource)), aup.OutcomeViolation, "4")
	again.State = aup.StateWaiting
	closed := decided(base("0005", trace(aup.IndicatorDomain, "evil.example", aup.RoleSource), trace(aup.IndicatorIP, "198.51.100.7", aup.RoleSource)), aup.OutcomeViolation, "2")
	closed.State = aup.StateClosed
	return []aup.Report{
		decided(base("0001", all...), aup.OutcomeViolation, "4", "1.5"),
		decided(base("0002", trace(aup.IndicatorDomain, "fine.example", aup.RoleSource)), aup.OutcomeException, "4.1"),
		again, base("0004", trace(aup.IndicatorDomain, "new.example", aup.RoleSource)), closed,
	}
}

func TestGolden(t *testing.T) {
	forms := map[string]func(io.Writer, export.Selection) error{"reports.jsonl": export.JSONLines, "reports.csv": export.CSV, "stix.json": export.STIX}
	for _, kind := range export.ListKinds {
		forms["list."+string(kind)] = func(w io.Writer, s export.Selection) error { return export.BlockList(w, kind, 42, s) }
	}
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got, selection(t, samples()...)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("(-kept +now), -update rewrites it:\n%s", d)
			}
			broken, err := export.Select(t.Context(), &shelf{reports: samples(), broken: 2}, aup.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if err := write(io.Discard, broken); err == nil || err.Error() != "broken" {
				t.Errorf("a backlog that breaks half way: %v", err)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	s := &shelf{reports: samples(), broken: 99}
	got, err := export.Select(t.Context(), s, aup.Query{Clause: "4", Order: aup.OrderQueue, Limit: 1, After: "0003"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be gone through again
		var ids []aup.ReportID
		for r, err := range got {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.ID)
		}
		if d := cmp.Diff([]aup.ReportID{"0001", "0002", "0003", "0004", "0005"}, ids); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	if s.asked.Clause != "4" || s.asked.State != aup.StateOpen || s.asked.Order != aup.OrderNewest {
		t.Errorf("asked for %+v", s.asked)
	}
	for r, err := range got {
		if r.ID != "0001" || err != nil {
			t.Errorf("began with %s, %v", r.ID, err)
		}
		break
	}
}

func TestNoSuchList(t *testing.T) {
	if err := export.BlockList(io.Discard, "hosts", 1, selection(t)); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("a list that there is not: %v", err)
	}
}

// FuzzCSV puts any text into every cell of text: the table keeps its columns
// and its rows, and no cell begins as a formula does.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "a,b\";\n=1", "", "'", "\x00=", "\xff="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := aup.Report{ID: "0001", Subject: s, From: s, Urgent: s, Language: s, Triage: aup.Triage{Assignee: s, Tags: []string{s}, Case: aup.CaseID(s)}}
		r = decided(r, aup.Outcome(s), aup.ClauseID(s))
		r.Decision.By, r.Decision.Reason, r.Decision.Policy, r.Decision.Taken = s, s, s, []string{s}
		var out bytes.Buffer
		if err := export.CSV(&out, selection(t, r)); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != len(rows[1]) {
			t.Fatalf("%v: %q", err, rows)
		}
		for i, cell := range rows[1] {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				t.Errorf("%s is %q", rows[0][i], cell)
			}
		}
		if want := strings.ReplaceAll(s, "\r\n", "\n"); !strings.HasSuffix(rows[1][4], want) || len(rows[1][4]) > len(want)+1 {
			t.Errorf("the subject %q became %q", s, rows[1][4])
		}
	})
}
