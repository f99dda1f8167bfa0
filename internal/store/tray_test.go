package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var inbox = aup.Epoch{Mailbox: "support", Folder: "INBOX", UIDValidity: 7}

func near(uid uint32) aup.Source {
	return aup.Source{Mailbox: inbox.Mailbox, Folder: inbox.Folder, UIDValidity: inbox.UIDValidity, UID: uid}
}

// withNearMisses returns a store with a near miss of UID 2, two undecided
// messages without a subject, 4 and 5, and others around them.
func withNearMisses(t *testing.T) *store.Store {
	t.Helper()
	s := open(t, t.TempDir())
	rows := []aup.LedgerRow{
		{First: 1, Last: 1, Fate: aup.NotSelected},
		{First: 2, Last: 2, Fate: aup.NearMiss, Note: `Acceptble Use "Policy"`, At: at},
		{First: 3, Last: 3, Fate: aup.Missing, Note: `"fate":"near-miss"`, Tries: 1, At: at},
		{First: 4, Last: 4, Fate: aup.Undecided, At: at}, {First: 5, Last: 5, Fate: aup.Undecided, At: at},
	}
	if err := s.Account(t.Context(), inbox, rows, 5); err != nil {
		t.Fatal(err)
	}
	return s
}

func settle(t *testing.T, s *store.Store, uid uint32, do aup.EventKind) (aup.TrayItem, error) {
	t.Helper()
	return s.Settle(t.Context(), aup.Actor{Name: "ann", From: "cli"}, aup.Settlement{Source: near(uid), Do: do, Reason: "because"})
}

