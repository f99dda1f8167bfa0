//go:build integration

package main_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"
)

// soakFolders are watched by the daemon; faults take away all but INBOX.
var soakFolders = []string{"INBOX", "Abuse", "Junk", "Reports"}

// soakHeap is what the heap of the daemon may reach: some 60 MB, and what differs
// from one run to the next.
const soakHeap = 96 << 20

// TestSoak lets mail arrive at fifty messages a second while the server, the
// line to it and the daemon fail every few seconds. In the end every message
// that matches is a report, once, everything is accounted for, and the daemon
// is no larger than at first and never was large.
//
//	AUPD_SOAK=30m go test -tags integration -run TestSoak -timeout 60m -v ./cmd/aupd
func TestSoak(t *testing.T) {
	lasts := 2 * time.Minute
	if s := os.Getenv("AUPD_SOAK"); s != "" {
		var err error
		if lasts, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := newSoak(t, rand.New(rand.NewPCG(seed, 1)))
	load := newLoad(s.server.Addr, soakFolders)
	ctx, stop := context.WithCancel(t.Context())
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		load.run(ctx)
	}()
	s.start()
	idle := s.settled(time.Minute)
	unwatch := s.watch()
	begin, tick := time.Now(), time.Now()
	for time.Since(begin) < lasts {
		// In the last part the daemon lives on, so that a leak would show.
		s.fail(time.Since(begin) < lasts*3/4)
		if time.Since(tick) > lasts/10 {
			tick = time.Now()
			t.Logf("%v: %d messages, %v, %d daemons, now %v", time.Since(begin).Round(time.Second), load.count(), s.faults, s.lives, s.sample())
		}
	}
	stop()
	<-loaded
	t.Logf("%d messages in %v, %d appended again after an error; %v", load.count(), time.Since(begin).Round(time.Second), load.retried, s.faults)

	s.settle()
	last := s.calm(idle)
	unwatch()
	if s.most.heap > soakHeap {
		t.Errorf("the heap reached %.0f MB, want at most %d", s.most.heap/(1<<20), soakHeap>>20)
	}
	t.Logf("the daemon at first: %v; in the end: %v; most: %v", idle, last, s.most)
	if last.leaksGoroutines(idle) {
		t.Errorf("%.0f goroutines are left, %.0f are at work in a new daemon", last.goroutines, idle.goroutines)
	}
	if last.leaksMemory(idle) {
		t.Errorf("%.0f MB are alive in the heap, %.0f in a new daemon", last.live/(1<<20), idle.live/(1<<20))
	}
	s.end()
	s.check(load)
}

// A soak is a server, the line to it, and the daemon that watches it.
type soak struct {
	*testing.T
	rng         *rand.Rand
	server      *imaptest.Dovecot
	link        *imaptest.Link
	bin, config string
	admin       string
	log         *os.File

	daemon *exec.Cmd
	ended  chan error // of the daemon
	lives  int
	epochs map[string]int // changes of UIDVALIDITY that this daemon has met
	faults map[string]int

	mu   sync.Mutex
	most vitals
}

func newSoak(t *testing.T, rng *rand.Rand) *soak {
	t.Helper()
	server, err := imaptest.StartDovecot(t.Context(), imaptest.DovecotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, f := range soakFolders[1:] {
		if err := server.Create(f); err != nil {
			t.Fatal(err)
		}
	}
	link, err := imaptest.NewLink(server.TLSAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(link.Close)
	s := &soak{T: t, rng: rng, server: server, link: link, bin: build(t), admin: freeAddr(t), faults: make(map[string]int)}
	s.config = configure(t, link.Addr, server.Certificate.PEM, fmt.Sprintf("    folders: [%s]\npoll: 5s\nhttp: {listen: \"\"}\nadmin: {listen: \"%s\"}\n",
		strings.Join(soakFolders, ", "), s.admin))
	if s.log, err = os.Create(filepath.Join(t.TempDir(), "aupd.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.daemon != nil {
			_ = s.daemon.Process.Kill() // it has ended when all went well
		}
		if t.Failed() {
			out, _ := os.ReadFile(s.log.Name())
			t.Logf("the daemons said in the end:\n%s", out[max(0, len(out)-8000):])
		}
	})
	return s
}

// start starts a daemon.
func (s *soak) start() {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), s.bin, "--config", s.config, "serve")
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.daemon, s.ended, s.epochs = cmd, make(chan error, 1), make(map[string]int)
	s.lives++
	go func(ended chan<- error) { ended <- cmd.Wait() }(s.ended)
}

// alive fails when the daemon has ended by itself.
func (s *soak) alive() {
	s.Helper()
	select {
	case err := <-s.ended:
		s.Fatalf("the daemon ended by itself: %v", err)
	default:
	}
}

// aupd runs a command and returns what it said.
func (s *soak) aupd(args ...string) (string, error) {
	out, err := exec.CommandContext(s.Context(), s.bin, append([]string{"--config", s.config}, args...)...).CombinedOutput()
	return string(out), err
}

// vitals is how a daemon is.
type vitals struct{ heap, live, rss, goroutines float64 }

