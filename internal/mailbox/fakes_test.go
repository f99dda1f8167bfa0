package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// A proxy that breaks a connection leaves some of its own goroutines behind.
	const proxy = "github.com/Shopify/toxiproxy/v2"
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(proxy+".(*ToxicLink).read"), goleak.IgnoreAnyFunction(proxy+".(*ToxicLink).write"),
		goleak.IgnoreAnyFunction(proxy+"/toxics.(*ToxicStub).Run"))
}

// A fakeStore is a Sink and an Accountant in memory that keeps to what the
// interfaces promise, and fails where it is told to.
type fakeStore struct {
	mu      sync.Mutex
	mails   []got
	epochs  map[string]aup.Epoch
	cursors map[string]uint32
	rows    map[aup.Epoch]map[uint32]aup.LedgerRow
	refuse  func(aup.Source) error // what done is told; nil for yes
	taken   []aup.Source           // near misses that somebody took
	arrived chan struct{}
}

type got struct {
	aup.Source
	raw        string
	hash       aup.Hash
	quarantine string
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		epochs: make(map[string]aup.Epoch), cursors: make(map[string]uint32),
		rows: make(map[aup.Epoch]map[uint32]aup.LedgerRow), arrived: make(chan struct{}, 1000),
	}
}

func (s *fakeStore) Put(_ context.Context, m *aup.Mail, done func(error)) error {
	raw, err := io.ReadAll(m.Reader())
	if err = errors.Join(err, m.Close()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(m.Source); err != nil {
			go done(err)
			return nil
		}
	}
	s.mails = append(s.mails, got{m.Source, string(raw), m.Hash, m.Quarantine})
	fate := aup.Recorded
	if m.Quarantine != "" {
		fate = aup.Quarantined
	}
	s.set(m.Source.Epoch(), aup.LedgerRow{First: m.Source.UID, Last: m.Source.UID, Fate: fate})
	signal(s.arrived)
	go done(nil)
	return nil
}

func (s *fakeStore) set(e aup.Epoch, r aup.LedgerRow) {
	if s.rows[e] == nil {
		s.rows[e] = make(map[uint32]aup.LedgerRow)
	}
	for u := r.First; u <= r.Last; u++ {
		if old := s.rows[e][u].Fate; old == aup.Recorded || old == aup.Quarantined {
			continue
		}
		one := r
		one.First, one.Last = u, u
		s.rows[e][u] = one
	}
}

func (s *fakeStore) Cursor(_ context.Context, mailbox, folder string) (aup.Epoch, uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := mailbox + "/" + folder
	return s.epochs[key], s.cursors[key], nil
}

func (s *fakeStore) Rows(_ context.Context, e aup.Epoch, first, last uint32) ([]aup.LedgerRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []aup.LedgerRow
	for u, r := range s.rows[e] {
		if u >= first && u <= last {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b aup.LedgerRow) int { return cmp.Compare(a.First, b.First) })
	return rows, nil
}

func (s *fakeStore) Account(_ context.Context, e aup.Epoch, rows []aup.LedgerRow, cursor uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := e.Mailbox + "/" + e.Folder
	if s.epochs[key] != e {
		s.epochs[key], s.cursors[key] = e, 0
	}
	s.cursors[key] = max(s.cursors[key], cursor)
	for _, r := range rows {
		s.set(e, r)
	}
	return nil
}

// Wanted is the Options.Wanted of the store.
func (s *fakeStore) Wanted(_ context.Context, e aup.Epoch) (uids []uint32, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, src := range s.taken {
		fate := s.rows[e][src.UID].Fate
		if src.Epoch() == e && (fate == aup.NearMiss || fate == aup.Undecided || fate == aup.Missing) {
			uids = append(uids, src.UID)
		}
	}
	return uids, nil
}

// take takes near misses of INBOX in its epoch.
func (s *fakeStore) take(uids ...uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.epochs[testName+"/INBOX"]
	for _, uid := range uids {
		s.taken = append(s.taken, aup.Source{Mailbox: e.Mailbox, Folder: e.Folder, UIDValidity: e.UIDValidity, UID: uid})
	}
}

// fates returns what the ledger says of the UIDs of INBOX in its epoch,
// and its cursor.
func (s *fakeStore) fates() (map[uint32]aup.Fate, uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := testName + "/INBOX"
	all := make(map[uint32]aup.Fate)
	for u, r := range s.rows[s.epochs[key]] {
		all[u] = r.Fate
	}
	return all, s.cursors[key]
}

func (s *fakeStore) all() []got {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// await waits for a mail.
func (s *fakeStore) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.arrived:
	case <-time.After(10 * time.Second):
		t.Fatalf("no mail within 10 s; %d are there", len(s.all()))
	}
}

const testName = "support"

func startServer(t *testing.T, opt ...imaptest.Option) *imaptest.Server {
	t.Helper()
	srv, err := imaptest.Start(opt...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return srv
}

func testOptions(srv *imaptest.Server) Options {
	return Options{
		Name: testName, URL: "imap://" + srv.Addr(), Username: imaptest.Username,
		Auth: PasswordAuth(imaptest.Password), Subject: phrase,
	}
}

func newWatcher(t *testing.T, opt Options, s *fakeStore) *Watcher {
	t.Helper()
	opt.SpoolDir = t.TempDir()
	w, err := New(opt, s, s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// running starts Run and returns what stops it and waits for its end.
func running(t *testing.T, w *Watcher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run does not end within 5 s of its context")
		}
	})
	t.Cleanup(stop)
	return stop
}

func message(subject string, n int) []byte {
	return fmt.Appendf(nil, "From: reporter@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject:%s\r\n\r\nbody %d\r\n", n, subject, n)
}

func appendTo(t *testing.T, srv *imaptest.Server, folder string, raws ...[]byte) {
	t.Helper()
	for _, raw := range raws {
		if err := srv.Append(folder, raw, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
}

func certificate(t *testing.T, notAfter time.Time) imaptest.Certificate {
	t.Helper()
	c, err := imaptest.NewCertificate(notAfter)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serverTLS(t *testing.T, c imaptest.Certificate) *tls.Config {
	t.Helper()
	conf, err := c.Server()
	if err != nil {
		t.Fatal(err)
	}
	return conf
}
