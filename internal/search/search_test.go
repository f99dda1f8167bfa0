package search_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/search"
	"aupd/internal/store"
	"aupd/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var letters = []storetest.Letter{
	{Subject: "change of bank", From: "ann@mail.example", Text: "They ask for a CHANGE\n of bank details in an invoice.", Severity: aup.High},
	{Subject: "bank of change", From: "bea@mail.example", Text: "Our invoice says nothing of it.", Source: "203.0.113.9"},
	{Subject: "phishing", From: "cid@other.example", Text: "A lure.", Link: "http://login.bad.example/x", Original: "Your mailbox is full, dear colleague"},
	{Subject: "詐欺", From: "dai@other.example", Text: "偽のログイン画面でパスワードを盗みます。"},
	{Subject: "webinar", From: "eve@other.example", Text: "Ein Gruß aus Köln: recieve our newsletter"},
}

func open(t *testing.T, dir string, s *store.Store) *search.Index {
	t.Helper()
	ix, err := search.Open(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ix.Close() })
	return ix
}

func find(t *testing.T, ix *search.Index, q aup.Query) []aup.Hit {
	t.Helper()
	page, err := ix.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	return page.Hits
}

func TestSearch(t *testing.T) {
	s := storetest.Open(t)
	ids := storetest.Post(t, s, letters...)
	if _, err := s.Act(t.Context(), aup.Actor{Name: "alice"}, ids[1], aup.Action{Do: aup.EventNoted, Reason: "called the treasurer"}); err != nil {
		t.Fatal(err)
	}
	ix := open(t, t.TempDir(), s)
	if err := ix.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		text string
		want []int
	}{
		{"invoice", []int{0, 1}},
		{"INVOICE bank", []int{0, 1}},
		{"invoice -treasurer", []int{0}},
		{`"change of bank"`, []int{0}},
		{`invoice -"change of bank"`, []int{1}},
		{"subject:invoice", nil},
		{"subject:bank", []int{0, 1}},
		{"note:treasurer", []int{1}},
		{"treas*", []int{1}},
		{"receive~", []int{4}},
		{"gruß", []int{4}},
		{"KÖLN", []int{4}},
		{"webinar OR phishing", []int{2, 4}},
		{"colleague", []int{2}},
		{"words:colleague", nil},
		{"from:bea@mail.example", []int{1}},
		{"ログイン", []int{3}},
		{"詐欺", []int{3}},
		{"203.0.113.9", []int{1}},
		{"203.0.113.0/28", []int{1}},
		{"203.0.113.0/29", nil},
		{"bad.example", []int{2}},
		{"login.bad.example", []int{2}},
		{"http://login.bad.example/x", []int{2}},
		{"nowhere", nil},
	} {
		t.Run(tc.text, func(t *testing.T) {
			got := make(map[aup.ReportID]bool)
			for _, h := range find(t, ix, aup.Query{Text: tc.text}) {
				got[h.Report.ID] = true
				checkSnippets(t, h)
			}
			want := make(map[aup.ReportID]bool)
			for _, i := range tc.want {
				want[ids[i]] = true
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("found (-want +got):\n%s", d)
			}
		})
	}
	if got := find(t, ix, aup.Query{Text: "invoice", Severity: aup.High}); len(got) != 1 || got[0].Report.ID != ids[0] {
		t.Errorf("with a filter: %d hits", len(got))
	}
	if got := find(t, ix, aup.Query{Text: "bank", Order: aup.OrderQueue}); len(got) != 2 || got[0].Report.ID != ids[0] {
		t.Errorf("in the queue's order: %d hits", len(got))
	}
	unread := open(t, t.TempDir(), s) // however many reports there are, and whatever is indexed
	if got := find(t, unread, aup.Query{Text: "203.0.113.0/28"}); len(got) != 1 || got[0].Report.ID != ids[1] {
		t.Errorf("a network alone: %d hits", len(got))
	}
	for _, text := range []string{"", "-a", `""`, "a OR -b", strings.Repeat("w ", 50), "10.0.0.0/8 10.1.0.0/16"} {
		if _, err := ix.Search(t.Context(), aup.Query{Text: text}); !errors.Is(err, aup.ErrInvalid) {
			t.Errorf("search %.20q: %v, want ErrInvalid", text, err)
		}
	}
}

