package store_test

import (
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

	"pgregory.net/rapid"
)

// TestLedgerIsAMap compares the ledger's merged ranges with a plain map under
// random use, with the store opened anew in between.
func TestLedgerIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := store.Open(t.TempDir(), store.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		type entry struct {
			fate aup.Fate
			note string
		}
		const top = 40
		e := aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 3}
		want := make(map[uint32]entry)
		cursor := uint32(0)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
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
