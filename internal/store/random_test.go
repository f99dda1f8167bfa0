package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

	"pgregory.net/rapid"
)

// TestRandomUse mixes all that is written to a store: whatever the order, and
// wherever it is opened anew, nothing is lost or there twice, and it is whole.
func TestRandomUse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		sources := make(map[aup.Hash]map[aup.Source]bool)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0:
				s.Close()
				s, err = store.Open(dir, store.Options{})
			case 1:
				_, err = s.Rebuild(t.Context())
			case 2:
				first := rapid.Uint32Range(1, 30).Draw(rt, "first")
				row := aup.LedgerRow{First: first, Last: first + 9, Fate: aup.NotSelected}
				err = s.Account(t.Context(), drawEpoch(rt), []aup.LedgerRow{row}, first)
			case 3:
				err = reclassify(t, rt, s)
			case 4:
				err = settleNew(t, rt, s)
			default:
				var batch []aup.Intake
				for range rapid.IntRange(1, 5).Draw(rt, "batch") {
					in := drawIntake(rt)
					batch = append(batch, in)
					if sources[in.Mail.Hash] == nil {
						sources[in.Mail.Hash] = make(map[aup.Source]bool)
					}
					sources[in.Mail.Hash][in.Mail.Source] = true
				}
				_, err = s.Record(t.Context(), batch)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		page, err := s.Reports(t.Context(), aup.Query{})
		if err != nil || len(page.Reports) != len(sources) {
			rt.Fatalf("%d reports, %v; want %d", len(page.Reports), err, len(sources))
		}
		for _, r := range page.Reports {
			if len(r.Sources) != len(sources[r.SHA256]) {
				rt.Errorf("report %s has %d sources, want %d", r.ID, len(r.Sources), len(sources[r.SHA256]))
			}
			for _, src := range r.Sources {
				if !sources[r.SHA256][src] {
					rt.Errorf("report %s was never met at %+v", r.ID, src)
				}
			}
		}
		if a, err := s.Verify(t.Context()); err != nil || len(a.Faults) > 0 {
			rt.Fatalf("Verify: %v, faults %q", err, a.Faults)
		}
	})
}

// settleNew settles what was a near miss a moment ago, and may be a report.
func settleNew(t *testing.T, rt *rapid.T, s *store.Store) error {
	e, uid := drawEpoch(rt), rapid.Uint32Range(1, 30).Draw(rt, "uid")
	if err := s.Account(t.Context(), e, []aup.LedgerRow{{First: uid, Last: uid, Fate: aup.NearMiss, Note: "AUP"}}, uid); err != nil {
		return err
	}
	src := aup.Source{Mailbox: e.Mailbox, Folder: e.Folder, UIDValidity: e.UIDValidity, UID: uid}
	_, err := s.Settle(t.Context(), aup.Actor{Name: "ann"}, aup.Settlement{Source: src, Do: rapid.SampledFrom(aup.SettleKinds).Draw(rt, "do")})
	if errors.Is(err, aup.ErrConflict) {
		return nil // it is a report
	}
	return err
}

func drawEpoch(rt *rapid.T) aup.Epoch {
	return aup.Epoch{
		Mailbox: rapid.SampledFrom([]string{"support", "abuse"}).Draw(rt, "mailbox"), Folder: "INBOX",
		UIDValidity: rapid.Uint32Range(1, 2).Draw(rt, "uidvalidity"),
	}
}

// drawIntake returns a mail at some place; one place may hold several, as on a
// server that gives a number twice.
func drawIntake(rt *rapid.T) aup.Intake {
	body := fmt.Append(nil, "message ", rapid.IntRange(0, 15).Draw(rt, "message"))
	if rapid.IntRange(0, 9).Draw(rt, "large") == 0 {
		body = append(body, strings.Repeat("a long line\n", 60_000)...)
	}
	e := drawEpoch(rt)
	in := intake(body, rapid.Uint32Range(1, 40).Draw(rt, "uid"))
	src := &in.Mail.Source
	src.Mailbox, src.Folder, src.UIDValidity = e.Mailbox, e.Folder, e.UIDValidity
	switch rapid.IntRange(0, 9).Draw(rt, "kind") {
	case 0:
		*src = aup.Source{Mailbox: "file", Folder: "a.eml"}
	case 1:
		in.Mail.Quarantine = "over the cap"
	}
	in.Events[0].Received.Source, in.Events[0].Received.Quarantine = *src, in.Mail.Quarantine
	return in
}

// reclassify gives the newest report a new verdict.
func reclassify(t *testing.T, rt *rapid.T, s *store.Store) error {
	page, err := s.Reports(t.Context(), aup.Query{Limit: 1})
	if err != nil || len(page.Reports) == 0 {
		return err
	}
	v := aup.Verdict{Outcome: aup.OutcomeReview, Primary: aup.None, Policy: "p", Model: rapid.StringMatching("m[0-9]").Draw(rt, "model")}
	if rapid.Bool().Draw(rt, "urgent") {
		v.Outcome, v.Primary, v.Clauses, v.Urgent = aup.OutcomeViolation, "2.1", []aup.ClauseID{"2.1", "4"}, "it goes on"
	}
	e := aup.NewClassified(page.Reports[0].SHA256, v, at, "cli")
	e.Report = page.Reports[0].ID
	return s.Append(t.Context(), []aup.Event{e})
}

// TestManyAtOnce records the same mails from several goroutines while others
// read and follow.
func TestManyAtOnce(t *testing.T) {
	s := open(t, t.TempDir())
	const mails, writers = 60, 4
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range mails {
				n := (i + w*mails/writers) % mails
				if _, err := s.Record(t.Context(), []aup.Intake{killMail(n)}); err != nil {
					t.Error(err)
				}
				e := killMail(n).Mail.Source.Epoch()
				if err := s.Account(t.Context(), e, []aup.LedgerRow{{First: 1, Last: mails, Fate: aup.NotSelected}}, uint32(i)); err != nil {
					t.Error(err)
				}
				if _, err := s.Reports(t.Context(), aup.Query{Limit: 3}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	want := aup.Seq(1)
	received := make(map[aup.Hash]bool)
	sources := 0
	for e, err := range s.Log().Follow(t.Context(), 1) {
		if err != nil || e.Seq != want {
			t.Fatalf("Follow gave event %d, %v; want %d", e.Seq, err, want)
		}
		want++
		switch e.Kind {
		case aup.EventReceived:
			if received[e.Received.SHA256] {
				t.Errorf("message %s was received twice", e.Received.SHA256)
			}
			received[e.Received.SHA256] = true
			sources++
		case aup.EventSeen:
			sources++
		}
		if sources == mails {
			break
		}
	}
	wg.Wait()
	st, err := s.Status(t.Context())
	if err != nil || st.Reports != len(received) || st.Folders[0].Fates[aup.Recorded] != mails || len(st.Folders[0].Fates) != 1 {
		t.Errorf("status %+v, %v; want %d reports and %d UIDs, all recorded", st, err, len(received), mails)
	}
}
