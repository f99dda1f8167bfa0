package daemon

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/evidence"
	"aupd/internal/store"
)

// A trainDesk is a store with a librarian and somebody who decides.
type trainDesk struct {
	*testing.T
	Library
	n int
}

var ann = aup.Actor{Name: "ann", From: "test"}

func newTrainDesk(t *testing.T) *trainDesk {
	t.Helper()
	cfg := config.Default()
	set, err := LoadPolicies(cfg)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.TempDir(), store.Options{Policy: func() aup.Pinner { return set }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if got, err := st.Verify(t.Context()); err == nil && len(got.Faults) > 0 {
			t.Errorf("verify: %q", got.Faults)
		}
		st.Close()
	})
	return &trainDesk{t, Library{Config: cfg, Store: st}, 0}
}

// decide records n reports with that text and decides on each.
func (d *trainDesk) decide(n int, text string, clauses ...aup.ClauseID) {
	d.Helper()
	d.decideBy(n, text, func(aup.Hash) []aup.ClauseID { return clauses })
}

// decideBy is decide where what is decided follows from the message's hash.
func (d *trainDesk) decideBy(n int, text string, by func(aup.Hash) []aup.ClauseID) {
	d.Helper()
	set, err := d.InForce(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	panel, err := d.Panel(d.Context(), set)
	if err != nil {
		d.Fatal(err)
	}
	for range n {
		d.n++
		raw := fmt.Appendf(nil, "Subject: Acceptable Use Policy\r\n\r\nTicket %d: %s", d.n, text)
		doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
		m := &aup.Mail{Hash: sha256.Sum256(raw), Size: int64(len(raw)), Raw: bytes.NewReader(raw), Source: aup.Source{Mailbox: "file"}}
		got, err := d.Store.Record(d.Context(), []aup.Intake{{Mail: m, Events: []aup.Event{
			aup.NewReceived(m, doc, time.Now(), "file"), aup.NewClassified(m.Hash, panel.Classify(&doc), time.Now(), "file"),
		}}})
		if err != nil {
			d.Fatal(err)
		}
		r, err := d.Store.Report(d.Context(), got[0].ID)
		if err != nil {
			d.Fatal(err)
		}
		clauses := by(m.Hash)
		a := aup.Action{Do: aup.EventDecided, Saw: r.Revision, Outcome: aup.OutcomeNone, Clauses: clauses}
		if len(clauses) > 0 {
			a.Outcome = aup.OutcomeViolation
		}
		if _, err := d.Store.Act(d.Context(), ann, r.ID, a); err != nil {
			d.Fatal(err)
		}
	}
}

// primary is what the panel in force says of flumps.
func (d *trainDesk) primary() aup.ClauseID {
	d.Helper()
	set, err := d.InForce(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	panel, err := d.Panel(d.Context(), set)
	if err != nil {
		d.Fatal(err)
	}
	raw := []byte("Subject: Acceptable Use Policy\r\n\r\nTicket 0: " + flumps)
	doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
	return panel.Classify(&doc).Primary
}

const flumps = "the flumps of this tenant were grommeted again, please look at the frobnicator."

func TestTrain(t *testing.T) {
	d := newTrainDesk(t)
	const taught aup.ClauseID = "1.3" // nothing in the text speaks for it
	shipped := d.primary()
	d.decide(4, flumps, taught)
	if _, err := d.Train(t.Context(), ann, aup.TrainRequest{}); !errors.Is(err, aup.ErrInvalid) {
		t.Fatalf("training on 4 decisions: %v", err)
	}
	d.decide(16, flumps, taught)
	dry, err := d.Train(t.Context(), ann, aup.TrainRequest{DryRun: true})
	if err != nil || dry.Decisions != 20 || dry.Corrections != 20 || dry.Held == 0 || dry.After != 1 || dry.Before != 0 {
		t.Fatalf("a trial: %+v, %v", dry, err)
	}
	if got := d.primary(); got != shipped {
		t.Errorf("a trial changed what is found to %s", got)
	}
	done, err := d.Train(t.Context(), ann, aup.TrainRequest{})
	if err != nil || done.Model != dry.Model {
		t.Fatalf("training: %+v, %v", done, err)
	}
	if got := d.primary(); got != taught {
		t.Errorf("after training %s is found", got)
	}
	// What follows from the log is the model that was recorded.
	set, err := d.InForce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.decide(3, "nothing of the sort")
	if p, err := d.Panel(t.Context(), set); err != nil || p.Model() != done.Model {
		t.Errorf("model %s, %v; recorded was %s", p.Model(), err, done.Model)
	}
	back, err := d.Train(t.Context(), ann, aup.TrainRequest{Revert: true})
	if err != nil || back.UpTo != 0 || d.primary() != shipped {
		t.Errorf("reverted: %+v, %v, finds %s", back, err, d.primary())
	}
}

// What was decided wrongly among the taught decisions, and rightly among those
// kept out, is not taken over.
func TestTrainRefusesTheWorse(t *testing.T) {
	d := newTrainDesk(t)
	d.decideBy(40, "your customer sends us unsolicited bulk mail every day, this is spam", func(h aup.Hash) []aup.ClauseID {
		if h[0]%4 == 0 {
			return []aup.ClauseID{"4"}
		}
		return []aup.ClauseID{"2.3"}
	})
	got, err := d.Train(t.Context(), ann, aup.TrainRequest{})
	if !errors.Is(err, aup.ErrConflict) || got.After >= got.Before {
		t.Fatalf("a training that makes it worse: %+v, %v", got, err)
	}
	if trained, err := d.Store.Trained(t.Context()); err != nil || trained.UpTo != 0 {
		t.Errorf("it was recorded: %+v, %v", trained, err)
	}
	if _, err := d.Train(t.Context(), ann, aup.TrainRequest{Force: true}); err != nil {
		t.Errorf("by force: %v", err)
	}
}
