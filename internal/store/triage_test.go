package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"

	"github.com/google/go-cmp/cmp"
)

var alice = aup.Actor{Name: "alice", From: "test"}

// anyPolicy has every clause.
type anyPolicy struct{}

func (anyPolicy) Version() string                     { return "v1" }
func (anyPolicy) Pin(id aup.ClauseID) (aup.Pin, bool) { return aup.Pin{Clause: id, Title: "t"}, true }
func (anyPolicy) Sealed(aup.ClauseID) bool            { return false }

// openDesk opens a store in which decisions are taken, at a time that the test
// sets.
func openDesk(t *testing.T, now *time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{
		Now:    func() time.Time { return *now },
		Policy: func() aup.Pinner { return anyPolicy{} },
		Deadlines: func() aup.Deadlines {
			return aup.Deadlines{Within: map[aup.Severity]time.Duration{aup.High: time.Hour, aup.Medium: 10 * time.Hour}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { whole(t, s); s.Close() })
	return s
}

// A letter is what a test sends in; its zero fields have defaults.
type letter struct {
	body, from, id, answers string
	severity                aup.Severity
	urgent                  string
	clauses                 []aup.ClauseID
	traces                  []aup.Indicator
	original                string
}

// post records letters, an hour apart, and returns their reports' ids.
func post(t *testing.T, s *store.Store, letters ...letter) []aup.ReportID {
	t.Helper()
	var ids []aup.ReportID
	for i, l := range letters {
		in := intake([]byte(l.body), uint32(i+1))
		in.Mail.Source.UIDValidity = uint32(len(l.body) + 1)
		doc := aup.Document{
			Messages:   []aup.Message{{Parent: -1, Subject: l.body, MessageID: l.id, From: []aup.Address{{Addr: l.from}}}},
			Indicators: l.traces,
		}
		if l.answers != "" {
			doc.Messages[0].InReplyTo = []string{l.answers}
		}
		if l.original != "" {
			doc.Messages = append(doc.Messages, aup.Message{Via: aup.ViaRFC822})
			doc.Parts = append(doc.Parts, aup.Part{ID: "2", Kind: aup.PartText, Message: 1, Text: l.original})
		}
		v := aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Severity: l.severity, Urgent: l.urgent}
		if l.clauses != nil {
			v.Clauses = l.clauses
		}
		when := at.Add(time.Duration(i) * time.Hour)
		in.Events = []aup.Event{aup.NewReceived(in.Mail, doc, when, "mailbox"), aup.NewClassified(in.Mail.Hash, v, when, "mailbox")}
		ids = append(ids, record(t, s, in)[0].ID)
	}
	return ids
}

func act(t *testing.T, s *store.Store, id aup.ReportID, a aup.Action) aup.Report {
	t.Helper()
	r, err := s.Act(t.Context(), alice, id, a)
	if err != nil {
		t.Fatalf("%s: %v", a.Do, err)
	}
	return r
}

func found(t *testing.T, s *store.Store, q aup.Query) []aup.ReportID {
	t.Helper()
	page, err := s.Reports(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	out := []aup.ReportID{}
	for _, r := range page.Reports {
		out = append(out, r.ID)
	}
	if q.Limit == 0 && page.Total != len(out) {
		t.Errorf("%v: total %d of %d", q, page.Total, len(out))
	}
	return out
}

func TestActAndHistory(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	id := post(t, s, letter{body: "one"})[0]
	r := act(t, s, id, aup.Action{Do: aup.EventNoted, Reason: "looks real"})
	decide := aup.Action{Do: aup.EventDecided, Saw: r.Revision, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4"}, Key: "k1"}
	r = act(t, s, id, decide)
	if r.State != aup.StateDecided || r.Decision.Policy != "v1" {
		t.Errorf("report %+v", r.Triage)
	}
	if again := act(t, s, id, decide); again.Revision != r.Revision {
		t.Errorf("the same key again: revision %d, was %d", again.Revision, r.Revision)
	}
	decide.Key = "k2"
	if _, err := s.Act(t.Context(), alice, id, decide); !errors.Is(err, aup.ErrConflict) || !strings.Contains(err.Error(), "decided by alice") {
		t.Errorf("a stale decision: %v", err)
	}
	if _, err := s.Act(t.Context(), aup.Actor{}, id, decide); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("an action by nobody: %v", err)
	}
	page, err := s.Events(t.Context(), aup.EventQuery{Report: id})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []aup.EventKind
	for _, e := range page.Events {
		kinds = append(kinds, e.Kind)
	}
	want := []aup.EventKind{aup.EventReceived, aup.EventClassified, aup.EventNoted, aup.EventDecided}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	page, err = s.Events(t.Context(), aup.EventQuery{After: 1, Limit: 2})
	if err != nil || len(page.Events) != 2 || page.Events[0].Seq != 2 || page.Next != 3 {
		t.Errorf("a page of the log: %+v, %v", page, err)
	}
}

func TestQueueOrder(t *testing.T) {
	now := at.Add(5 * time.Hour)
	s := openDesk(t, &now)
	ids := post(t, s,
		letter{body: "m", severity: aup.Medium}, letter{body: "never due", severity: aup.Low}, letter{body: "h", severity: aup.High},
		letter{body: "u", severity: aup.Low, urgent: "a threat"}, letter{body: "done", severity: aup.High}, letter{body: "late high", severity: aup.High})
	low := act(t, s, ids[5], aup.Action{Do: aup.EventPrioritised, Priority: aup.PriorityLow})
	if low.Due.IsZero() {
		t.Error("an open report has no deadline")
	}
	act(t, s, ids[4], aup.Action{Do: aup.EventClosed, Reason: "twice"})
	want := []aup.ReportID{ids[3], ids[2], ids[0], ids[1], ids[5]}
	q := aup.Query{Order: aup.OrderQueue}
	if d := cmp.Diff(want, found(t, s, q)); d != "" {
		t.Errorf("queue (-want +got):\n%s", d)
	}
	q.Limit = 2
	page, err := s.Reports(t.Context(), q)
	if err != nil || page.Next == "" || page.Total != 5 {
		t.Fatalf("first page: next %s, total %d, %v", page.Next, page.Total, err)
	}
	q.After = page.Next
	if d := cmp.Diff(want[2:4], found(t, s, q)); d != "" {
		t.Errorf("second page (-want +got):\n%s", d)
	}
	act(t, s, ids[2], aup.Action{Do: aup.EventClaimed})
	fresh := aup.Query{Order: aup.OrderQueue, State: aup.StateNew, Severity: aup.High}
	if got := found(t, s, fresh); !cmp.Equal(got, []aup.ReportID{ids[5]}) {
		t.Errorf("new ones of high severity: %v", got)
	}
	now = now.Add(time.Hour) // the claim runs out
	if got := found(t, s, fresh); !cmp.Equal(got, []aup.ReportID{ids[2], ids[5]}) {
		t.Errorf("with the claim that ran out: %v", got)
	}
}

// What happens to the report that a page ends with does not move the next page.
func TestQueueGoesOn(t *testing.T) {
	for name, do := range map[string]aup.Action{
		"closed":            {Do: aup.EventClosed, Reason: "twice"},
		"put to the front":  {Do: aup.EventPrioritised, Priority: aup.PriorityHigh},
		"put to the end":    {Do: aup.EventPrioritised, Priority: aup.PriorityLow},
		"not of it anymore": {Do: aup.EventClaimed},
	} {
		t.Run(name, func(t *testing.T) {
			now := at.Add(5 * time.Hour)
			s := openDesk(t, &now)
			ids := post(t, s, letter{body: "a"}, letter{body: "b"}, letter{body: "c"}, letter{body: "d"}, letter{body: "e"})
			q := aup.Query{Order: aup.OrderQueue, State: aup.StateNew, Limit: 2}
			page, err := s.Reports(t.Context(), q)
			if err != nil || page.Reports[1].ID != ids[1] {
				t.Fatalf("first page: %+v, %v", page, err)
			}
			act(t, s, ids[1], do)
			q.After = page.Next
			if d := cmp.Diff(ids[2:4], found(t, s, q)); d != "" {
				t.Errorf("second page (-want +got):\n%s", d)
			}
		})
	}
}

func TestQueueCursorRefused(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	ids := post(t, s, letter{body: "a"})
	for _, c := range []aup.Cursor{"x", "%%", "AAAAAAAAAAAAAAAA", aup.Cursor(ids[0])} {
		if _, err := s.Reports(t.Context(), aup.Query{Order: aup.OrderQueue, After: c}); !errors.Is(err, aup.ErrInvalid) {
			t.Errorf("after %q: %v", c, err)
		}
	}
}

func TestFind(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	ip := func(v string) aup.Indicator {
		return aup.Indicator{Kind: aup.IndicatorIP, Value: v, Role: aup.RoleSource}
	}
	ids := post(t, s,
		letter{body: "a", from: "ann@mail.example", traces: []aup.Indicator{ip("203.0.113.9"), ip("2001:db8::1")}},
		letter{body: "b", from: "bea@mail.example", traces: []aup.Indicator{ip("203.0.113.77"), {Kind: aup.IndicatorURL, Value: "http://www.bad.example/x", Role: aup.RoleSource}}},
		letter{body: "c", from: "ann@other.example", traces: []aup.Indicator{{Kind: aup.IndicatorDomain, Value: "notbad.example", Role: aup.RoleSource}}, clauses: []aup.ClauseID{"1.5", "3.1"}})
	act(t, s, ids[2], aup.Action{Do: aup.EventTagged, Add: []string{"seen-before"}})
	for _, tc := range []struct {
		q    string
		want []aup.ReportID
	}{
		{"", []aup.ReportID{ids[2], ids[1], ids[0]}},
		{"indicator:203.0.113.9", ids[:1]},
		{"indicator:203.0.113.0/24", []aup.ReportID{ids[1], ids[0]}},
		{"indicator:203.0.113.64/26", ids[1:2]},
		{"indicator:2001:db8::/32", ids[:1]},
		{"indicator:bad.example", ids[1:2]},
		{"indicator:http://www.bad.example/x", ids[1:2]},
		{"indicator:example", []aup.ReportID{ids[2], ids[1]}},
		{"reporter:mail.example", []aup.ReportID{ids[1], ids[0]}},
		{"reporter:ANN@mail.example", ids[:1]},
		{"clause:1", ids[2:]},
		{"clause:4 reporter:mail.example indicator:203.0.113.0/25", []aup.ReportID{ids[1], ids[0]}},
		{"tag:seen-before state:open", ids[2:]},
		{"tag:none", []aup.ReportID{}},
		{"until:2026-03-04T05:30:00Z", ids[:1]},
	} {
		t.Run(tc.q, func(t *testing.T) {
			q, err := aup.ParseQuery(tc.q, now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, found(t, s, q)); d != "" {
				t.Errorf("found (-want +got):\n%s", d)
			}
		})
	}
	among := aup.Query{Text: "x", Among: []aup.ReportID{ids[0], "none", ids[2]}}
	if got := found(t, s, among); !cmp.Equal(got, []aup.ReportID{ids[2], ids[0]}) {
		t.Errorf("among: %v", got)
	}
	if _, err := s.Reports(t.Context(), aup.Query{Text: "x"}); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("words without a search: %v", err)
	}
}

func TestCasesAndSimilar(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	spam := strings.Repeat("buy our pills today ", 5)
	src := []aup.Indicator{{Kind: aup.IndicatorIP, Value: "203.0.113.9", Role: aup.RoleSource}}
	ids := post(t, s,
		letter{body: "first", from: "ann@mail.example", id: "m1@x", traces: src, original: spam},
		letter{body: "a follow-up", from: "ann@mail.example", id: "m2@x", answers: "m1@x"},
		letter{body: "a stranger names the id", from: "eve@evil.example", id: "m3@x", answers: "m1@x"},
		letter{body: "same source", from: "bea@mail.example", traces: src},
		letter{body: "same spam", from: "cid@mail.example", original: "buy  our\npills " + spam[14:]})
	report := func(i int) aup.Report {
		r, err := s.Report(t.Context(), ids[i])
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := aup.NewCaseID(ids[0])
	if report(0).Case != want || report(1).Case != want || report(2).Case != "" {
		t.Errorf("cases %q, %q, %q", report(0).Case, report(1).Case, report(2).Case)
	}
	got, err := s.Similar(t.Context(), ids[0], 0)
	if err != nil || len(got) != 2 || got[0].Report.ID != ids[4] || got[1].Report.ID != ids[3] {
		t.Fatalf("similar %+v, %v", got, err)
	}
	if !strings.Contains(got[0].Reason, "same message") || !strings.Contains(got[1].Reason, "203.0.113.9") {
		t.Errorf("reasons %q, %q", got[0].Reason, got[1].Reason)
	}
	act(t, s, ids[3], aup.Action{Do: aup.EventLinked, With: ids[4]})
	cases, err := s.Cases(t.Context(), 0)
	if err != nil || len(cases) != 2 || cases[0].ID != aup.NewCaseID(ids[4]) || cases[1].Reports != 2 || cases[1].Open != 2 || cases[1].Subject != "first" {
		t.Errorf("cases %+v, %v", cases, err)
	}
	if got := found(t, s, aup.Query{Case: want}); len(got) != 2 {
		t.Errorf("reports of the case: %v", got)
	}
}

func TestBulk(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	ids := post(t, s, letter{body: "a"}, letter{body: "b"}, letter{body: "c"})
	var sights []aup.Sight
	for _, id := range ids {
		r, err := s.Report(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		sights = append(sights, aup.Sight{ID: id, Saw: r.Revision})
	}
	if _, err := s.Act(t.Context(), aup.Actor{Name: "bob"}, ids[1], aup.Action{Do: aup.EventClaimed}); err != nil {
		t.Fatal(err)
	}
	b := aup.Bulk{Reports: append(sights, aup.Sight{ID: "nope"}), Preview: true, Action: aup.Action{Do: aup.EventDecided, Outcome: aup.OutcomeNone}}
	preview, err := s.Bulk(t.Context(), alice, b)
	if err != nil {
		t.Fatal(err)
	}
	if got := found(t, s, aup.Query{State: aup.StateDecided}); len(got) != 0 {
		t.Errorf("a preview decided %v", got)
	}
	b.Preview = false
	done, err := s.Bulk(t.Context(), alice, b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(preview, done); d != "" {
		t.Errorf("the preview was not what came (-preview +done):\n%s", d)
	}
	if done[0].Skipped != "" || !strings.Contains(done[1].Skipped, "changed since") || !strings.Contains(done[3].Skipped, "not found") {
		t.Errorf("results %+v", done)
	}
	if got := found(t, s, aup.Query{State: aup.StateDecided}); len(got) != 2 {
		t.Errorf("decided %v", got)
	}
}

// Many operators at once: each decision counts or is told of the conflict.
func TestManyOperators(t *testing.T) {
	now := at
	s := openDesk(t, &now)
	const reports, operators = 50, 100
	var letters []letter
	for i := range reports {
		letters = append(letters, letter{body: fmt.Sprintf("report %d", i)})
	}
	ids := post(t, s, letters...)
	var (
		running           sync.WaitGroup
		mu                sync.Mutex
		decided, conflict int
	)
	for o := range operators {
		running.Go(func() {
			id := ids[o%reports]
			r, err := s.Report(t.Context(), id)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = s.Act(t.Context(), aup.Actor{Name: fmt.Sprintf("op%d", o)}, id,
				aup.Action{Do: aup.EventDecided, Saw: r.Revision, Outcome: aup.OutcomeNone})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				decided++
			case errors.Is(err, aup.ErrConflict):
				conflict++
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	page, err := s.Events(t.Context(), aup.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	logged := 0
	for _, e := range page.Events {
		if e.Kind == aup.EventDecided {
			logged++
		}
	}
	if decided+conflict != operators || logged != decided || decided < reports {
		t.Errorf("%d decided and %d refused of %d, %d in the log", decided, conflict, operators, logged)
	}
}

func TestProof(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s := openDesk(t, &now)
	ids := post(t, s, letter{body: "one"}, letter{body: "two"})
	if _, err := s.Act(t.Context(), alice, ids[0], aup.Action{Do: aup.EventNoted, Reason: "<b> & \u2028"}); err != nil {
		t.Fatal(err)
	}
	audit, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var hashes []aup.Hash
	for _, id := range ids {
		p, err := s.Proof(t.Context(), id[:6])
		if err != nil || p.Report != id || int(p.Head) != audit.Events || p.HeadHash.String() != audit.Head {
			t.Fatalf("the proof of %s: of %s, up to %d %s, %v; the log ends in %d %s", id, p.Report, p.Head, p.HeadHash, err, audit.Events, audit.Head)
		}
		page, err := s.Events(t.Context(), aup.EventQuery{Report: id})
		if err != nil || len(page.Events) != len(p.Events) {
			t.Fatalf("%d events, want %d, %v", len(p.Events), len(page.Events), err)
		}
		for i, e := range p.Events {
			var got aup.Event
			if err := json.Unmarshal(e.Event, &got); err != nil || got.Key != page.Events[i].Key || got.Seq != e.Seq || !e.Holds() {
				t.Errorf("event %d: %s, hash holds %v, %v", e.Seq, e.Event, e.Holds(), err)
			}
			hashes = append(hashes, e.Prev, e.Hash)
		}
	}
	// Every hash but the last stands once as an event's own and once as that of
	// the one before; the first has none before it.
	for i, h := range hashes {
		want := 2
		if h == (aup.Hash{}) || h.String() == audit.Head {
			want = 1
		}
		n := 0
		for _, other := range hashes {
			if other == h {
				n++
			}
		}
		if n != want {
			t.Errorf("hash %d stands %d times, want %d", i, n, want)
		}
	}
	if _, err := s.Proof(t.Context(), "zzzz"); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("of no report: %v", err)
	}
}
