//go:build integration

package mailbox

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
)

func startDovecot(t *testing.T, opt imaptest.DovecotOptions) *imaptest.Dovecot {
	t.Helper()
	d, err := imaptest.StartDovecot(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func dovecotOptions(d *imaptest.Dovecot) Options {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(d.Certificate.PEM)
	return Options{
		Name: testName, URL: "imaps://" + d.TLSAddr, Username: imaptest.Username, RootCAs: pool,
		Auth: PasswordAuth(imaptest.Password), Subject: phrase,
	}
}

// mixture returns n messages, one in twenty of which matches, in every form in
// turn; others nearly match. Message-IDs repeat. wanted holds the hashes of
// the matching ones.
func mixture(n int) (raws [][]byte, wanted map[aup.Hash]int) {
	forms := imaptest.Subjects()
	names := slices.Sorted(maps.Keys(forms))
	wanted = make(map[aup.Hash]int)
	for i := range n {
		subject := fmt.Sprintf(" Weekly report %d", i)
		switch {
		case i%20 == 0:
			subject = forms[names[i/20%len(names)]]
		case i%50 == 1:
			subject = " Acceptable Usage Policy"
		}
		raw := fmt.Appendf(nil, "From: reporter%d@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject:%s\r\n\r\nNumber %d\r\n%s\r\n",
			i%9, i%7, subject, i, strings.Repeat("text text text\r\n", i%300))
		raws = append(raws, raw)
		if i%20 == 0 {
			wanted[sha256.Sum256(raw)]++
		}
	}
	return raws, wanted
}

// files returns the names in a Maildir, which hold the flags.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, sub+"/"+e.Name())
		}
	}
	return all
}

// Exactly the matching messages of 4,000 are taken, once, as they lay there,
// and the mailbox is as before.
func TestDovecotExact(t *testing.T) {
	d, store := startDovecot(t, imaptest.DovecotOptions{}), newFakeStore()
	raws, wanted := mixture(4000)
	if err := d.Deliver("INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	before := files(t, d.Maildir("INBOX"))
	w := newWatcher(t, dovecotOptions(d), store)
	for pass := range 2 {
		start := time.Now()
		if err := w.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("pass %d: %v", pass, time.Since(start).Round(time.Millisecond))
		taken := make(map[aup.Hash]int)
		for _, m := range store.all() {
			taken[m.hash]++
		}
		if d := cmp.Diff(wanted, taken); d != "" {
			t.Errorf("pass %d: taken (-want +got):\n%s", pass, d)
		}
	}
	if d := cmp.Diff(before, files(t, d.Maildir("INBOX"))); d != "" {
		t.Errorf("the mailbox changed:\n%s", d)
	}
	fates, cursor := store.fates()
	if len(fates) != len(raws) || cursor != uint32(len(raws)) {
		t.Errorf("%d of %d messages accounted for, cursor %d", len(fates), len(raws), cursor)
	}
}

func TestDovecotIdle(t *testing.T) {
	d, store := startDovecot(t, imaptest.DovecotOptions{}), newFakeStore()
	running(t, newWatcher(t, dovecotOptions(d), store))
	for i := range 3 {
		if err := d.Deliver("INBOX", message(" "+phrase, i)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		store.await(t)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("mail %d came after %v", i, d)
		}
		time.Sleep(100 * time.Millisecond) // into IDLE
	}
}

// The sign-in with STARTTLS, and with a wrong password.
func TestDovecotSignIn(t *testing.T) {
	d, store := startDovecot(t, imaptest.DovecotOptions{Extra: "auth_failure_delay = 0\n"}), newFakeStore()
	opt := dovecotOptions(d)
	opt.URL, opt.STARTTLS = "imap://"+d.Addr, true
	if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
		t.Error(err)
	}
	opt.Auth = PasswordAuth("wrong")
	err := newWatcher(t, opt, store).Once(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AUTHENTICATIONFAILED") {
		t.Errorf("Once = %v, want AUTHENTICATIONFAILED", err)
	}
}

