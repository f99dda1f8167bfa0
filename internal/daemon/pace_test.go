//go:build integration

package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/evidence"
	"aupd/internal/imaptest"
	"aupd/internal/ingest"
	"aupd/internal/store"

	"golang.org/x/sys/unix"
)

// BenchmarkPace measures the whole way of mail, from a real server into a
// durable store with the real classifier, against a bare fetch of the same
// mailbox in the same run: what counts is the ratio. mbsync, imapfilter and a
// small Python script are measured beside it where they are installed.
//
//	go test -tags integration -run '^$' -bench Pace -benchtime 1x -timeout 2h ./internal/daemon
//
// With AUPD_PACE=0.1 the mailboxes have a tenth of their messages.
func BenchmarkPace(b *testing.B) {
	for _, bm := range []struct {
		name string
		n    int // messages
		fill func(*imaptest.Dovecot, int) error
		want func(n int) int // reports
		all  bool            // what the others do is measured as well
	}{
		{"A, all of 20000", 20_000, fillAll, func(n int) int { return n }, true},
		{"B, one in 200 of 100000", 100_000, fillFew, func(n int) int { return n / 200 }, false},
		{"C, all of 200 with 10 to 25 MB", 200, fillLarge, func(n int) int { return n }, false},
	} {
		b.Run(bm.name, func(b *testing.B) {
			n := scaled(b, bm.n)
			d, err := imaptest.StartDovecot(b.Context(), imaptest.DovecotOptions{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { d.Close() })
			if err := bm.fill(d, n); err != nil {
				b.Fatal(err)
			}
			if err := imaptest.Warm(b.Context(), d.Addr); err != nil {
				b.Fatal(err)
			}
			p := newPace(b, d.Addr)
			times := make(map[string]time.Duration)
			for b.Loop() {
				times["limit"] += bare(b, d.Addr)
				took, again := p.ours(b, bm.want(n))
				times["aupd"] += took
				times["again"] += again
				if bm.all {
					others(b, d.Addr, times)
				}
			}
			for who, took := range times {
				b.ReportMetric(took.Seconds()/times["limit"].Seconds(), who+"-times-the-limit")
			}
			b.ReportMetric(float64(p.heap>>20), "heap-MB")
			b.ReportMetric(float64(p.busy.Microseconds())/float64(n*b.N), "processor-us/message")
			b.ReportMetric(float64(n)*float64(b.N)/times["aupd"].Seconds(), "messages/s")
		})
	}
}

// BenchmarkPaceRead parses and classifies messages of mailbox A that lie in
// memory, as those that were fetched do. It counts the time of the processor, which a busy machine takes little
// from.
func BenchmarkPaceRead(b *testing.B) {
	br, err := paceBrain()
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var raws [][]byte
	for i := range 500 {
		raws = append(raws, messageOfA(rng, i))
	}
	start := processorTime(b)
	for b.Loop() {
		for _, raw := range raws {
			doc := evidence.Parse(aup.Bytes(raw), int64(len(raw)), br.evidence)
			br.classifier.Classify(&doc)
		}
	}
	took := processorTime(b) - start
	b.ReportMetric(float64(len(raws)*b.N)/took.Seconds(), "messages/processor-s")
}

// paceBrain returns how mail is read by default.
func paceBrain() (*brain, error) {
	set, err := LoadPolicies(config.Default())
	if err != nil {
		return nil, err
	}
	panel, err := classify.NewPanel(set)
	if err != nil {
		return nil, err
	}
	return brainOf(config.Default(), set, panel), nil
}

// BenchmarkPaceRecord records messages of mailbox A that are parsed and
// classified already, as many at once as a busy daemon does. It counts as
// BenchmarkPaceRead does.
func BenchmarkPaceRecord(b *testing.B) {
	br, err := paceBrain()
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var all []aup.Intake
	for i := range 4000 {
		raw := messageOfA(rng, i)
		m := &aup.Mail{
			Source: aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)},
			Hash:   sha256.Sum256(raw), Size: int64(len(raw)), Raw: aup.Bytes(raw),
		}
		doc := evidence.Parse(m.Raw, m.Size, br.evidence)
		v := br.classifier.Classify(&doc)
		at := time.Date(2026, 1, 2, 3, 4, 5, i, time.UTC)
		all = append(all, aup.Intake{Mail: m, Events: []aup.Event{aup.NewReceived(m, doc, at, "mailbox"), aup.NewClassified(m.Hash, v, at, "mailbox")}})
	}
	var took time.Duration
	for b.Loop() {
		st, err := store.Open(b.TempDir(), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		start := processorTime(b)
		for batch := range slices.Chunk(all, 256) {
			if _, err := st.Record(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		took += processorTime(b) - start
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(all)*b.N)/took.Seconds(), "messages/processor-s")
}

// processorTime returns how much this process has used.
func processorTime(b *testing.B) time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func scaled(b *testing.B, n int) int {
	by := 1.0
	if s := os.Getenv("AUPD_PACE"); s != "" {
		var err error
		if by, err = strconv.ParseFloat(s, 64); err != nil {
			b.Fatal(err)
		}
	}
	return int(float64(n) * by)
}

// bare fetches every message and returns the time it took.
func bare(b *testing.B, addr string) time.Duration {
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

// A pace is how aupd reads one mailbox.
type pace struct {
	cfg  config.Config
	heap int64         // the most it grew
	busy time.Duration // of the processor, in the first passes
}

func newPace(b *testing.B, addr string) *pace {
	b.Setenv("AUPD_TEST_PASSWORD", imaptest.Password)
	cfg := config.Default()
	cfg.Mailboxes = []config.Mailbox{{
		Name: "support", URL: "imap://" + addr, Username: imaptest.Username, PasswordEnv: "AUPD_TEST_PASSWORD", Folders: []string{"INBOX"},
	}}
	return &pace{cfg: cfg}
}

// ours reads the mailbox into a new store, then looks again, with a new
// connection, and finds nothing. It returns both times.
func (p *pace) ours(b *testing.B, want int) (first, again time.Duration) {
	p.cfg.Data = b.TempDir()
	st, err := store.Open(p.cfg.Data, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	if err := emptySpool(p.cfg); err != nil {
		b.Fatal(err)
	}
	br, err := newBrain(b.Context(), p.cfg, st)
	if err != nil {
		b.Fatal(err)
	}
	r := ingest.New(st, br.classifier, br.evidence, ingest.Options{})
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) }) // Run has no error but ctx's end
	defer func() { stop(); running.Wait() }()
	w, err := newWatcher(p.cfg, p.cfg.Mailboxes[0], st, r, nil, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	pass := func() time.Duration {
		start := time.Now()
		if err := w.Once(b.Context()); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	watched, busy := p.watchHeap(), processorTime(b)
	first = pass()
	p.busy += processorTime(b) - busy
	watched()
	again = pass()
	if s, err := st.Status(b.Context()); err != nil || s.Reports != want {
		b.Fatalf("%d reports, %v; want %d", s.Reports, err, want)
	}
	return first, again
}

// watchHeap notes how far the heap grows until the function it returns is
// called.
func (p *pace) watchHeap() (stop func()) {
	used := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	runtime.GC()
	base, done, ended := used(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				p.heap = max(p.heap, used()-base)
			}
		}
	}()
	return func() { close(done); <-ended }
}

