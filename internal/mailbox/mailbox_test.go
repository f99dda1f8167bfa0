package mailbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
)

// Every form of subject is selected, whole and unaltered, among mail that is
// not, and everything is accounted for.
func TestOnceSelectsExactly(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	want := make(map[uint32]aup.Fate)
	raws := make(map[uint32]string)
	uid := uint32(0)
	add := func(subject string, fate aup.Fate) {
		uid++
		raw := message(subject, int(uid)%7) // Message-IDs repeat
		appendTo(t, srv, "INBOX", raw)
		want[uid], raws[uid] = fate, string(raw)
	}
	forms := imaptest.Subjects()
	for i, name := range slices.Sorted(maps.Keys(forms)) {
		add(forms[name], aup.Recorded)
		add(fmt.Sprintf(" Invoice %d", i), aup.NotSelected)
		if i%5 == 0 {
			add(" Acceptable Usage Policy", aup.NearMiss)
			add(" =?x-gone?B?goOEhQ==?=", aup.Undecided)
		}
	}
	w := newWatcher(t, testOptions(srv), store)
	for pass := range 2 {
		if err := w.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		fates, cursor := store.fates()
		if d := cmp.Diff(want, fates); d != "" {
			t.Errorf("pass %d: fates (-want +got):\n%s", pass, d)
		}
		if cursor != uid {
			t.Errorf("pass %d: cursor = %d, want %d", pass, cursor, uid)
		}
		if n := len(store.all()); n != len(forms) {
			t.Errorf("pass %d: %d mails, want %d", pass, n, len(forms))
		}
	}
	for _, m := range store.all() {
		if m.raw != raws[m.UID] || m.hash != sha256.Sum256([]byte(m.raw)) {
			t.Errorf("uid %d: not the bytes that were appended", m.UID)
		}
		if !m.InternalDate.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
			t.Errorf("uid %d: INTERNALDATE %v", m.UID, m.InternalDate)
		}
	}
}

func TestBigMessages(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	small, onDisk := message(" "+phrase, 1), append(message(" "+phrase, 2), bytes.Repeat([]byte("0123456789abcdef"), 40_000)...)
	over := append(message(" "+phrase, 3), make([]byte, 2<<20)...)
	appendTo(t, srv, "INBOX", small, over, onDisk)
	opt := testOptions(srv)
	opt.MaxMessage = 1 << 20
	w := newWatcher(t, opt, store)
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	fates, _ := store.fates()
	if d := cmp.Diff(map[uint32]aup.Fate{1: aup.Recorded, 2: aup.Quarantined, 3: aup.Recorded}, fates); d != "" {
		t.Errorf("fates (-want +got):\n%s", d)
	}
	header, _, _ := bytes.Cut(over, []byte("\r\n\r\n"))
	want := map[uint32]string{1: string(small), 2: string(header) + "\r\n\r\n", 3: string(onDisk)}
	for _, m := range store.all() {
		if m.raw != want[m.UID] || m.hash != sha256.Sum256([]byte(m.raw)) {
			t.Errorf("uid %d: %d bytes, want %d", m.UID, len(m.raw), len(want[m.UID]))
		}
		if (m.quarantine != "") != (m.UID == 2) {
			t.Errorf("uid %d: quarantine %q", m.UID, m.quarantine)
		}
	}
	left, err := os.ReadDir(w.opt.SpoolDir)
	if err != nil || len(left) > 0 {
		t.Errorf("spool: %d files left, %v", len(left), err)
	}
}

// More mail than fits in memory at once, through several batches.
func TestManyMessages(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	const n = 1200
	for i := range n {
		appendTo(t, srv, "INBOX", append(message(" "+phrase, i), bytes.Repeat([]byte{'x'}, rand.IntN(60_000))...))
	}
	opt := testOptions(srv)
	last := -1
	opt.Progress = func(folder string, done, total int) {
		if folder != "INBOX" || total != n || done < last {
			t.Errorf("progress %s %d of %d after %d", folder, done, total, last)
		}
		last = done
	}
	if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(store.all()); got != n || last != n {
		t.Errorf("%d mails, progress to %d, want %d", got, last, n)
	}
}