// String returns it for a log.
func (v vitals) String() string {
	return fmt.Sprintf("heap %.0f MB, %.0f MB alive, resident %.0f MB, %.0f goroutines", v.heap/(1<<20), v.live/(1<<20), v.rss/(1<<20), v.goroutines)
}

func (v vitals) leaksGoroutines(idle vitals) bool { return v.goroutines > idle.goroutines+5 }

func (v vitals) leaksMemory(idle vitals) bool { return v.live > idle.live+16<<20 }

// calm waits until the daemon has settled, and until what the last messages
// left it to do is done: the search index writes what it gathered in memory, and
// merges it. A leak stays.
func (s *soak) calm(idle vitals) vitals {
	s.Helper()
	last := s.settled(5 * time.Minute)
	for start := time.Now(); (last.leaksMemory(idle) || last.leaksGoroutines(idle)) && time.Since(start) < 2*time.Minute; time.Sleep(time.Second) {
		s.collect()
		last = s.sample()
	}
	return last
}

// watch looks at the daemon until stop is called: a heap that grows is soon small
// again.
func (s *soak) watch() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			s.sample()
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// sample looks at the daemon, if it answers.
func (s *soak) sample() vitals {
	m := metrics(s.Context(), s.admin)
	v := vitals{m["go_memstats_heap_inuse_bytes"], m["go_memstats_heap_alloc_bytes"], m["process_resident_memory_bytes"], m["go_goroutines"]}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = vitals{max(s.most.heap, v.heap), max(s.most.live, v.live), max(s.most.rss, v.rss), max(s.most.goroutines, v.goroutines)}
	return v
}

// settled waits until every folder is known and without an error, and returns
// how the daemon is then.
func (s *soak) settled(within time.Duration) vitals {
	s.Helper()
	for start := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		s.alive()
		m := metrics(s.Context(), s.admin)
		if m["aupd_mailbox_connected"] == float64(len(soakFolders)) && m["aupd_mailbox_waiting_messages"] == 0 && m["aupd_mailbox_polls_total"] >= float64(len(soakFolders)) {
			break
		}
		if time.Since(start) > within {
			out, _ := s.aupd("status")
			s.Fatalf("not settled after %v:\n%s", within, out)
		}
	}
	s.collect()
	return s.sample()
}

// collect makes the daemon give up what is not alive in its heap.
func (s *soak) collect() {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.admin+"/debug/pprof/heap?gc=1", nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.Fatal(err)
	}
}

// settle waits until a look from outside finds everything accounted for.
func (s *soak) settle() {
	s.Helper()
	for start := time.Now(); ; time.Sleep(time.Second) {
		s.alive()
		out, err := s.aupd("reconcile")
		if err == nil {
			s.Logf("accounted for %v after the last message:\n%s", time.Since(start).Round(time.Second), out)
			return
		}
		if time.Since(start) > 10*time.Minute {
			s.Fatalf("reconcile: %v\n%s", err, out)
		}
		if _, err := s.aupd("ingest"); err != nil {
			s.Logf("ingest: %v", err)
		}
	}
}

// end stops the daemon cleanly.
func (s *soak) end() {
	s.Helper()
	if err := s.daemon.Process.Signal(os.Interrupt); err != nil {
		s.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			s.Errorf("the daemon ended with %v after an interrupt", err)
		}
	case <-time.After(30 * time.Second):
		s.Error("the daemon does not end within 30s")
	}
}

// check compares the store with what was appended.
func (s *soak) check(load *load) {
	s.Helper()
	for _, args := range [][]string{{"verify"}, {"reconcile"}} {
		start := time.Now()
		out, err := s.aupd(args...)
		if err != nil {
			s.Errorf("%s: %v\n%.4000s", args[0], err, out)
		}
		s.Logf("%s took %v: %s", args[0], time.Since(start).Round(time.Second), strings.TrimSpace(out))
	}
	want := load.wanted()
	places := make(map[aup.Source]bool)
	reports, repeated := listed(s.T, s.bin, s.config), 0
	for _, r := range reports {
		if _, ok := want[r.SHA256]; !ok {
			s.Errorf("report %s is of no message that was appended, or there twice", r.ID)
		}
		delete(want, r.SHA256)
		for _, at := range r.Sources {
			at.InternalDate = time.Time{}
			if places[at] {
				repeated++
			}
			places[at] = true
		}
	}
	missing := 0
	for _, certain := range want {
		if certain {
			missing++
		}
	}
	s.Logf("%d reports, seen at %d places: %d missing, %d repeated", len(reports), len(places), missing, repeated)
	if missing > 0 || repeated > 0 || len(reports) == 0 {
		s.Errorf("%d missing, %d repeated of %d", missing, repeated, len(reports))
	}
}

// pick returns one of the names at random, each as likely as its weight says.
func pick(rng *rand.Rand, weights map[string]int) string {
	var all []string
	for name, n := range weights {
		all = append(all, slices.Repeat([]string{name}, n)...)
	}
	slices.Sort(all)
	return all[rng.IntN(len(all))]
}