// tray lists the tray as "UID state fate subject" and checks the count that the
// status has.
func tray(t *testing.T, s *store.Store, all bool) (lines []string) {
	t.Helper()
	page, err := s.NearMisses(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, i := range page.Items {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%d %s %s %s", i.Source.UID, i.State, i.Fate, i.Subject), " "))
		if i.State == aup.TrayOpen {
			open++
		}
	}
	st, err := s.Status(t.Context())
	if err != nil || st.OpenNearMisses != open || page.Open != open || page.More {
		t.Errorf("the status has %d open, the page %d (%v), the list %d: %v", st.OpenNearMisses, page.Open, page.More, open, err)
	}
	return lines
}

func wanted(t *testing.T, s *store.Store) []uint32 {
	t.Helper()
	uids, err := s.Wanted(t.Context(), inbox)
	if err != nil {
		t.Fatal(err)
	}
	return uids
}

func TestTray(t *testing.T) {
	s := withNearMisses(t)
	step := func(name string, all bool, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, tray(t, s, all)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	do := func(uid uint32, kind aup.EventKind) {
		t.Helper()
		if _, err := settle(t, s, uid, kind); err != nil {
			t.Fatal(err)
		}
	}
	step("at first", true, `2 open near-miss Acceptble Use "Policy"`, "4 open undecided", "5 open undecided")
	do(2, aup.EventNearMissDismissed)
	do(4, aup.EventNearMissDismissed)
	step("dismissed", false, "5 open undecided")
	step("dismissed, all", true, "5 open undecided", "4 dismissed undecided", `2 dismissed near-miss Acceptble Use "Policy"`)
	do(2, aup.EventNearMissTaken) // taking undoes a dismissal
	do(4, aup.EventNearMissRestored)
	step("taken and restored", true, "4 open undecided", "5 open undecided", `2 taken near-miss Acceptble Use "Policy"`)
	if d := cmp.Diff([]uint32{2}, wanted(t, s)); d != "" {
		t.Errorf("wanted (-want +got):\n%s", d)
	}
	if uids, err := s.Wanted(t.Context(), aup.Epoch{Mailbox: "support", Folder: "INBOX", UIDValidity: 8}); err != nil || uids != nil {
		t.Errorf("wanted of another epoch: %v, %v", uids, err)
	}
	// The wish outlives that the server does not give the message at first.
	if err := s.Account(t.Context(), inbox, []aup.LedgerRow{{First: 2, Last: 2, Fate: aup.Missing, Note: "not given", Tries: 1, At: at}}, 0); err != nil {
		t.Fatal(err)
	}
	step("missing", true, "4 open undecided", "5 open undecided", `2 taken missing Acceptble Use "Policy"`)
	if d := cmp.Diff([]uint32{2}, wanted(t, s)); d != "" {
		t.Errorf("wanted while missing (-want +got):\n%s", d)
	}
	r := record(t, s, intake([]byte("a message"), 2))[0]
	step("recorded", true, "4 open undecided", "5 open undecided", `2 taken recorded Acceptble Use "Policy"`)
	if got := wanted(t, s); got != nil {
		t.Errorf("%v is wanted still", got)
	}
	page, err := s.NearMisses(t.Context(), true)
	want := aup.TrayItem{Source: near(2), Subject: `Acceptble Use "Policy"`, State: aup.TrayTaken, Fate: aup.Recorded, Report: r.ID, By: "ann", Reason: "because"}
	if d := cmp.Diff(want, page.Items[2], cmpopts.IgnoreFields(aup.TrayItem{}, "At", "Since")); d != "" || err != nil {
		t.Errorf("the taken one, %v (-want +got):\n%s", err, d)
	}
	if _, err := s.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	step("rebuilt", true, "4 open undecided", "5 open undecided", `2 taken recorded Acceptble Use "Policy"`)
}

// What is settled as it is asked for already leaves no event.
func TestSettleAgain(t *testing.T) {
	s := withNearMisses(t)
	for i, kind := range []aup.EventKind{
		aup.EventNearMissRestored, aup.EventNearMissTaken, aup.EventNearMissTaken, aup.EventNearMissDismissed, aup.EventNearMissDismissed,
		aup.EventNearMissTaken, aup.EventNearMissRestored, aup.EventNearMissRestored, aup.EventNearMissTaken,
	} {
		item, err := settle(t, s, 2, kind)
		if err != nil || item.State != aup.TrayStateOf(kind) {
			t.Errorf("%d: %s = %+v, %v", i, kind, item, err)
		}
	}
	if head, err := s.Log().Head(t.Context()); err != nil || head != 5 {
		t.Errorf("%d events, %v; want 5", head, err)
	}
}

func TestSettleRefuses(t *testing.T) {
	s := withNearMisses(t)
	record(t, s, intake([]byte("a message"), 9))
	if _, err := settle(t, s, 4, aup.EventNearMissTaken); err != nil {
		t.Fatal(err)
	}
	if err := s.Account(t.Context(), inbox, []aup.LedgerRow{{First: 4, Last: 4, Fate: aup.Gone}}, 0); err != nil {
		t.Fatal(err)
	}
	of := func(change func(*aup.Source)) aup.Source { src := near(2); change(&src); return src }
	for name, tc := range map[string]struct {
		st   aup.Settlement
		want error
	}{
		"not selected":    {aup.Settlement{Source: near(1), Do: aup.EventNearMissTaken}, aup.ErrNotFound},
		"missing":         {aup.Settlement{Source: near(3), Do: aup.EventNearMissTaken}, aup.ErrNotFound},
		"unknown":         {aup.Settlement{Source: near(6), Do: aup.EventNearMissTaken}, aup.ErrNotFound},
		"UID 0":           {aup.Settlement{Source: near(0), Do: aup.EventNearMissTaken}, aup.ErrNotFound},
		"another mailbox": {aup.Settlement{Source: of(func(s *aup.Source) { s.Mailbox = "x" }), Do: aup.EventNearMissTaken}, aup.ErrNotFound},
		"another epoch":   {aup.Settlement{Source: of(func(s *aup.Source) { s.UIDValidity = 8 }), Do: aup.EventNearMissTaken}, aup.ErrConflict},
		"a report":        {aup.Settlement{Source: near(9), Do: aup.EventNearMissDismissed}, aup.ErrConflict},
		"gone":            {aup.Settlement{Source: near(4), Do: aup.EventNearMissTaken}, aup.ErrConflict},
		"another event":   {aup.Settlement{Source: near(2), Do: aup.EventDecided}, aup.ErrInvalid},
		"a long reason":   {aup.Settlement{Source: near(2), Do: aup.EventNearMissTaken, Reason: strings.Repeat("x", 2001)}, aup.ErrInvalid},
	} {
		if _, err := s.Settle(t.Context(), aup.Actor{Name: "ann"}, tc.st); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// A folder that was made anew has its near misses anew: the UIDs name other
// messages. What was settled before is told with all.
func TestTrayOfAnotherEpoch(t *testing.T) {
	s := withNearMisses(t)
	if _, err := settle(t, s, 2, aup.EventNearMissTaken); err != nil {
		t.Fatal(err)
	}
	anew := inbox
	anew.UIDValidity++
	if err := s.Account(t.Context(), anew, []aup.LedgerRow{{First: 2, Last: 2, Fate: aup.NearMiss, Note: "AUP"}}, 2); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"2 open near-miss AUP", `2 taken near-miss Acceptble Use "Policy"`}, tray(t, s, true)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := settle(t, s, 2, aup.EventNearMissDismissed); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("settling the old one: %v, want %v", err, aup.ErrConflict)
	}
}

// The page is bounded, the count is not.
func TestFullTray(t *testing.T) {
	s := open(t, t.TempDir())
	rows := []aup.LedgerRow{{First: 1, Last: aup.MaxTray + 2, Fate: aup.Undecided}}
	if err := s.Account(t.Context(), inbox, rows, aup.MaxTray+2); err != nil {
		t.Fatal(err)
	}
	if _, err := settle(t, s, 1, aup.EventNearMissDismissed); err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		page, err := s.NearMisses(t.Context(), all)
		if err != nil || len(page.Items) != aup.MaxTray || page.Open != aup.MaxTray+1 || !page.More {
			t.Errorf("all %v: %d items of %d open, more %v, %v", all, len(page.Items), page.Open, page.More, err)
		}
	}
}