func TestRunDeliversNewMail(t *testing.T) {
	for name, opts := range map[string][]imaptest.Option{"idle": nil, "poll": {imaptest.WithoutIdle()}} {
		t.Run(name, func(t *testing.T) {
			srv, store := startServer(t, opts...), newFakeStore()
			if err := srv.Create("Abuse"); err != nil {
				t.Fatal(err)
			}
			opt := testOptions(srv)
			opt.Folders, opt.Poll = []string{"INBOX", "Abuse"}, 50*time.Millisecond
			w := newWatcher(t, opt, store)
			stop := running(t, w)
			appendTo(t, srv, "INBOX", message(" "+phrase, 1))
			store.await(t)
			for i := range 3 {
				appendTo(t, srv, "Abuse", message(" "+phrase, i), message(" hello", i))
				store.await(t)
				appendTo(t, srv, "INBOX", message(" RE: "+phrase, i))
				store.await(t)
			}
			for _, s := range w.Status() {
				if !s.Connected || s.UIDValidity == 0 {
					t.Errorf("status of %s: %+v", s.Folder, s)
				}
			}
			stop()
			for _, s := range w.Status() {
				if s.Connected {
					t.Errorf("%s is connected after the end", s.Folder)
				}
			}
		})
	}
}

func TestWake(t *testing.T) {
	srv, store := startServer(t, imaptest.WithoutIdle()), newFakeStore()
	opt := testOptions(srv)
	opt.Poll = time.Hour
	w := newWatcher(t, opt, store)
	running(t, w)
	appendTo(t, srv, "INBOX", message(" "+phrase, 1))
	for len(store.all()) == 0 {
		w.Wake()
		time.Sleep(time.Millisecond)
	}
}

// Another UIDVALIDITY makes every message new, while idle and between passes.
func TestUIDValidityChange(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	appendTo(t, srv, "INBOX", message(" "+phrase, 1), message(" x", 2))
	w := newWatcher(t, testOptions(srv), store)
	running(t, w)
	store.await(t)
	if err := srv.Reset("INBOX"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, srv, "INBOX", message(" y", 0), message(" "+phrase, 1))
	for len(store.all()) < 2 { // the server does not tell: look
		w.Wake()
		time.Sleep(time.Millisecond)
	}
	all := store.all()
	if all[0].UIDValidity == all[1].UIDValidity || all[0].hash != all[1].hash || all[1].UID != 2 {
		t.Errorf("sources %+v and %+v", all[0].Source, all[1].Source)
	}
}

func TestUIDValidityFlaps(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	w := newWatcher(t, testOptions(srv), store)
	var err error
	for range maxEpochs + 2 {
		if err = w.Once(t.Context()); err != nil {
			break
		}
		if err := srv.Reset("INBOX"); err != nil {
			t.Fatal(err)
		}
	}
	var fault *Error
	if !errors.As(err, &fault) || fault.Kind != KindEpoch {
		t.Errorf("Once = %v, want an error of kind %s", err, KindEpoch)
	}
}

func TestExpunged(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	appendTo(t, srv, "INBOX", message(" x", 1), message(" "+phrase, 2), message(" "+phrase, 3), message(" x", 4))
	if err := srv.Expunge("INBOX", 2); err != nil {
		t.Fatal(err)
	}
	w := newWatcher(t, testOptions(srv), store)
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	fates, cursor := store.fates()
	want := map[uint32]aup.Fate{1: aup.NotSelected, 3: aup.Recorded, 4: aup.NotSelected}
	if d := cmp.Diff(want, fates); d != "" || cursor != 4 {
		t.Errorf("cursor %d, fates (-want +got):\n%s", cursor, d)
	}
	for h, err := range w.Survey(t.Context()) {
		if err != nil || h.UIDValidity == 0 || !slices.Equal(h.UIDs, []uint32{1, 3, 4}) {
			t.Errorf("Survey = %v, %v", h, err)
		}
	}
}

// What the sink cannot record holds the cursor back, and nothing behind it is
// held up or recorded twice.
func TestSinkRefuses(t *testing.T) {
	srv, store := startServer(t), newFakeStore()
	for i := range 10 {
		appendTo(t, srv, "INBOX", message(" "+phrase, i))
	}
	full := errors.New("disk full")
	store.refuse = func(s aup.Source) error {
		if s.UID == 4 {
			return full
		}
		return nil
	}
	w := newWatcher(t, testOptions(srv), store)
	err := w.Once(t.Context())
	var fault *Error
	if !errors.Is(err, full) || !errors.As(err, &fault) || fault.Kind != KindStore {
		t.Errorf("Once = %v, want %v of kind %s", err, full, KindStore)
	}
	if _, cursor := store.fates(); cursor != 3 || len(store.all()) != 9 {
		t.Errorf("cursor = %d with %d mails, want 3 with 9", cursor, len(store.all()))
	}
	store.refuse = nil
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, cursor := store.fates(); cursor != 10 || len(store.all()) != 10 {
		t.Errorf("cursor = %d with %d mails, want 10 with 10", cursor, len(store.all()))
	}
}

