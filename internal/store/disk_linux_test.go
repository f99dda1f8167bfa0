package store_test

import (
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store/storetest"
)

// On a disk that takes no writes any more nothing is recorded and one line says
// so, what is there stays readable, and with the disk mended all goes on.
func TestDiskFails(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 40 {
		record(t, s, killMail(i))
	}
	before, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Report(t.Context(), aup.NewReportID(killMail(0).Mail.Hash, 0))
	if err != nil {
		t.Fatal(err)
	}
	again := aup.NewReclassified(first, aup.Verdict{Outcome: aup.OutcomeReview, Primary: aup.None}, alice, at)
	e := killMail(0).Mail.Source.Epoch()
	mend := storetest.FailWrites(t, dir)
	for name, write := range map[string]func() error{
		"record": func() error { _, err := s.Record(t.Context(), []aup.Intake{killMail(40), killMail(41)}); return err },
		"large":  func() error { _, err := s.Record(t.Context(), []aup.Intake{killMail(60)}); return err },
		"ledger": func() error { return s.Account(t.Context(), e, nil, 99) },
		"log":    func() error { return s.Append(t.Context(), []aup.Event{again}) },
	} {
		for range 3 {
			err := write()
			if err == nil || !strings.Contains(err.Error(), "data folder "+dir+": the disk does not take what is written: look for its faults") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want one line about the disk", name, err)
			}
		}
	}
	if _, cursor, err := s.Cursor(t.Context(), e.Mailbox, e.Folder); err != nil || cursor != 0 {
		t.Errorf("cursor %d, %v", cursor, err)
	}
	if known, err := s.Known(t.Context(), killMail(40).Mail.Hash); err != nil || known {
		t.Errorf("what could not be recorded is known: %v, %v", known, err)
	}
	mend()
	if after, err := s.Verify(t.Context()); err != nil || after.Head != before.Head || len(after.Faults) > 0 {
		t.Errorf("after the faults %+v, %v; want %+v", after, err, before)
	}
	var all []aup.Intake
	for i := range killMails {
		all = append(all, killMail(i))
	}
	record(t, s, all...)
	checkKilled(t, s)
}
