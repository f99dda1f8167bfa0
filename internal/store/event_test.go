package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples returns one event of every kind, with every field that matters set.
func samples() []aup.Event {
	src := aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: 1, InternalDate: at}
	m := &aup.Mail{Source: src, Hash: aup.Hash{1, 2, 3}, Size: 99, Quarantine: "over the cap"}
	doc := aup.Document{
		Messages: []aup.Message{{Parent: -1, Via: aup.ViaMail, Subject: "Acceptable Use Policy", From: []aup.Address{{Name: "A", Addr: "a@b.example"}}}},
		Parts:    []aup.Part{{ID: "1", Kind: aup.PartText, MediaType: "text/plain", Text: "they send spam"}},
		Language: "en",
	}
	v := aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "1.5", Clauses: []aup.ClauseID{"1.5"}, Urgent: "it goes on",
		Findings: []aup.Finding{{Clause: "1.5", Score: 0.75, Spans: []aup.Span{{Part: "1", Start: 10, End: 14, Text: "spam", Reason: "names spam", Rule: "spam"}}}},
		Policy:   "p1", Model: "m1",
	}
	other := src
	other.Folder, other.UID = "Archive", 5
	events := []aup.Event{
		aup.NewReceived(m, doc, at, "mailbox"),
		aup.NewClassified(m.Hash, v, at, "mailbox"),
		aup.NewSeen(m.Hash, other, at.Add(time.Minute), "mailbox"),
		{Key: "act/r/3/claimed", Kind: aup.EventClaimed, At: at, By: "alice", From: "console", Action: &aup.Action{Do: aup.EventClaimed, Until: at.Add(time.Hour)}},
		{Key: "act/r/4/decided", Kind: aup.EventDecided, At: at, By: "alice", From: "console", Action: &aup.Action{
			Do: aup.EventDecided, Saw: 4, Key: "k", Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"1.5"}, Reason: "phishing", Taken: []string{"block-ip"},
			Pins: []aup.Pin{{Clause: "1.5", Title: "Privacy", Text: "No harvesting.", Digest: "d"}}, Policy: "p1", Seals: true,
		}},
		{Key: "act/r/5/tagged", Kind: aup.EventTagged, At: at, By: "alice", From: "api", Action: &aup.Action{Do: aup.EventTagged, Add: []string{"botnet"}, Remove: []string{"spam"}}},
		{Key: "act/r/6/linked", Kind: aup.EventLinked, At: at, By: "aupd", From: "thread", Action: &aup.Action{Do: aup.EventLinked, Case: "c-r", Reason: "answers"}},
		{Key: "act/r/7/undone", Kind: aup.EventUndone, At: at, By: "bob", From: "cli", Action: &aup.Action{Do: aup.EventUndone, Undo: 7}},
	}
	for i := range events {
		events[i].Report = aup.NewReportID(m.Hash, 0)
	}
	in := aup.Access{Name: "alice", Way: "password", Address: "192.0.2.7"}
	changed := aup.NewAccessChanged(aup.Access{Name: "bob", Change: "user added", Roles: []aup.UserRole{aup.RoleLead}}, aup.Actor{Name: "alice", From: "api"}, at)
	changed.Key = "access/1" // random otherwise
	p := aup.PolicyApplied{Version: "p2", Name: "aup", Title: "Acceptable Use Policy", Text: "name: aup\n"}
	trained := aup.Trained{UpTo: 9, Model: "m1+a1", Decisions: 12, Corrections: 3, Held: 4, Before: 0.5, After: 0.75}
	events = append(events, aup.NewPolicyApplied(p, 0, aup.Actor{Name: "eve", From: "cli"}, at), aup.NewTrained(trained, 10, aup.Actor{Name: "eve", From: "cli"}, at))
	for i, kind := range aup.SettleKinds {
		st := aup.Settlement{Source: other, Do: kind, Reason: "an abbreviation"}
		events = append(events, aup.NewSettled(st, "AUP", aup.Seq(i), aup.Actor{Name: "eve", From: "cli"}, at))
	}
	return append(events, aup.NewSignedIn(in, "s1", at), aup.NewSignedOut(in, "s1", at),
		aup.NewSignInRefused(aup.Access{Way: "oidc", Subject: "42", Address: "2001:db8::1"}, at), changed)
}

