package ingest_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"
	"aupd/internal/evidence"
	"aupd/internal/ingest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// recorder is a store that remembers what it was given and may refuse.
type recorder struct {
	mu      sync.Mutex
	known   map[aup.Hash]bool
	batches []int
	events  map[string][]aup.EventKind // by subject
	reads   map[string][]aup.Problem   // what reading met with, by subject
	refuse  func(batch []aup.Intake) error
}

func newRecorder() *recorder {
	return &recorder{known: make(map[aup.Hash]bool), events: make(map[string][]aup.EventKind), reads: make(map[string][]aup.Problem)}
}

func (r *recorder) Known(_ context.Context, h aup.Hash) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[h], nil
}

func (r *recorder) Record(_ context.Context, batch []aup.Intake) ([]aup.Receipt, error) {
	if r.refuse != nil {
		if err := r.refuse(batch); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, len(batch))
	var out []aup.Receipt
	for _, in := range batch {
		for _, e := range in.Events {
			r.events[in.Mail.Source.Folder] = append(r.events[in.Mail.Source.Folder], e.Kind)
			if e.Received != nil {
				r.reads[in.Mail.Source.Folder] = e.Received.Document.Problems
			}
		}
		out = append(out, aup.Receipt{ID: aup.NewReportID(in.Mail.Hash, 0), New: !r.known[in.Mail.Hash]})
		r.known[in.Mail.Hash] = true
	}
	return out, nil
}

// classifier panics on a subject that says so.
type classifier struct{}

func (classifier) Classify(doc *aup.Document) aup.Verdict {
	if strings.Contains(doc.Messages[0].Subject, "panic") {
		panic("on purpose")
	}
	return aup.Verdict{Outcome: aup.OutcomeNone, Primary: aup.None}
}

// mails counts the mails that were not closed again.
type mails struct {
	mu   sync.Mutex
	open int
}

func (m *mails) make(name string) *aup.Mail {
	raw, quarantine := "Subject: "+name+"\r\n\r\ntext\r\n", ""
	switch {
	case strings.HasPrefix(name, "large"):
		raw += strings.Repeat("text\r\n", 200_000)
	case strings.HasPrefix(name, "quarantined"):
		quarantine = "too big"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open++
	return &aup.Mail{
		Source: aup.Source{Mailbox: "m", Folder: name, UID: 1}, Hash: sha256.Sum256([]byte(raw)), Size: int64(len(raw)), Raw: strings.NewReader(raw), Quarantine: quarantine,
		Close: func() error { m.mu.Lock(); defer m.mu.Unlock(); m.open--; return nil },
	}
}

// run puts the named mails through a runner and returns the error of each.
func run(t *testing.T, rec *recorder, names ...string) map[string]error {
	t.Helper()
	var ms mails
	r := ingest.New(rec, classifier{}, evidence.Options{}, ingest.Options{Metrics: prometheus.NewRegistry()})
	ctx, stop := context.WithCancel(t.Context())
	var running, left sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	var mu sync.Mutex
	errs := make(map[string]error)
	for _, n := range names {
		left.Add(1)
		err := r.Put(ctx, ms.make(n), func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := errs[n]; twice {
				t.Errorf("%s was told twice", n)
			}
			errs[n] = err
			left.Done()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	left.Wait()
	stop()
	running.Wait()
	if ms.open != 0 {
		t.Errorf("%d mails were not closed", ms.open)
	}
	return errs
}

func TestRecorded(t *testing.T) {
	rec := newRecorder()
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprint("mail ", i))
	}
	for n, err := range run(t, rec, names...) {
		if err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	if len(rec.known) != 300 || len(rec.batches) == 300 {
		t.Errorf("%d recorded in %d batches: want 300, several a batch", len(rec.known), len(rec.batches))
	}
	want := []aup.EventKind{aup.EventReceived, aup.EventClassified}
	if d := cmp.Diff(want, rec.events["mail 7"]); d != "" {
		t.Errorf("events of new mail (-want +got):\n%s", d)
	}
	run(t, rec, "mail 7")
	if d := cmp.Diff(append(want, aup.EventSeen), rec.events["mail 7"]); d != "" {
		t.Errorf("events of known mail (-want +got):\n%s", d)
	}
}

// What comes one after another is recorded together, and nothing waits when
// nothing else is on its way.
func TestGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder()
		r := ingest.New(rec, classifier{}, evidence.Options{}, ingest.Options{})
		ctx, stop := context.WithCancel(t.Context())
		var running, left sync.WaitGroup
		running.Go(func() { _ = r.Run(ctx) })
		var ms mails
		start := time.Now()
		for i := range 1000 {
			left.Add(1)
			if err := r.Put(ctx, ms.make(fmt.Sprint(i)), func(error) { left.Done() }); err != nil {
				t.Fatal(err)
			}
		}
		left.Wait()
		stop()
		running.Wait()
		if len(rec.known) != 1000 || len(rec.batches) > 20 || time.Since(start) != 0 {
			t.Errorf("%d recorded in %d batches within %v: want 1000 in some of hundreds, at once", len(rec.known), len(rec.batches), time.Since(start))
		}
	})
}

