package store_test

import (
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestLedgerIsAMap compares the ledger's merged ranges with a plain map under
// random use, with the store opened anew in between.
func TestLedgerIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		type entry struct {
			fate aup.Fate
			note string
		}
		const top = 40
		e := aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 3}
		want := make(map[uint32]entry)
		cursor := uint32(0)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			if rapid.IntRange(0, 9).Draw(rt, "open anew") == 0 {
				s.Close()
				if s, err = store.Open(dir, store.Options{}); err != nil {
					rt.Fatal(err)
				}
			}
			first := rapid.Uint32Range(1, top).Draw(rt, "first")
			if rapid.Bool().Draw(rt, "record") {
				in := intake([]byte{byte(first), byte(len(want)), rapid.Byte().Draw(rt, "body")}, first)
				in.Mail.Source.Mailbox, in.Mail.Source.Folder, in.Mail.Source.UIDValidity = e.Mailbox, e.Folder, e.UIDValidity
				in.Events[0].Received.Source = in.Mail.Source
				if want[first].fate == aup.Recorded {
					continue // a UID names one message for ever
				}
				if _, err := s.Record(t.Context(), []aup.Intake{in}); err != nil {
					rt.Fatal(err)
				}
				want[first] = entry{fate: aup.Recorded}
				continue
			}
			row := aup.LedgerRow{First: first, Last: rapid.Uint32Range(first, top).Draw(rt, "last")}
			row.Fate = rapid.SampledFrom([]aup.Fate{aup.NotSelected, aup.NearMiss, aup.Missing}).Draw(rt, "fate")
			if row.First == row.Last {
				row.Note = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "note")
			}
			to := rapid.Uint32Range(0, top).Draw(rt, "cursor")
			if err := s.Account(t.Context(), e, []aup.LedgerRow{row}, to); err != nil {
				rt.Fatal(err)
			}
			cursor = max(cursor, to)
			for uid := row.First; uid <= row.Last; uid++ {
				if want[uid].fate != aup.Recorded {
					want[uid] = entry{row.Fate, row.Note}
				}
			}
		}
		rows, err := s.Rows(t.Context(), e, 1, top)
		if err != nil {
			rt.Fatal(err)
		}
		got := make(map[uint32]entry)
		fates := make(map[aup.Fate]int)
		for i, r := range rows {
			if i > 0 && r.First <= rows[i-1].Last {
				rt.Fatalf("rows overlap or are out of order: %v", rows)
			}
			for uid := r.First; uid <= r.Last; uid++ {
				got[uid] = entry{r.Fate, r.Note}
				fates[r.Fate]++
			}
		}
		if len(got) != len(want) {
			rt.Fatalf("%d UIDs are known, want %d: %v", len(got), len(want), rows)
		}
		for uid, w := range want {
			if got[uid] != w {
				rt.Fatalf("UID %d is %v, want %v", uid, got[uid], w)
			}
		}
		epoch, at, err := s.Cursor(t.Context(), e.Mailbox, e.Folder)
		if err != nil || len(want) > 0 && epoch != e || at != cursor {
			rt.Fatalf("Cursor = %v, %d, %v; want %v, %d", epoch, at, err, e, cursor)
		}
		st, err := s.Status(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		for fate, n := range fates {
			if st.Folders[0].Fates[fate] != n {
				rt.Fatalf("status counts %v, want %v", st.Folders[0].Fates, fates)
			}
		}
		if a, err := s.Verify(t.Context()); err != nil || len(a.Faults) > 0 {
			rt.Fatalf("Verify: %v, faults %q", err, a.Faults)
		}
	})
}

func TestLedgerEpochs(t *testing.T) {
	s := open(t, t.TempDir())
	old := aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 1}
	next := aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 2}
	rows := []aup.LedgerRow{{First: 1, Last: 100000, Fate: aup.NotSelected}}
	for _, step := range []struct {
		e      aup.Epoch
		cursor uint32
	}{{old, 100000}, {next, 7}} {
		if err := s.Account(t.Context(), step.e, rows, step.cursor); err != nil {
			t.Fatal(err)
		}
		if e, cursor, err := s.Cursor(t.Context(), "m", "f"); e != step.e || cursor != step.cursor || err != nil {
			t.Errorf("Cursor = %v, %d, %v; want %v", e, cursor, err, step)
		}
	}
	if got, err := s.Rows(t.Context(), old, 50, 60); err != nil || len(got) != 1 || got[0].First != 50 || got[0].Last != 60 {
		t.Errorf("rows of the old epoch: %v, %v; want them kept, cut to 50–60", got, err)
	}
	if e, cursor, err := s.Cursor(t.Context(), "m", "other"); e != (aup.Epoch{}) || cursor != 0 || err != nil {
		t.Errorf("Cursor of a folder never seen = %v, %d, %v", e, cursor, err)
	}
	if err := s.Account(t.Context(), aup.Epoch{Mailbox: "m", Folder: "f"}, rows, 1); err == nil {
		t.Error("UIDVALIDITY 0 was accepted")
	}
}

// TestLateMail records mail of an epoch that the folder has left, and of one
// that it has not begun: neither moves the folder, both are counted in theirs.
func TestLateMail(t *testing.T) {
	s := open(t, t.TempDir())
	epoch := func(v uint32) aup.Epoch { return aup.Epoch{Mailbox: "support", Folder: "INBOX", UIDValidity: v} }
	mail := func(v, uid uint32) {
		t.Helper()
		in := intake([]byte{byte(v), byte(uid)}, uid)
		in.Mail.Source.UIDValidity = v
		in.Events[0].Received.Source.UIDValidity = v
		record(t, s, in)
	}
	stands := func(v, cursor uint32, recorded, notSelected int) {
		t.Helper()
		want := aup.FolderStatus{Epoch: epoch(v), Cursor: cursor, Fates: map[aup.Fate]int{aup.Recorded: recorded, aup.NotSelected: notSelected}}
		st, err := s.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]aup.FolderStatus{want}, st.Folders); d != "" {
			t.Errorf("folders (-want +got):\n%s", d)
		}
	}
	account := func(v, last, cursor uint32) {
		t.Helper()
		if err := s.Account(t.Context(), epoch(v), []aup.LedgerRow{{First: 1, Last: last, Fate: aup.NotSelected}}, cursor); err != nil {
			t.Fatal(err)
		}
	}
	account(1, 9, 9)
	mail(1, 10)
	stands(1, 9, 1, 9)
	mail(2, 3) // of the next epoch, before anything is accounted for in it
	stands(1, 9, 1, 9)
	account(2, 5, 5)
	stands(2, 5, 1, 4)
	mail(1, 11) // late
	stands(2, 5, 1, 4)
	account(1, 20, 20) // the server went back
	stands(1, 20, 2, 18)
}