func TestErrorsNameTheMend(t *testing.T) {
	srv := startServer(t)
	if err := srv.Create("Abuse Reports"); err != nil {
		t.Fatal(err)
	}
	expired, good := certificate(t, time.Now().Add(-time.Hour)), certificate(t, time.Now().Add(time.Hour))
	trust := func(c imaptest.Certificate) *x509.CertPool {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(c.PEM)
		return pool
	}
	tlsServer := func(c imaptest.Certificate) *imaptest.Server {
		return startServer(t, imaptest.WithTLS(serverTLS(t, c)))
	}
	closed := startServer(t)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*Options)
		kind   Kind
		say    []string
	}{
		"no server":    {func(o *Options) { o.URL = "imap://" + closed.Addr() }, KindDial, []string{"connect", "refused", "url"}},
		"no such host": {func(o *Options) { o.URL = "imaps://no-such-host.invalid" }, KindDial, []string{"connect", "typing error"}},
		"wrong password": {func(o *Options) { o.Auth = PasswordAuth("wrong") }, KindAuth,
			[]string{"sign in as support", "password"}},
		"wrong folder": {func(o *Options) { o.Folders = []string{"Abuse Report"} }, KindFolder,
			[]string{"folder Abuse Report", "there are: Abuse Reports, INBOX"}},
		"not TLS": {func(o *Options) { o.URL = "imaps://" + srv.Addr() }, KindTLS, []string{"starttls: true"}},
		"expired": {func(o *Options) { o.URL, o.RootCAs = "imaps://"+tlsServer(expired).Addr(), trust(expired) }, KindTLS, []string{"expired", "renewed"}},
		"another's certificate": {func(o *Options) {
			addr := tlsServer(good).Addr()
			o.URL, o.RootCAs = "imaps://imap.example.org", trust(good)
			o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		}, KindTLS, []string{"certificate is valid for", "as the server's certificate names it"}},
		"unknown authority":   {func(o *Options) { o.URL = "imaps://" + tlsServer(good).Addr() }, KindTLS, []string{"ca_file"}},
		"no STARTTLS":         {func(o *Options) { o.STARTTLS = true }, KindDial, []string{"STARTTLS"}},
		"two folders, joined": {func(o *Options) { o.Folders = []string{"A", "B"} }, KindFolder, []string{"folder A", "folder B"}},
	} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(srv)
			tc.change(&opt)
			err := newWatcher(t, opt, newFakeStore()).Once(t.Context())
			var fault *Error
			if !errors.As(err, &fault) || fault.Kind != tc.kind {
				t.Fatalf("Once = %v, want an error of kind %s", err, tc.kind)
			}
			for _, s := range append(tc.say, "mailbox support") {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if lines := strings.Count(err.Error(), "\n"); lines != len(opt.Folders)-min(1, len(opt.Folders)) {
				t.Errorf("%q has %d line ends", err, lines)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	good := Options{Name: "m", URL: "imaps://imap.example.org", Auth: PasswordAuth("x"), Subject: phrase}
	for name, change := range map[string]func(*Options){
		"plain text to a remote host": func(o *Options) { o.URL = "imap://imap.example.org" },
		"starttls on imaps":           func(o *Options) { o.STARTTLS = true },
		"another scheme":              func(o *Options) { o.URL = "pop3://imap.example.org" },
		"a password in the url":       func(o *Options) { o.URL = "imaps://a:b@imap.example.org" },
		"a path":                      func(o *Options) { o.URL = "imaps://imap.example.org/INBOX" },
		"no host":                     func(o *Options) { o.URL = "imaps://" },
		"no name":                     func(o *Options) { o.Name = "" },
		"no phrase":                   func(o *Options) { o.Subject = " \t" },
		"no sign-in":                  func(o *Options) { o.Auth = nil },
	} {
		t.Run(name, func(t *testing.T) {
			opt := good
			change(&opt)
			if _, err := New(opt, newFakeStore(), newFakeStore()); !errors.Is(err, aup.ErrInvalid) {
				t.Errorf("New = %v, want %v", err, aup.ErrInvalid)
			}
		})
	}
	if _, err := New(good, newFakeStore(), newFakeStore()); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	cert := certificate(t, time.Now().Add(time.Hour))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert.PEM)
	for name, tc := range map[string]struct {
		server   imaptest.Option
		url      string
		starttls bool
	}{
		"implicit": {imaptest.WithTLS(serverTLS(t, cert)), "imaps://", false},
		"STARTTLS": {imaptest.WithStartTLS(serverTLS(t, cert)), "imap://", true},
	} {
		t.Run(name, func(t *testing.T) {
			srv, store := startServer(t, tc.server), newFakeStore()
			appendTo(t, srv, "INBOX", message(" "+phrase, 1))
			opt := testOptions(srv)
			opt.URL, opt.STARTTLS, opt.RootCAs = tc.url+srv.Addr(), tc.starttls, pool
			if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(store.all()) != 1 {
				t.Errorf("%d mails, want 1", len(store.all()))
			}
		})
	}
}