// A mail that makes the reader panic is our bug, and a report all the same.
func TestPanicIsAReport(t *testing.T) {
	rec := newRecorder()
	if errs := run(t, rec, "panic", "calm"); errs["panic"] != nil || errs["calm"] != nil || len(rec.known) != 2 {
		t.Errorf("errors %v, %d recorded; want both recorded", errs, len(rec.known))
	}
}

// What was not fetched whole is a report that says so.
func TestQuarantinedIsAReport(t *testing.T) {
	rec := newRecorder()
	run(t, rec, "quarantined", "whole")
	want := map[string][]aup.Problem{"quarantined": {{Kind: "quarantined", Detail: "too big"}}, "whole": nil}
	if d := cmp.Diff(want, rec.reads); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

// Many large mails, more than may wait at once, all come through.
func TestManyLarge(t *testing.T) {
	rec := newRecorder()
	var names []string
	for i := range 24 {
		names = append(names, fmt.Sprint("large ", i))
	}
	for n, err := range run(t, rec, names...) {
		if err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	if len(rec.known) != len(names) {
		t.Errorf("%d recorded, want %d", len(rec.known), len(names))
	}
}

// One mail that cannot be recorded does not hold up the others.
func TestOneRefused(t *testing.T) {
	rec, bad := newRecorder(), errors.New("spool file gone")
	rec.refuse = func(batch []aup.Intake) error {
		for _, in := range batch {
			if in.Mail.Source.Folder == "bad" {
				return bad
			}
		}
		return nil
	}
	errs := run(t, rec, "a", "bad", "b", "c")
	if !errors.Is(errs["bad"], bad) || errs["a"] != nil || errs["b"] != nil || errs["c"] != nil || len(rec.known) != 3 {
		t.Errorf("errors %v, %d recorded; want all but the bad one", errs, len(rec.known))
	}
}

// A stop tells every mail that waits, and closes it.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder()
		gate := make(chan struct{})
		rec.refuse = func([]aup.Intake) error { <-gate; return errors.New("stopped") }
		r := ingest.New(rec, classifier{}, evidence.Options{}, ingest.Options{})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = r.Run(ctx) })
		var ms mails
		var mu sync.Mutex
		told, put := 0, 0
		for i := range 700 { // more than all queues hold
			running.Go(func() {
				err := r.Put(ctx, ms.make(fmt.Sprint(i)), func(err error) {
					mu.Lock()
					defer mu.Unlock()
					told++
					if err == nil {
						t.Error("a mail was said to be durable")
					}
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					put++
				}
			})
		}
		synctest.Wait()
		stop()
		close(gate)
		running.Wait()
		if told != put || ms.open != 0 || put == 700 {
			t.Errorf("%d of %d mails taken in were told, %d not closed", told, put, ms.open)
		}
	})
}