func checkSnippets(t *testing.T, h aup.Hit) {
	t.Helper()
	for _, s := range h.Snippets {
		last := 0
		for _, m := range s.Marks {
			if m.Start < last || m.Start >= m.End || m.End > len(s.Text) {
				t.Errorf("marks %v do not fit into %q", s.Marks, s.Text)
				return
			}
			last = m.End
		}
	}
}

func TestSnippet(t *testing.T) {
	s := storetest.Open(t)
	storetest.Post(t, s, storetest.Letter{Subject: "x", Text: strings.Repeat("ä ", 100) + "they\n\n send Invoices and\x00 invoice " + strings.Repeat("more ", 100)})
	ix := open(t, t.TempDir(), s)
	if err := ix.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	hits := find(t, ix, aup.Query{Text: "invoice"})
	if len(hits) != 1 || len(hits[0].Snippets) != 1 {
		t.Fatalf("hits %+v", hits)
	}
	got := hits[0].Snippets[0]
	if got.Field != "words" || !strings.HasPrefix(got.Text, "…") || !strings.HasSuffix(got.Text, "…") || strings.ContainsAny(got.Text, "\n\x00") {
		t.Errorf("snippet %+v", got)
	}
	if len(got.Marks) != 1 || got.Text[got.Marks[0].Start:got.Marks[0].End] != "invoice" {
		t.Errorf("marks %v in %q", got.Marks, got.Text)
	}
}

func TestPages(t *testing.T) {
	s := storetest.Open(t)
	var many []storetest.Letter
	for i := range 150 {
		many = append(many, storetest.Letter{Subject: "spam " + strings.Repeat("x", i+1)})
	}
	storetest.Post(t, s, many...)
	ix := open(t, t.TempDir(), s)
	if err := ix.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := make(map[aup.ReportID]bool)
	q := aup.Query{Text: "spam", Limit: 40}
	for pages := 1; ; pages++ {
		page, err := ix.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			if seen[h.Report.ID] {
				t.Errorf("report %s is on two pages", h.Report.ID)
			}
			seen[h.Report.ID] = true
		}
		if q.After = page.Next; q.After == "" {
			if pages != 4 || len(seen) != 150 {
				t.Errorf("%d reports on %d pages", len(seen), pages)
			}
			break
		}
	}
	q.After = "a-report-that-is-not-found"
	if _, err := ix.Search(t.Context(), q); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("behind what is not found: %v", err)
	}
}

// Who is not cleared finds what they would without any sealed report, in the
// same order: how rare a word is counts for it.
func TestSealed(t *testing.T) {
	blind := aup.WithPrincipal(t.Context(), aup.Principal{Name: "r", Roles: []aup.UserRole{aup.RoleReader}})
	cleared := aup.WithPrincipal(t.Context(), aup.Owner("o"))
	open3 := []storetest.Letter{{Subject: "one", Text: "a lure"}, {Subject: "two", Text: "an invoice"}, {Subject: "three", Text: "an invoice"}}
	all := open3
	for _, subject := range []string{"a", "b", "c", "d", "e", "f"} {
		all = append(all, storetest.Letter{Subject: subject, Text: "a lure", Sealed: true})
	}
	order := func(ctx context.Context, q aup.Query, letters ...storetest.Letter) (out string) {
		s := storetest.Open(t)
		storetest.Post(t, s, letters...)
		ix := open(t, t.TempDir(), s)
		if err := ix.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := ix.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			out += h.Report.Subject + " "
		}
		return out + string(page.Next)
	}
	either := aup.Query{Text: "lure OR invoice"}
	if got, want := order(blind, either, all...), order(blind, either, open3...); got != want || !strings.HasPrefix(got, "one ") {
		t.Errorf("found %q, without sealed reports %q", got, want)
	}
	if got := order(cleared, either, all...); len(strings.Fields(got)) != 9 {
		t.Errorf("whoever is cleared finds %q", got)
	}
	if got := order(blind, aup.Query{Text: "lure", Limit: 1}, all...); got != "one " {
		t.Errorf("a page of one: %q", got)
	}
	s := storetest.Open(t)
	id := storetest.Post(t, s, open3[1])[0]
	ix := open(t, t.TempDir(), s)
	for i, want := range []int{1, 0} {
		if err := ix.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := ix.Search(blind, aup.Query{Text: "invoice"})
		if err != nil || len(page.Hits) != want {
			t.Errorf("%d hits, %v; want %d", len(page.Hits), err, want)
		}
		if i == 0 {
			decide(t, s, id)
		}
	}
	if _, err := ix.Search(blind, aup.Query{Text: "invoice", After: aup.Cursor(id)}); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("behind a report that was sealed meanwhile: %v", err)
	}
	if hits := find(t, ix, aup.Query{Text: "invoice"}); len(hits) != 1 || len(hits[0].Snippets) > 0 {
		t.Errorf("aupd itself finds %+v", hits)
	}
}