// The server loses its index, is killed, and comes back: nothing is lost, and
// everything is read anew under the new UIDVALIDITY.
func TestDovecotComesBack(t *testing.T) {
	d, store := startDovecot(t, imaptest.DovecotOptions{}), newFakeStore()
	raws := [][]byte{message(" "+phrase, 1), message(" x", 2), message(" "+phrase, 3)}
	if err := d.Deliver("INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	w := newWatcher(t, dovecotOptions(d), store)
	running(t, w)
	awaitMails(t, store, 2)
	if err := d.Kill(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := d.Deliver("INBOX", message(" "+phrase, 4)); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, 3)
	if err := d.Kill(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // Dovecot's UIDVALIDITY is the time in seconds
	if err := d.Forget("INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, 6)
	seen := make(map[aup.Hash]map[uint32]bool)
	for _, m := range store.all() {
		if seen[m.hash] == nil {
			seen[m.hash] = make(map[uint32]bool)
		}
		seen[m.hash][m.UIDValidity] = true
	}
	for h, epochs := range seen {
		if len(seen) != 3 || len(epochs) != 2 {
			t.Errorf("%d messages, %v in %d epochs; want 3 in 2", len(seen), h, len(epochs))
		}
	}
}

// The server stops without a word, as behind a cut line: that is found out, and
// the mail is had when it goes on.
func TestDovecotStands(t *testing.T) {
	d, store := startDovecot(t, imaptest.DovecotOptions{}), newFakeStore()
	opt := dovecotOptions(d)
	opt.Quiet = time.Second
	w := newWatcher(t, opt, store)
	running(t, w)
	if err := d.Deliver("INBOX", message(" "+phrase, 1)); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, 1)
	if err := d.Kill(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.Wake()
	for start := time.Now(); w.Status()[0].LastError == ""; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("nothing is noticed within 10 s")
		}
	}
	if err := errors.Join(d.Deliver("INBOX", message(" "+phrase, 2)), d.Kill(syscall.SIGCONT)); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, 2)
}

func awaitMails(t *testing.T, store *fakeStore, n int) {
	t.Helper()
	for start := time.Now(); len(store.all()) < n; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%d mails after 30 s, want %d", len(store.all()), n)
		}
	}
}

// A good token signs in by either mechanism, a bad one is refused and renewed.
func TestDovecotOAuth2(t *testing.T) {
	const key = "a key for tests"
	d := startDovecot(t, imaptest.DovecotOptions{TokenKey: key, Extra: "auth_failure_delay = 0\n"})
	good := imaptest.NewToken(key, imaptest.Username, time.Now().Add(time.Hour))
	old := imaptest.NewToken(key, imaptest.Username, time.Now().Add(-time.Hour))
	once := func(token, fresh string) error {
		opt := dovecotOptions(d)
		opt.Auth = func(_ context.Context, again bool) (Secret, error) {
			if again {
				token = fresh
			}
			return Secret{Token: token}, nil
		}
		return newWatcher(t, opt, newFakeStore()).Once(t.Context())
	}
	if err := once(good, "unused"); err != nil {
		t.Error(err)
	}
	if err := once(old, good); err != nil {
		t.Error("renewed:", err)
	}
	var fault *Error
	if err := once(old, "worse"); !errors.As(err, &fault) || fault.Kind != KindAuth || !strings.Contains(err.Error(), "invalid_token") {
		t.Error("refused twice:", err)
	}
}

// The same with XOAUTH2 alone, as Exchange Online offers it.
func TestDovecotXOAUTH2(t *testing.T) {
	const key = "a key for tests"
	d := startDovecot(t, imaptest.DovecotOptions{TokenKey: key, Extra: "auth_mechanisms = plain xoauth2\nauth_failure_delay = 0\n"})
	opt := dovecotOptions(d)
	opt.Auth = func(context.Context, bool) (Secret, error) {
		return Secret{Token: imaptest.NewToken(key, imaptest.Username, time.Now().Add(time.Hour))}, nil
	}
	if err := newWatcher(t, opt, newFakeStore()).Once(t.Context()); err != nil {
		t.Error(err)
	}
	opt.Auth = func(context.Context, bool) (Secret, error) { return Secret{Token: "wrong"}, nil }
	var fault *Error
	if err := newWatcher(t, opt, newFakeStore()).Once(t.Context()); !errors.As(err, &fault) || fault.Kind != KindAuth {
		t.Error("wrong token:", err)
	}
}

// The marks on a real server: a second look finds nothing left to mark.
func TestDovecotMark(t *testing.T) {
	for name, mark := range map[string]Mark{"keyword": {Keyword: "$Aupd"}, "move": {Move: "Done"}} {
		t.Run(name, func(t *testing.T) {
			d, store := startDovecot(t, imaptest.DovecotOptions{}), newFakeStore()
			raws, wanted := mixture(400)
			if err := errors.Join(d.Create("Done"), d.Deliver("INBOX", raws...)); err != nil {
				t.Fatal(err)
			}
			opt := dovecotOptions(d)
			opt.Mark = mark
			for range 2 {
				if err := newWatcher(t, opt, store).Once(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			n, left, moved := 0, 400, len(files(t, d.Maildir("Done")))
			for _, times := range wanted {
				n += times
			}
			marked := 0
			for _, f := range files(t, d.Maildir("INBOX")) {
				if strings.HasSuffix(f, ":2,a") {
					marked++
				}
			}
			if mark.Move != "" {
				left -= n
			}
			if len(store.all()) != n || len(files(t, d.Maildir("INBOX"))) != left || marked+moved != n {
				t.Errorf("%d recorded, %d left, %d marked, %d moved; want %d of 400", len(store.all()), len(files(t, d.Maildir("INBOX"))), marked, moved, n)
			}
		})
	}
}

// countDials returns an Options.Dial that counts.
func countDials(n *int) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		*n++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
}
