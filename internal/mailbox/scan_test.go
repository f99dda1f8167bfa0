//go:build integration

package mailbox

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"
)

// The first scan of 100,000 messages, which the server has never looked at,
// takes little over the line and stays small.
func TestDovecotFirstScan(t *testing.T) {
	const n, every = 100_000, 200
	d := startDovecot(t, imaptest.DovecotOptions{})
	for i := range n / every {
		if err := errors.Join(d.Deliver("INBOX", message(" "+phrase, i)), d.Copies("INBOX", message(" Weekly report", i), every-1)); err != nil {
			t.Fatal(err)
		}
	}
	var received atomic.Int64
	opt := dovecotPlain(d)
	opt.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return meter{conn, &received}, err
	}
	s := forgetful{newFakeStore(), make(map[uint32]aup.Hash)}
	w, err := New(opt, s, s)
	if err != nil {
		t.Fatal(err)
	}
	peak, stop := heapPeak()
	start := time.Now()
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	stop()
	first := received.Load()
	start = time.Now()
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages: %v and %.1f MB, the heap grew by %.1f MB; nothing new: %v and %d KB",
		n, took.Round(time.Millisecond), float64(first)/1e6, float64(peak.Load())/1e6, time.Since(start).Round(time.Millisecond), (received.Load()-first)/1000)
	if fates, cursor := s.fates(); len(s.hashes) != n/every || len(fates) != n || cursor != n {
		t.Errorf("%d mails, want %d; %d of %d messages accounted for", len(s.hashes), n/every, len(fates), n)
	}
	if first > 20<<20 || received.Load()-first > 200<<10 {
		t.Errorf("%d bytes received at first and %d with nothing new", first, received.Load()-first)
	}
	if took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if peak.Load() > 64<<20 {
		t.Errorf("the heap grew by %d bytes", peak.Load())
	}
}

// A meter counts what is read.
type meter struct {
	net.Conn
	n *atomic.Int64
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.n.Add(int64(n))
	return n, err
}

// heapPeak watches by how much the heap grows at most, until stop.
func heapPeak() (grown *atomic.Int64, stop func()) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, done := int64(m.HeapAlloc), make(chan struct{})
	grown = new(atomic.Int64)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				grown.Store(max(grown.Load(), int64(m.HeapAlloc)-base))
			}
		}
	}()
	return grown, func() { close(done); <-ended }
}
