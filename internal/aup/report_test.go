package aup_test

import (
	"errors"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestReportApply(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	m := &aup.Mail{Hash: aup.Hash{1}, Size: 9, Source: aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: 7}}
	doc := aup.Document{Messages: []aup.Message{{Parent: -1, Subject: "s", From: []aup.Address{{Name: "A", Addr: "a@b.example"}}}}}
	other := aup.Source{Mailbox: "support", Folder: "Archive", UIDValidity: 3, UID: 1}
	events := []aup.Event{
		aup.NewReceived(m, doc, at, "mailbox"),
		aup.NewClassified(m.Hash, aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Policy: "p", Model: "m"}, at, "mailbox"),
		aup.NewSeen(m.Hash, other, at, "mailbox"),
		aup.NewSeen(m.Hash, other, at, "mailbox"),
	}
	var r aup.Report
	for i, e := range events {
		e.Seq, e.Report = aup.Seq(i+1), "id"
		var err error
		if r, err = r.Apply(e); err != nil {
			t.Fatalf("Apply(%s): %v", e.Kind, err)
		}
	}
	want := aup.Report{
		ID: "id", SHA256: m.Hash, Size: 9, Subject: "s", From: "A <a@b.example>", Received: at,
		Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}, Triage: aup.Triage{State: aup.StateNew},
		Sources: []aup.Source{m.Source, other}, Policy: "p", Model: "m", Revision: 4,
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Errorf("report (-want +got):\n%s", d)
	}
}

func TestReportApplyRefuses(t *testing.T) {
	rec := aup.NewReceived(&aup.Mail{}, aup.Document{}, time.Time{}, "")
	rec.Report = "id"
	known, err := aup.Report{}.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		on   aup.Report
		e    aup.Event
		want error
	}{
		"received twice":       {known, rec, aup.ErrConflict},
		"seen before received": {aup.Report{}, aup.NewSeen(aup.Hash{}, aup.Source{}, time.Time{}, ""), aup.ErrConflict},
		"no payload":           {known, aup.Event{Kind: aup.EventClassified}, aup.ErrInvalid},
		"unknown kind":         {known, aup.Event{Kind: "sung"}, aup.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.on.Apply(tc.e)
			if !errors.Is(err, tc.want) {
				t.Errorf("error = %v, want %v", err, tc.want)
			}
			if d := cmp.Diff(tc.on, got); d != "" {
				t.Errorf("a refused event changed the report:\n%s", d)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for name, tc := range map[string]struct {
		of   []time.Duration
		want time.Duration
	}{
		"none": {nil, 0}, "one": {[]time.Duration{7}, 7}, "odd": {[]time.Duration{9, 1, 5}, 5}, "even": {[]time.Duration{8, 2, 4, 6}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := aup.Median(tc.of); got != tc.want {
				t.Errorf("Median(%v) = %d, want %d", tc.of, got, tc.want)
			}
		})
	}
}
