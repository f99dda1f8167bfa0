//go:build integration

package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
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
			bare(b, d.Addr) // fills the server's caches
			var limit, ours time.Duration
			for b.Loop() {
				limit += bare(b, d.Addr)
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
		bareConn(b, d.Addr).close(b)
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

// bare fetches every message with one command and returns the time it took.
func bare(b *testing.B, addr string) time.Duration {
	start := time.Now()
	c := bareConn(b, addr)
	c.send(b, "c UID FETCH 1:* (UID BODY.PEEK[])")
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if strings.HasPrefix(line, "c ") {
			break
		}
		if open := strings.LastIndexByte(line, '{'); open >= 0 && strings.HasSuffix(line, "}\r\n") {
			n, err := strconv.ParseInt(line[open+1:len(line)-3], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, c.r, n); err != nil {
				b.Fatal(err)
			}
		}
	}
	c.close(b)
	return time.Since(start)
}

type bareClient struct {
	net.Conn
	r *bufio.Reader
}

// bareConn signs in and selects INBOX.
func bareConn(b *testing.B, addr string) *bareClient {
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	c := &bareClient{conn, bufio.NewReaderSize(conn, 64<<10)}
	c.send(b, "a LOGIN "+imaptest.Username+" "+imaptest.Password)
	c.await(b, "a ")
	c.send(b, "b EXAMINE INBOX")
	c.await(b, "b ")
	return c
}

func (c *bareClient) send(b *testing.B, cmd string) {
	if _, err := fmt.Fprintf(c, "%s\r\n", cmd); err != nil {
		b.Fatal(err)
	}
}

func (c *bareClient) await(b *testing.B, tag string) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if strings.HasPrefix(line, tag) {
			return
		}
	}
}

func (c *bareClient) close(b *testing.B) {
	if err := c.Close(); err != nil {
		b.Error(err)
	}
}
