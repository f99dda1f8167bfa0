// Package logtest checks that an engine of the event log keeps the promises of
// [aup.Log].
package logtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
)

// Run checks the empty log that open returns; it is called once a test.
func Run(t *testing.T, open func(t *testing.T) aup.Log) {
	t.Run("append and read", func(t *testing.T) { appendAndRead(t, open(t)) })
	t.Run("expected sequence", func(t *testing.T) { expected(t, open(t)) })
	t.Run("a key once", func(t *testing.T) { once(t, open(t)) })
	t.Run("all or none", func(t *testing.T) { allOrNone(t, open(t)) })
	t.Run("two writers", func(t *testing.T) { writers(t, open(t)) })
	t.Run("follow", func(t *testing.T) { follow(t, open(t)) })
}

// Events returns the events that record n different messages.
func Events(n int) []aup.Event {
	var out []aup.Event
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i := range n {
		h := aup.Hash(sha256.Sum256(fmt.Append(nil, i)))
		doc := aup.Document{Messages: []aup.Message{{Parent: -1, Subject: fmt.Sprint("message ", i)}}}
		e := aup.NewReceived(&aup.Mail{Hash: h, Source: aup.Source{Mailbox: "file", Folder: fmt.Sprint(i)}}, doc, at, "file")
		e.Report = aup.NewReportID(h, 0)
		out = append(out, e)
	}
	return out
}

func appendAndRead(t *testing.T, l aup.Log) {
	events := Events(300)
	last, err := l.Append(t.Context(), 0, events)
	if err != nil || last != 300 {
		t.Fatalf("Append = %d, %v; want 300", last, err)
	}
	if n, err := l.Head(t.Context()); n != 300 || err != nil {
		t.Errorf("Head = %d, %v; want 300", n, err)
	}
	for _, from := range []aup.Seq{0, 1, 150, 300, 301} {
		want := max(from, 1)
		for e, err := range l.Read(t.Context(), from) {
			if err != nil || e.Seq != want || e.Key != events[want-1].Key {
				t.Fatalf("Read(%d) gave event %d (%s), %v; want %d (%s)", from, e.Seq, e.Key, err, want, events[want-1].Key)
			}
			want++
		}
		if want != 301 {
			t.Errorf("Read(%d) ended before event %d", from, want)
		}
	}
}

func expected(t *testing.T, l aup.Log) {
	if _, err := l.Append(t.Context(), 1, Events(1)); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("Append after event 1 of an empty log: %v, want ErrConflict", err)
	}
	if n, err := l.Append(t.Context(), 0, Events(1)); n != 1 || err != nil {
		t.Fatalf("Append = %d, %v", n, err)
	}
	if _, err := l.Append(t.Context(), 0, Events(2)); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("Append after event 0 of a log of 1: %v, want ErrConflict", err)
	}
}

func once(t *testing.T, l aup.Log) {
	if _, err := l.Append(t.Context(), 0, Events(2)); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Append(t.Context(), 2, Events(3)); n != 3 || err != nil {
		t.Errorf("Append of two known events and a new one = %d, %v; want 3", n, err)
	}
}

func allOrNone(t *testing.T, l aup.Log) {
	bad := append(Events(2), aup.Event{Key: "bad", Kind: "no such kind", Report: "nobody"})
	if _, err := l.Append(t.Context(), 0, bad); err == nil {
		t.Fatal("Append took an event of no known kind")
	}
	if n, err := l.Head(t.Context()); n != 0 || err != nil {
		t.Errorf("Head = %d, %v after a refused batch; want 0", n, err)
	}
}

// writers appends from two goroutines, each after the end that it saw: the
// events of both are there, none in the place of another.
func writers(t *testing.T, l aup.Log) {
	events := Events(60)
	var wg sync.WaitGroup
	for _, mine := range [][]aup.Event{events[:30], events[30:]} {
		wg.Go(func() {
			for len(mine) > 0 {
				last, err := l.Head(t.Context())
				if err != nil {
					t.Errorf("Head: %v", err)
					return
				}
				switch n, err := l.Append(t.Context(), last, mine[:2]); {
				case err == nil && n == last+2:
					mine = mine[2:]
				case err == nil || !errors.Is(err, aup.ErrConflict):
					t.Errorf("Append of 2 events after %d = %d, %v", last, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	var got []string
	for e, err := range l.Read(t.Context(), 1) {
		if err != nil || e.Seq != aup.Seq(len(got)+1) {
			t.Fatalf("Read gave event %d, %v; want %d", e.Seq, err, len(got)+1)
		}
		got = append(got, e.Key)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 60 {
		t.Errorf("%d of 60 events are in the log", n)
	}
}

func follow(t *testing.T, l aup.Log) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := l.Append(ctx, 0, Events(2)); err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(l.Follow(ctx, 2))
	defer stop()
	if e, err, ok := next(); !ok || err != nil || e.Seq != 2 {
		t.Fatalf("Follow gave %d, %v, %v; want event 2", e.Seq, err, ok)
	}
	go func() { _, _ = l.Append(ctx, 2, Events(3)) }()
	if e, err, ok := next(); !ok || err != nil || e.Seq != 3 {
		t.Fatalf("Follow gave %d, %v, %v; want event 3", e.Seq, err, ok)
	}
	cancel()
	if _, _, ok := next(); ok {
		t.Error("Follow went on after the end of its context")
	}
}
