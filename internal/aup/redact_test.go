package aup_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// secret stands wherever a message or somebody's words about it could.
const secret = "SECRET"

func secretReport() aup.Report {
	was := aup.Triage{State: aup.StateWaiting, StateReason: secret, CaseReason: secret, Tags: []string{secret}, Decision: &aup.Decision{Reason: secret, Taken: []string{secret}}}
	return aup.Report{
		ID: "r", Subject: secret, From: secret, MessageID: secret, Thread: []string{secret}, Originals: []string{secret},
		Sealed: true, Outcome: aup.OutcomeViolation, Primary: "2.4", Clauses: []aup.ClauseID{"2.4"},
		Sources:  []aup.Source{{Mailbox: "file", Folder: secret}, {Mailbox: "support", Folder: "INBOX", UID: 3}},
		Problems: []aup.Problem{{Kind: "charset", Detail: secret}},
		Findings: []aup.Finding{{Clause: "2.4", Score: 0.9, Spans: []aup.Span{{Part: "1", Start: 3, End: 9, Text: secret, Reason: "says so", Rule: secret}}}},
		Traces:   []aup.Trace{{Value: secret}}, Triage: was,
		Steps: []aup.Step{{Seq: 3, Do: aup.EventWaiting, By: "alice", Was: was}}, Revision: 3,
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRedacted(t *testing.T) {
	r := secretReport()
	got := r.Redacted()
	if s := asJSON(t, got); strings.Contains(s, secret) {
		t.Errorf("redacted, and still: %s", s)
	}
	if d := cmp.Diff(secretReport(), r); d != "" {
		t.Errorf("the report itself changed (-was +is):\n%s", d)
	}
	for what, ok := range map[string]bool{
		"its id":             got.ID == "r",
		"its clauses":        cmp.Equal(got.Clauses, r.Clauses),
		"its score":          got.Findings[0].Score == 0.9,
		"its reason":         got.Findings[0].Spans[0].Reason == "says so",
		"the mailbox":        got.Sources[1].Folder == "INBOX",
		"its state":          got.State == aup.StateWaiting,
		"who worked on it":   got.Steps[0].By == "alice",
		"that it was sealed": got.Sealed,
	} {
		if !ok {
			t.Errorf("%s is gone", what)
		}
	}
}

func TestEventRedacted(t *testing.T) {
	r := secretReport()
	at := time.Unix(1, 0)
	for _, e := range []aup.Event{
		{Kind: aup.EventReceived, At: at, Received: &aup.Received{
			Size: 5, Source: r.Sources[0], Document: aup.Document{Messages: []aup.Message{{Subject: secret}}},
		}},
		aup.NewSeen(aup.Hash{1}, aup.Source{Mailbox: "file", Folder: secret}, at, "file"),
		{Kind: aup.EventClassified, At: at, Classified: &aup.Classified{Verdict: aup.Verdict{Primary: "2.4", Findings: r.Findings}}},
		{Kind: aup.EventNoted, At: at, Action: &aup.Action{Do: aup.EventNoted, Key: secret, Reason: secret, Taken: []string{secret}}},
		{Kind: aup.EventTagged, At: at, Action: &aup.Action{Do: aup.EventTagged, Add: []string{secret}, Remove: []string{secret}}},
		{Kind: aup.EventNearMissTaken, At: at, Settled: &aup.Settled{Subject: secret, Reason: secret}},
	} {
		t.Run(string(e.Kind), func(t *testing.T) {
			was := asJSON(t, e)
			got := e.Redacted()
			if s := asJSON(t, got); strings.Contains(s, secret) || got.Kind != e.Kind || !got.At.Equal(at) {
				t.Errorf("redacted, it is %s", s)
			}
			if asJSON(t, e) != was {
				t.Error("the event itself changed")
			}
		})
	}
}

func TestSee(t *testing.T) {
	r := secretReport()
	open := r
	open.Sealed = false
	cleared := aup.Principal{Name: "c", Roles: []aup.UserRole{aup.RoleReader, aup.RoleCleared}}
	admin := aup.Principal{Name: "a", Roles: []aup.UserRole{aup.RoleAdmin}}
	for name, tc := range map[string]struct {
		who  aup.Principal
		r    aup.Report
		want string
	}{
		"a cleared reader, sealed": {cleared, r, secret},
		"an admin, sealed":         {admin, r, ""},
		"an admin, not sealed":     {admin, open, secret},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.who.See(tc.r).Subject; got != tc.want {
				t.Errorf("subject %q, want %q", got, tc.want)
			}
		})
	}
}