// decide has somebody decide on a clause whose reports are sealed.
func decide(t *testing.T, s *store.Store, id aup.ReportID) {
	t.Helper()
	r, err := s.Report(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	a := aup.Action{Do: aup.EventDecided, Saw: r.Revision, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"2.4"}}
	if r, err = s.Act(t.Context(), aup.Actor{Name: "a"}, id, a); err != nil || !r.Sealed {
		t.Fatalf("sealed: %v, %v", r.Sealed, err)
	}
}

// The index goes on where it stopped, follows the log while it runs, and is
// made again when it is gone, damaged, or ahead of the log.
func TestFollowAndReopen(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := storetest.Open(t)
	dir := t.TempDir()
	ix, err := search.Open(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- ix.Run(ctx) }()
	storetest.Post(t, s, letters[:2]...)
	await(t, ix, "invoice", 2)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := search.Open(t.Context(), dir, s); !errors.Is(err, aup.ErrBusy) {
		t.Errorf("a second process: %v, want ErrBusy", err)
	}
	ix.Close()
	storetest.Post(t, s, letters[2])
	for name, harm := range map[string]func() error{
		"as it was": func() error { return nil },
		"gone":      func() error { return os.RemoveAll(filepath.Join(dir, search.FolderName)) },
		"damaged": func() error {
			return os.WriteFile(filepath.Join(dir, search.FolderName, "index_meta.json"), []byte("{"), 0o600)
		},
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		ix, err := search.Open(t.Context(), dir, s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := ix.CatchUp(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if a, b := find(t, ix, aup.Query{Text: "invoice"}), find(t, ix, aup.Query{Text: "lure"}); len(a) != 2 || len(b) != 1 {
			t.Errorf("%s: %d and %d hits", name, len(a), len(b))
		}
		ix.Close()
	}
	other := storetest.Open(t)
	ahead, err := search.Open(t.Context(), dir, other)
	if err != nil {
		t.Fatal(err)
	}
	defer ahead.Close()
	if got := find(t, ahead, aup.Query{Text: "invoice"}); len(got) != 0 {
		t.Errorf("an index of another log found %d reports", len(got))
	}
}

// A disk that fails ends the following, which goes on with the disk mended.
func TestFollowAgain(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, dir := storetest.Open(t), t.TempDir()
	ix, err := search.Open(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	files := filepath.Join(dir, search.FolderName, "store")
	if err := os.Rename(files, files+"-away"); err != nil {
		t.Fatal(err)
	}
	storetest.Post(t, s, letters...)
	if err := ix.Run(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("Run = %v, want one line", err)
	}
	if _, err := ix.Search(t.Context(), aup.Query{Text: "invoice"}); err == nil || !strings.Contains(err.Error(), "until the disk takes writes again") {
		t.Errorf("Search = %v, want an error that says why", err)
	}
	if err := os.Rename(files+"-away", files); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- ix.Run(ctx) }()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		page, err := ix.Search(t.Context(), aup.Query{Text: "invoice"})
		if err == nil && len(page.Hits) == 2 {
			break
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%d hits, %v", len(page.Hits), err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func await(t *testing.T, ix *search.Index, text string, n int) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if got := find(t, ix, aup.Query{Text: text}); len(got) == n {
			return
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%q is not found", text)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"a", `"a b"`, "-a b OR c*", "x~", "subject:y", "203.0.113.0/24", "日本 \x00\xff"} {
		f.Add(s)
	}
	dir := f.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	ix, err := search.Open(f.Context(), dir, s)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ix.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ix.Search(t.Context(), aup.Query{Text: text}); err != nil && !errors.Is(err, aup.ErrInvalid) {
			t.Errorf("search %q: %v", text, err)
		}
	})
}
