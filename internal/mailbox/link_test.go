//go:build integration

package mailbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"
)

// What the line does to a session with a real server costs time and nothing
// else: every message that matches is recorded once, and the rest accounted
// for.
func TestBadLines(t *testing.T) {
	d := startDovecot(t, imaptest.DovecotOptions{})
	raws, wanted := mixture(1000)
	big := append(message(" "+phrase, 5), strings.Repeat("0123456789abcde\r\n", 60_000)...) // 1 MB
	if err := d.Deliver("INBOX", append(raws, big)...); err != nil {
		t.Fatal(err)
	}
	n := 1 // of the big one
	for _, times := range wanted {
		n += times
	}
	for name, tc := range map[string]struct {
		fault func(l *imaptest.Link) error
		heal  time.Duration // after which the line is well; 0 for never
		conns int           // at least
	}{
		"slow":                     {func(l *imaptest.Link) error { return l.Slow(500) }, 0, 1},
		"cut in the greeting":      {func(l *imaptest.Link) error { return l.Break(20) }, 300 * time.Millisecond, 2},
		"cut in TLS":               {func(l *imaptest.Link) error { return l.Break(700) }, 300 * time.Millisecond, 2},
		"cut in the list":          {func(l *imaptest.Link) error { return l.Break(4000) }, 2 * time.Second, 2},
		"cut in the subjects":      {func(l *imaptest.Link) error { return l.Break(20_000) }, 2 * time.Second, 2},
		"cut in the bodies":        {func(l *imaptest.Link) error { return l.Break(200_000) }, 2 * time.Second, 2},
		"cut in the big one":       {func(l *imaptest.Link) error { return l.Break(900_000) }, 2 * time.Second, 2},
		"reset":                    {(*imaptest.Link).Reset, time.Second, 2},
		"half open from the start": {(*imaptest.Link).Stall, 2 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			link, err := imaptest.NewLink(d.TLSAddr)
			if err != nil {
				t.Fatal(err)
			}
			defer link.Close()
			store := newFakeStore()
			opt := dovecotOptions(d)
			opt.URL, opt.Quiet = "imaps://"+link.Addr, time.Second
			dials := 0
			opt.Dial = countDials(&dials)
			if err := tc.fault(link); err != nil {
				t.Fatal(err)
			}
			if tc.heal > 0 {
				defer time.AfterFunc(tc.heal, func() { link.Heal(t.Context()) }).Stop()
			}
			w := newWatcher(t, opt, store)
			stop := running(t, w)
			for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
				if _, cursor := store.fates(); cursor == uint32(len(raws)+1) {
					break
				}
				if time.Since(start) > 30*time.Second {
					t.Fatalf("after 30 s %d mails of %d; %s", len(store.all()), n, w.Status()[0].LastError)
				}
			}
			stop()
			seen := make(map[aup.Source]int)
			for _, m := range store.all() {
				m.InternalDate = time.Time{}
				seen[m.Source]++
			}
			if len(store.all()) != n || len(seen) != n || dials < tc.conns {
				t.Errorf("%d mails of %d places by %d connections, want %d by %d or more", len(store.all()), len(seen), dials, n, tc.conns)
			}
		})
	}
}

// A line that is half open is found out while the mailbox is idle as well.
func TestHalfOpen(t *testing.T) {
	d := startDovecot(t, imaptest.DovecotOptions{})
	link, err := imaptest.NewLink(d.TLSAddr)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	store := newFakeStore()
	opt := dovecotOptions(d)
	opt.URL, opt.Quiet = "imaps://"+link.Addr, time.Second
	w := newWatcher(t, opt, store)
	running(t, w)
	if err := d.Deliver("INBOX", message(" "+phrase, 1)); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, 1)
	time.Sleep(200 * time.Millisecond) // into IDLE
	if err := errors.Join(link.Stall(), d.Deliver("INBOX", message(" "+phrase, 2))); err != nil {
		t.Fatal(err)
	}
	w.Wake()
	for start := time.Now(); !strings.Contains(w.Status()[0].LastError, "nothing for 1s"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("not noticed within 10 s: %+v", w.Status()[0])
		}
	}
	link.Heal(t.Context())
	awaitMails(t, store, 2)
}
