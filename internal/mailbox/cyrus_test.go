//go:build integration

package mailbox

import (
	"maps"
	"slices"
	"testing"
	"time"

	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
)

// Every form of subject, and new mail in IDLE, on a Cyrus.
func TestCyrus(t *testing.T) {
	c, err := imaptest.StartCyrus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	forms := imaptest.Subjects()
	names := slices.Sorted(maps.Keys(forms))
	var raws [][]byte
	for i, name := range names {
		raws = append(raws, message(forms[name], i), message(" Weekly report", i))
	}
	refused, err := c.Append("INBOX", raws...)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	for i, name := range names {
		if !slices.Contains(refused, 2*i) {
			want[string(raws[2*i])] = true
		} else if name != "folded, bare LF" {
			t.Errorf("%s was refused", name)
		}
	}
	store := newFakeStore()
	w := newWatcher(t, Options{
		Name: testName, URL: "imap://" + c.Addr, Username: imaptest.Username,
		Auth: PasswordAuth(imaptest.Password), Subject: phrase,
	}, store)
	for range 2 {
		if err := w.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	taken := make(map[string]bool)
	for _, m := range store.all() {
		taken[m.raw] = true
	}
	if d := cmp.Diff(want, taken); d != "" || len(store.all()) != len(want) {
		t.Errorf("%d mails, want %d (-want +got):\n%s", len(store.all()), len(want), d)
	}
	running(t, w)
	time.Sleep(200 * time.Millisecond) // into IDLE
	if _, err := c.Append("INBOX", message(" New: "+phrase, 99)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	awaitMails(t, store, len(want)+1)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("new mail came after %v", d)
	}
}
