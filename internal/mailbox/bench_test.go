//go:build integration

package mailbox

import (
	"bytes"
	"context"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"
)

// BenchmarkDovecot measures a watcher against the least that could be done: one
// connection that fetches everything with one command and throws it away. The
// ratios are reported; with -benchtime=1x each is one run.
//
//	go test -tags integration -run '^$' -bench Dovecot -benchtime 3x ./internal/mailbox
func BenchmarkDovecot(b *testing.B) {
	for _, bm := range []struct {
		name          string
		n, every, max int // messages, one in how many matches, most bytes
	}{
		{"all of 5000", 5000, 1, 40_000},
		{"one in 200 of 100000", 100_000, 200, 4_000},
		{"all of 40 with 10 MB", 40, 1, 20 << 20},
	} {
		b.Run(bm.name, func(b *testing.B) {
			d, err := imaptest.StartDovecot(b.Context(), imaptest.DovecotOptions{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := d.Close(); err != nil {
					b.Error(err)
				}
			})
			for i := range bm.n {
				subject := " Weekly report"
				if i%bm.every == 0 {
					subject = " " + phrase
				}
				raw := append(message(subject, i), bytes.Repeat([]byte("0123456789abcde\r\n"), (i*(bm.max/97)%bm.max)/17)...)
				if err := d.Deliver("INBOX", raw); err != nil {
					b.Fatal(err)
				}
			}
			if err := imaptest.Warm(b.Context(), d.Addr); err != nil {
				b.Fatal(err)
			}
			var limit, ours time.Duration
			for b.Loop() {
				limit += bareFetch(b, d.Addr)
				start := time.Now()
				s := &sinkhole{fakeStore: newFakeStore()}
				w, err := New(dovecotPlain(d), s, s)
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Once(b.Context()); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(start)
				if want := (bm.n + bm.every - 1) / bm.every; s.taken != want {
					b.Fatalf("%d mails, want %d", s.taken, want)
				}
			}
			b.ReportMetric(ours.Seconds()/limit.Seconds(), "times-the-limit")
			b.ReportMetric(limit.Seconds()/float64(b.N), "limit-s/op")
		})
	}
}

// BenchmarkDovecotPoll measures a look that finds nothing new.
func BenchmarkDovecotPoll(b *testing.B) {
	d, err := imaptest.StartDovecot(b.Context(), imaptest.DovecotOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	for i := range 20_000 {
		if err := d.Deliver("INBOX", message(" Weekly report", i)); err != nil {
			b.Fatal(err)
		}
	}
	s := &sinkhole{fakeStore: newFakeStore()}
	w, err := New(dovecotPlain(d), s, s)
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Once(b.Context()); err != nil {
		b.Fatal(err)
	}
	var limit, again time.Duration
	for b.Loop() {
		start := time.Now()
		c, err := imaptest.DialBare(b.Context(), d.Addr)
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
		limit += time.Since(start)
		start = time.Now()
		if err := w.Once(b.Context()); err != nil {
			b.Fatal(err)
		}
		again += time.Since(start)
	}
	b.ReportMetric(again.Seconds()/limit.Seconds(), "times-login-and-select")
}

func dovecotPlain(d *imaptest.Dovecot) Options {
	return Options{
		Name: testName, URL: "imap://" + d.Addr, Username: imaptest.Username, Auth: PasswordAuth(imaptest.Password), Subject: phrase,
	}
}

// A sinkhole takes mail and forgets it; the ledger is kept.
type sinkhole struct {
	*fakeStore
	taken int
}

func (s *sinkhole) Put(_ context.Context, m *aup.Mail, done func(error)) error {
	s.taken++
	done(m.Close())
	return nil
}

// bareFetch fetches every message with one command and returns the time it
// took.
func bareFetch(b *testing.B, addr string) time.Duration {
	start := time.Now()
	c, err := imaptest.DialBare(b.Context(), addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if _, err := c.FetchAll(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