// TestStoredEvents reads events as they were stored once and for all. When it
// fails, logs that exist can no longer be read, or say something else: a field
// may be added, never renamed. Only a new kind is a reason for -update.
func TestStoredEvents(t *testing.T) {
	golden := filepath.Join("testdata", "events.jsonl")
	if *update {
		var b bytes.Buffer
		for _, e := range samples() {
			if err := json.NewEncoder(&b).Encode(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var events []aup.Event
	for line := range strings.Lines(string(data)) {
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		var e aup.Event
		if err := dec.Decode(&e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		events = append(events, e)
	}
	if d := cmp.Diff(samples(), events); d != "" {
		t.Errorf("the stored events mean something else (-want +got):\n%s", d)
	}
	s := openLoose(t, t.TempDir())
	if _, err := s.Log().Append(t.Context(), 0, events); err != nil {
		t.Fatal(err)
	}
	for got, err := range s.Log().Read(t.Context(), 1) {
		want := events[got.Seq-1]
		want.Seq = got.Seq
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("event %d came back changed, %v (-want +got):\n%s", got.Seq, err, d)
		}
	}
	sameAgain(t, s)
}

func TestAppend(t *testing.T) {
	s := open(t, t.TempDir())
	r := record(t, s, intake([]byte("a message"), 1))[0]
	again := aup.NewClassified(intake([]byte("a message"), 1).Mail.Hash, aup.Verdict{Outcome: aup.OutcomeNone, Primary: aup.None, Policy: "p", Model: "newer"}, at, "cli")
	again.Report = r.ID
	for range 2 { // the second time changes nothing
		if err := s.Append(t.Context(), []aup.Event{again}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Report(t.Context(), r.ID)
		if err != nil || got.Model != "newer" || got.Outcome != aup.OutcomeNone || got.Revision != 3 {
			t.Errorf("report %+v, %v; want the newer verdict at revision 3", got, err)
		}
	}
	if st, err := s.Status(t.Context()); err != nil || st.ByOutcome[aup.OutcomeNone] != 1 || len(st.ByOutcome) != 1 || len(st.ByClause) != 0 {
		t.Errorf("status %+v, %v; want the earlier verdict uncounted", st, err)
	}
	stranger := samples()
	for name, tc := range map[string]struct {
		events []aup.Event
		want   error
	}{
		"received":           {stranger[:1], aup.ErrInvalid},
		"of no known report": {append([]aup.Event{again}, stranger[1]), aup.ErrNotFound},
	} {
		if err := s.Append(t.Context(), tc.events); !errors.Is(err, tc.want) {
			t.Errorf("Append of an event %s: %v, want %v", name, err, tc.want)
		}
	}
}

// TestSameShortID records two messages whose hashes begin alike.
func TestSameShortID(t *testing.T) {
	s := openLoose(t, t.TempDir()) // the hashes are made up, Verify would say so
	var ids []aup.ReportID
	for i := range 3 {
		in := intake([]byte{byte(i)}, uint32(i+1))
		h := aup.Hash{7: 0, 20: byte(i)}
		in.Mail.Hash = h
		in.Events = []aup.Event{aup.NewReceived(in.Mail, in.Events[0].Received.Document, at, "mailbox")}
		r := record(t, s, in)[0]
		if got, err := s.Report(t.Context(), r.ID); err != nil || got.SHA256 != h {
			t.Errorf("report %s is of message %s, %v; want %s", r.ID, got.SHA256, err, h)
		}
		ids = append(ids, r.ID)
	}
	if !strings.HasPrefix(string(ids[1]), string(ids[0][:13])) || len(ids[1]) <= len(ids[0]) || len(ids[2]) <= len(ids[1]) {
		t.Errorf("ids %q: want each longer than the one before, and none given twice", ids)
	}
	sameAgain(t, s)
}