// fillAll delivers mail of which all is to be taken: 21 KB on average, plain
// text and with HTML, one in ten with an attachment of 50 to 200 KB.
func fillAll(d *imaptest.Dovecot, n int) error {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		if err := d.Deliver("INBOX", messageOfA(rng, i)); err != nil {
			return err
		}
	}
	return nil
}

func messageOfA(rng *rand.Rand, i int) []byte {
	attached := 0
	if i%10 == 0 {
		attached = 50_000 + rng.IntN(150_000)
	}
	return paceMessage(rng, i, 500+rng.IntN(4500), attached, i%2 == 0)
}

// fillFew delivers mail of which one in 200 is to be taken.
func fillFew(d *imaptest.Dovecot, n int) error {
	rng := rand.New(rand.NewPCG(2, 1))
	for i := range n / 200 {
		other := fmt.Appendf(nil, "From: a@b.example\r\nSubject: Weekly report %d\r\n\r\n%s", i, paceText(rng, 4000))
		if err := errors.Join(d.Deliver("INBOX", paceMessage(rng, i, 4000, 0, false)), d.Copies("INBOX", other, 199)); err != nil {
			return err
		}
	}
	return nil
}

// fillLarge delivers messages of 10 to 25 MB, all to be taken.
func fillLarge(d *imaptest.Dovecot, n int) error {
	rng := rand.New(rand.NewPCG(3, 1))
	for i := range n {
		if err := d.Deliver("INBOX", paceMessage(rng, i, 2000, 7_500_000+rng.IntN(11_000_000), false)); err != nil {
			return err
		}
	}
	return nil
}
