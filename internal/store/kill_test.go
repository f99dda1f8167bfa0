package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"
)

// killFolder names the data folder to the process that TestKill starts.
const killFolder = "AUPD_TEST_KILL_FOLDER"

func TestMain(m *testing.M) {
	var err error
	if dir := os.Getenv(killFolder); dir != "" {
		err = recordAll(context.Background(), dir)
	} else if dir := os.Getenv(fullFolder); dir != "" {
		err = recordUntilFull(dir, 1<<20)
	} else {
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	killMails = 600
	killBatch = 7
)

// killMail returns mail i: every fifth has the bytes of another, every fiftieth
// is written in chunks ahead of its report.
func killMail(i int) aup.Intake {
	body := fmt.Appendf(nil, "mail %d", i)
	if i%5 == 4 {
		body = fmt.Appendf(nil, "mail %d", i-3)
	}
	if i%50 == 10 {
		body = append(body, bytes.Repeat([]byte("a line of a large message\n"), 90_000)...)
	}
	return intake(body, uint32(i+1))
}

// recordAll records, as a mailbox would, the mails that the ledger does not
// know of, and accounts for the UIDs that are none.
func recordAll(ctx context.Context, dir string) error {
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	e := killMail(0).Mail.Source.Epoch()
	_, cursor, err := s.Cursor(ctx, e.Mailbox, e.Folder)
	if err != nil {
		return err
	}
	for i := int(cursor); i < killMails; i += killBatch {
		var batch []aup.Intake
		for j := i; j < min(i+killBatch, killMails); j++ {
			batch = append(batch, killMail(j))
		}
		if _, err := s.Record(ctx, batch); err != nil {
			return err
		}
		last := uint32(i + len(batch))
		if err := s.Account(ctx, e, []aup.LedgerRow{{First: last + 1000, Last: last + 1000, Fate: aup.NotSelected}}, last); err != nil {
			return err
		}
	}
	return nil
}

// TestKill ends a process that records with SIGKILL at random moments. Each
// time the store is whole; after one run to the end every mail is there once.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(kill time.Duration) (killed bool) {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
		cmd.Env = append(os.Environ(), killFolder+"="+dir)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kill > 0 {
			timer := time.AfterFunc(kill, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		err := cmd.Wait()
		if err != nil && out.Len() > 0 {
			t.Fatalf("the process that records: %v: %s", err, &out)
		}
		return err != nil
	}
	kills := 0
	for range 20 {
		if run(10*time.Millisecond + rand.N(90*time.Millisecond)) {
			kills++
		}
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			t.Fatalf("Open after kill %d: %v", kills, err)
		}
		whole(t, s)
		s.Close()
	}
	if kills == 0 {
		t.Error("no process was killed: the moments are too late")
	}
	run(0)
	checkKilled(t, open(t, dir))
	t.Logf("%d kills", kills)
}

// checkKilled checks that every mail of killMail is recorded exactly once.
func checkKilled(t *testing.T, s *store.Store) {
	t.Helper()
	want := make(map[aup.Hash][]uint32)
	for i := range killMails {
		m := killMail(i).Mail
		want[m.Hash] = append(want[m.Hash], m.Source.UID)
	}
	page, err := s.Reports(t.Context(), aup.Query{})
	if err != nil || len(page.Reports) != len(want) {
		t.Fatalf("%d reports, %v; want %d", len(page.Reports), err, len(want))
	}
	for _, r := range page.Reports {
		uids := want[r.SHA256]
		if len(uids) != len(r.Sources) {
			t.Errorf("report %s has sources %v, want UIDs %v", r.ID, r.Sources, uids)
		}
		delete(want, r.SHA256)
	}
	if len(want) > 0 {
		t.Errorf("%d messages are no reports", len(want))
	}
}
