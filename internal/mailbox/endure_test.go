package mailbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// A crasher is a store whose process dies at its nth step: from then on nothing
// is written and nothing answered but with an error.
type crasher struct {
	*fakeStore
	left func() bool
}

var errCrash = errors.New("power cut")

func (c crasher) Put(ctx context.Context, m *aup.Mail, done func(error)) error {
	if !c.left() {
		return errors.Join(errCrash, m.Close())
	}
	return c.fakeStore.Put(ctx, m, func(err error) {
		if !c.left() {
			err = errCrash // it is recorded, and nobody learns of it
		}
		done(err)
	})
}

func (c crasher) Cursor(ctx context.Context, mailbox, folder string) (aup.Epoch, uint32, error) {
	if !c.left() {
		return aup.Epoch{}, 0, errCrash
	}
	return c.fakeStore.Cursor(ctx, mailbox, folder)
}

func (c crasher) Account(ctx context.Context, e aup.Epoch, rows []aup.LedgerRow, cursor uint32) error {
	if !c.left() {
		return errCrash
	}
	if err := c.fakeStore.Account(ctx, e, rows, cursor); err != nil || c.left() {
		return err
	}
	return errCrash // it is written, and nobody learns of it
}

// Wherever the process dies, before and behind each command to the server and
// each write to the store, the next one goes on: every message is recorded
// once and marked. Nothing is left in the spool and no goroutine.
func TestCrashAnywhere(t *testing.T) {
	for name, mark := range map[string]Mark{"no mark": {}, "keyword": {Keyword: "$Aupd"}, "move": {Move: "Done"}} {
		t.Run(name, func(t *testing.T) {
			for n, crashed := 0, true; crashed; n++ {
				synctest.Test(t, func(t *testing.T) { crashed = crashAt(t, n, mark) })
			}
		})
	}
}

// crashAt lets a process die at step n and another go on; it reports whether
// there was a step n.
func crashAt(t *testing.T, n int, mark Mark) bool {
	f, store, marked := newFake(), newFakeStore(), make(map[string]bool)
	f.caps = "IMAP4rev1 MOVE"
	f.mail[1] = string(message(" "+phrase, 1)) + strings.Repeat("0123456789\r\n", 50_000)
	once := func(steps int) (crashed bool, err error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		left := func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if steps--; steps < 0 {
				crashed = true
				cancel()
			}
			return steps >= 0
		}
		f.script = func(c *fakeConn, cmd string) bool { return left() && f.mark(c, cmd, marked) }
		dies := crasher{store, left}
		w, err := New(Options{
			Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase,
			Mark: mark, SpoolDir: t.TempDir(), Dial: f.dial,
		}, dies, dies)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Once(ctx)
		time.Sleep(time.Minute) // for the server to notice
		return crashed, err
	}
	crashed, err := once(n)
	if err != nil && !crashed {
		t.Errorf("step %d was not reached: %v", n, err)
	}
	if _, err := once(math.MaxInt); err != nil {
		t.Errorf("step %d: the next process: %v", n, err)
	}
	if got := len(store.all()); got != 2 {
		t.Errorf("step %d: %d mails, want 2", n, got)
	}
	want := map[string]bool{"1": true, "3": true}
	if mark.none() {
		want = map[string]bool{}
	}
	if d := cmp.Diff(want, marked); d != "" {
		t.Errorf("step %d: marked (-want +got):\n%s", n, d)
	}
	return crashed
}

// Ten thousand connections that end early cost nothing that stays: no mail, no
// memory, no goroutine.
func TestManyReconnects(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 1000
	}
	f := newFake()
	arrived := uint32(3)
	f.script = func(c *fakeConn, cmd string) bool {
		if cmd != "IDLE" {
			return false
		}
		c.say("+ idling")
		if c.n%100 == 0 {
			f.change(func() {
				arrived++
				f.mail[arrived] = string(message(" "+phrase, int(arrived)))
				delete(f.mail, arrived-5)
			})
		}
		_ = c.Close()
		return true
	}
	try(t, f, func(o *Options) { o.Log = nil }, func(t *trial) {
		conns := func() int {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.conns
		}
		reach := func(n int) (heap uint64, goroutines int) {
			for conns() < n {
				time.Sleep(time.Minute)
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc, runtime.NumGoroutine()
		}
		heap, goroutines := reach(many / 10)
		heapAfter, goroutinesAfter := reach(many)
		if grown := int64(heapAfter) - int64(heap); grown > 4<<20 || goroutinesAfter > goroutines+5 {
			t.Errorf("the heap grew by %d bytes, goroutines from %d to %d", grown, goroutines, goroutinesAfter)
		}
		seen := make(map[uint32]int)
		for _, m := range t.store.all() {
			seen[m.UID]++
		}
		for uid := uint32(4); uid < arrived; uid++ {
			if seen[uid] != 1 {
				t.Errorf("uid %d was recorded %d times", uid, seen[uid])
			}
		}
	})
}

// A disk that takes minutes for each message slows the reading and nothing
// else.
func TestSlowDisk(t *testing.T) {
	f := newFake()
	for uid := uint32(4); uid < 200; uid++ {
		f.mail[uid] = string(message(" "+phrase, int(uid))) + strings.Repeat("0123456789abcdef\r\n", 12_000)
	}
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		slow := slowSink{store, make(chan struct{}, 1)}
		w, err := New(Options{
			Name: testName, URL: "imap://127.0.0.1", Username: "u", Auth: PasswordAuth("p"), Subject: phrase, SpoolDir: t.TempDir(), Dial: f.dial,
		}, store, slow)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Once(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(store.all()); n != 198 || f.conns != 1 {
			t.Errorf("%d mails by %d connections, want 198 by one", n, f.conns)
		}
		time.Sleep(time.Minute)
	})
}

// A slowSink takes mail at once and records it one after another.
type slowSink struct {
	*fakeStore
	turn chan struct{}
}

func (s slowSink) Put(ctx context.Context, m *aup.Mail, done func(error)) error {
	go func() {
		s.turn <- struct{}{}
		time.Sleep(3 * time.Minute)
		if err := s.fakeStore.Put(ctx, m, done); err != nil {
			done(fmt.Errorf("put: %w", err))
		}
		<-s.turn
	}()
	return nil
}
