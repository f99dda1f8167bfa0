//go:build integration

package mailbox

import (
	"bytes"
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
)

// Every form of subject, new mail, and a lost index, on a Courier.
func TestCourier(t *testing.T) {
	c, err := imaptest.StartCourier(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	// Its files have the line ends of Unix, and it gives those of mail.
	raws, matching := mixture(1000)
	wanted := make(map[aup.Hash]int)
	for i, raw := range raws {
		raws[i] = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		if matching[sha256.Sum256(raw)] > 0 {
			wanted[sha256.Sum256(bytes.ReplaceAll(raws[i], []byte("\n"), []byte("\r\n")))]++
		}
	}
	if err := c.Deliver("INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	open := func() { // as its owner does: only then does it keep the UIDs
		client, err := imapclient.DialInsecure(c.Addr, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }() // after LOGOUT it has been closed
		if err := client.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Select("INBOX", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		if err := client.Logout().Wait(); err != nil {
			t.Fatal(err)
		}
	}
	open()
	before := len(files(t, c.Maildir("INBOX")))
	store, log := newFakeStore(), new(logBuffer)
	w := newWatcher(t, Options{
		Name: testName, URL: "imap://" + c.Addr, Username: imaptest.Username,
		Auth: PasswordAuth(imaptest.Password), Subject: phrase, Log: slog.New(slog.NewTextHandler(log, nil)),
	}, store)
	taken := func() map[aup.Hash]int {
		n := make(map[aup.Hash]int)
		for _, m := range store.all() {
			n[m.hash]++
		}
		return n
	}
	for range 2 {
		if err := w.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wanted, taken()); d != "" {
			t.Errorf("taken (-want +got):\n%s", d)
		}
	}
	if after := len(files(t, c.Maildir("INBOX"))); after != before {
		t.Errorf("%d messages, %d before", after, before)
	}
	stop := running(t, w)
	fresh := message(" New: "+phrase, 99)
	if err := c.Deliver("INBOX", bytes.ReplaceAll(fresh, []byte("\r\n"), []byte("\n"))); err != nil {
		t.Fatal(err)
	}
	awaitMails(t, store, len(store.all())+1)
	wanted[sha256.Sum256(fresh)]++
	stop()
	// Courier's UIDVALIDITY is the time in seconds.
	time.Sleep(1100 * time.Millisecond)
	if err := c.Forget("INBOX"); err != nil {
		t.Fatal(err)
	}
	open()
	if err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "may not keep the UIDs") {
		t.Errorf("nobody is told:\n%s", log)
	}
	for hash := range wanted {
		wanted[hash] *= 2
	}
	if d := cmp.Diff(wanted, taken()); d != "" {
		t.Errorf("taken in two epochs (-want +got):\n%s", d)
	}
}
