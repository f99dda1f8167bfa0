// Package storetest gives tests of what stands on the store a real one with
// reports in it.
package storetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"
)

// At is when the first report of a store was recorded; each further one came
// an hour later.
var At = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// A Policy has every clause; reports on clause 2.4 are sealed.
type Policy struct{}

// Version implements [aup.Pinner].
func (Policy) Version() string { return "v1" }

// Pin implements [aup.Pinner].
func (Policy) Pin(id aup.ClauseID) (aup.Pin, bool) {
	return aup.Pin{Clause: id, Title: "title of " + string(id)}, true
}

// Sealed implements [aup.Pinner].
func (Policy) Sealed(id aup.ClauseID) bool { return id == "2.4" }

// Open opens a store for the length of a test, which fails if the store is not
// whole at its end.
func Open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{
		Policy: func() aup.Pinner { return Policy{} },
		Deadlines: func() aup.Deadlines {
			return aup.Deadlines{Within: map[aup.Severity]time.Duration{aup.High: time.Hour}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		got, err := s.Verify(context.WithoutCancel(t.Context()))
		if err != nil || len(got.Faults) > 0 {
			t.Errorf("verify at the end: %q, %v", got.Faults, err)
		}
		s.Close()
	})
	return s
}

// A Letter is a report to record. Its subject is its identity.
type Letter struct {
	Subject  string
	From     string
	Severity aup.Severity
	Source   string // an IP address that the abuse comes from
	Link     string // a URL that is named
	Text     string // what the reporter says; the subject if empty
	Original string // the text of a message that is passed on
	Sealed   bool
}

// Post records letters and returns the ids of their reports.
func Post(t *testing.T, s *store.Store, letters ...Letter) []aup.ReportID {
	t.Helper()
	var ids []aup.ReportID
	for i, l := range letters {
		raw := []byte("Subject: " + l.Subject + "\r\n\r\n" + l.Subject)
		hash := aup.Hash(sha256.Sum256(raw))
		m := &aup.Mail{
			Source: aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: uint32(hash[0])<<8 | uint32(hash[1]) | 1, UID: uint32(i + 1)},
			Hash:   hash, Size: int64(len(raw)), Raw: bytes.NewReader(raw),
		}
		doc := aup.Document{
			Messages: []aup.Message{{Parent: -1, Subject: l.Subject, From: []aup.Address{{Addr: l.From}}}},
			Parts:    []aup.Part{{ID: "1", Kind: aup.PartText, Text: cmp.Or(l.Text, l.Subject)}},
		}
		if l.Original != "" {
			doc.Messages = append(doc.Messages, aup.Message{Via: aup.ViaRFC822})
			doc.Parts = append(doc.Parts, aup.Part{ID: "2", Kind: aup.PartText, Message: 1, Text: l.Original})
		}
		if l.Link != "" {
			doc.Indicators = append(doc.Indicators, aup.Indicator{Kind: aup.IndicatorURL, Value: l.Link, Role: aup.RoleSource})
		}
		if l.Source != "" {
			doc.Indicators = append(doc.Indicators, aup.Indicator{Kind: aup.IndicatorIP, Value: l.Source, Role: aup.RoleSource, Part: "1"})
		}
		v := aup.Verdict{
			Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Severity: l.Severity, Sealed: l.Sealed,
			Findings: []aup.Finding{{Clause: "4", Score: 0.9, Spans: []aup.Span{{Part: "1", End: len(doc.Parts[0].Text), Text: doc.Parts[0].Text, Reason: "says so"}}}},
		}
		when := At.Add(time.Duration(i) * time.Hour)
		got, err := s.Record(t.Context(), []aup.Intake{{Mail: m, Events: []aup.Event{
			aup.NewReceived(m, doc, when, "mailbox"), aup.NewClassified(hash, v, when, "mailbox"),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got[0].ID)
	}
	return ids
}
