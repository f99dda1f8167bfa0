package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"
	"aupd/internal/store/logtest"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// open opens a store that must be whole when the test ends.
func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s := openLoose(t, dir)
	t.Cleanup(func() { whole(t, s) })
	return s
}

// openLoose opens a store that the test may leave damaged.
func openLoose(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func whole(t *testing.T, s *store.Store) aup.Audit {
	t.Helper()
	a, err := s.Verify(context.WithoutCancel(t.Context()))
	if err != nil || len(a.Faults) > 0 {
		t.Errorf("Verify: %v, faults %q", err, a.Faults)
	}
	return a
}

// sameAgain checks that the view made again from the log is the one kept. It
// is for logs whose events have no messages, where Verify would miss them.
func sameAgain(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	before, err1 := s.Reports(ctx, aup.Query{})
	_, err2 := s.Rebuild(ctx)
	after, err3 := s.Reports(ctx, aup.Query{})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("the view rebuilt (-kept +rebuilt):\n%s", d)
	}
}

func TestLog(t *testing.T) {
	logtest.Run(t, func(t *testing.T) aup.Log {
		s := openLoose(t, t.TempDir())
		t.Cleanup(func() { sameAgain(t, s) })
		return s.Log()
	})
}

// intake returns the intake of a message with that body at UID uid.
func intake(body []byte, uid uint32) aup.Intake {
	h := aup.Hash(sha256.Sum256(body))
	m := &aup.Mail{
		Source: aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: uid},
		Hash:   h, Size: int64(len(body)), Raw: bytes.NewReader(body),
	}
	subject, _, _ := strings.Cut(string(body[:min(len(body), 40)]), "\n")
	doc := aup.Document{Messages: []aup.Message{{Parent: -1, Subject: subject}}, Parts: []aup.Part{{ID: "1", Text: "text of " + subject}}}
	v := aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "1.5", Clauses: []aup.ClauseID{"1.5", "3.1"}, Policy: "p", Model: "m"}
	if len(body)%2 == 0 {
		v = aup.Verdict{Outcome: aup.OutcomeNone, Primary: aup.None, Clauses: []aup.ClauseID{}, Policy: "p", Model: "m"}
	}
	return aup.Intake{Mail: m, Events: []aup.Event{aup.NewReceived(m, doc, at.Add(time.Duration(uid)*time.Hour), "mailbox"), aup.NewClassified(h, v, at, "mailbox")}}
}

func record(t *testing.T, s *store.Store, in ...aup.Intake) []aup.Receipt {
	t.Helper()
	got, err := s.Record(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRecordAndRead(t *testing.T) {
	s := open(t, t.TempDir())
	big := make([]byte, 9<<20+17)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(big); err != nil {
		t.Fatal(err)
	}
	bodies := [][]byte{[]byte("one"), []byte("four"), big}
	for i, r := range record(t, s, intake(bodies[0], 1), intake(bodies[1], 2), intake(bodies[2], 3)) {
		rep, err := s.Report(t.Context(), r.ID)
		if err != nil || !r.New || rep.ID != r.ID || rep.Size != int64(len(bodies[i])) {
			t.Fatalf("report %+v, %v", rep, err)
		}
		raw, err := s.Raw(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(raw)
		if err != nil || !bytes.Equal(data, bodies[i]) {
			t.Errorf("message %d: %d bytes came back, %v; want %d", i, len(data), err, len(bodies[i]))
		}
		doc, err := s.Document(t.Context(), r.ID)
		if err != nil || doc.Messages[0].Subject != rep.Subject {
			t.Errorf("document %+v, %v", doc, err)
		}
	}
	st, err := s.Status(t.Context())
	if err != nil || st.Reports != 3 || st.ByOutcome["violation"] != 2 || st.ByClause["3.1"] != 2 || st.Folders[0].Fates[aup.Recorded] != 3 {
		t.Errorf("status %+v, %v", st, err)
	}
}

func TestTheSameBytesAreOneReport(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	first := record(t, s, intake([]byte("same"), 1), intake([]byte("same"), 2))
	if first[0].ID != first[1].ID || !first[0].New || first[1].New {
		t.Fatalf("receipts %+v: want one report, new the first time", first)
	}
	before, err := s.Log().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := record(t, s, intake([]byte("same"), 2), intake([]byte("same"), 1))
	if again[0].New || again[1].New {
		t.Errorf("receipts %+v: want nothing new", again)
	}
	if head, _ := s.Log().Head(t.Context()); head != before {
		t.Errorf("recording the same facts again made %d events", head-before)
	}
	r, err := s.Report(t.Context(), first[0].ID)
	if err != nil || len(r.Sources) != 2 || r.Sources[1].UID != 2 {
		t.Errorf("sources %+v, %v; want UIDs 1 and 2", r.Sources, err)
	}
}

func TestReports(t *testing.T) {
	s := open(t, t.TempDir())
	var ids []aup.ReportID
	for i := range 25 {
		ids = append(ids, record(t, s, intake(fmt.Append(nil, strings.Repeat("x", i), "!"), uint32(i+1)))[0].ID)
	}
	slices.Reverse(ids)
	for name, tc := range map[string]struct {
		q    aup.Query
		want func(i int) bool // of the reports, newest first
	}{
		"all":            {aup.Query{}, func(int) bool { return true }},
		"clause":         {aup.Query{Clause: "3.1"}, func(i int) bool { return i%2 == 0 }},
		"group":          {aup.Query{Clause: "1"}, func(i int) bool { return i%2 == 0 }},
		"no such clause": {aup.Query{Clause: "2"}, func(int) bool { return false }},
		"outcome":        {aup.Query{Outcome: aup.OutcomeNone}, func(i int) bool { return i%2 == 1 }},
		"mailbox":        {aup.Query{Mailbox: "support", Outcome: aup.OutcomeNone}, func(i int) bool { return i%2 == 1 }},
		"other mailbox":  {aup.Query{Mailbox: "sup"}, func(int) bool { return false }},
		"since":          {aup.Query{Since: at.Add(20 * time.Hour)}, func(i int) bool { return i <= 5 }},
		"until":          {aup.Query{Until: at.Add(20 * time.Hour)}, func(i int) bool { return i > 5 }},
	} {
		t.Run(name, func(t *testing.T) {
			var want []aup.ReportID
			for i, id := range ids {
				if tc.want(i) {
					want = append(want, id)
				}
			}
			for _, limit := range []int{0, 1, 4, 25, 100} {
				var got []aup.ReportID
				q := tc.q
				q.Limit = limit
				for range 100 {
					page, err := s.Reports(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					if limit > 0 && len(page.Reports) > limit {
						t.Errorf("a page of %d for limit %d", len(page.Reports), limit)
					}
					for _, r := range page.Reports {
						got = append(got, r.ID)
					}
					if q.After = page.Next; q.After == "" {
						break
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("limit %d (-want +got):\n%s", limit, d)
				}
			}
		})
	}
}

// TestManyReports asks for what lies in several blocks of the index.
func TestManyReports(t *testing.T) {
	s := open(t, t.TempDir())
	const n, every = 2500, 400
	var batch []aup.Intake
	for i := range n {
		in := intake(fmt.Append(nil, "message ", i), uint32(i+1))
		if i%every == 0 {
			in.Events[0].Received.Document.Indicators = []aup.Indicator{{Kind: aup.IndicatorDomain, Value: "www.bad.example", Role: aup.RoleSource}}
		}
		batch = append(batch, in)
	}
	receipts := record(t, s, batch...)
	var marked, all []aup.ReportID
	for i := n - 1; i >= 0; i-- {
		all = append(all, receipts[i].ID)
		if i%every == 0 {
			marked = append(marked, receipts[i].ID)
		}
	}
	q := aup.Query{Indicator: "bad.example"}
	if d := cmp.Diff(marked, found(t, s, q)); d != "" {
		t.Errorf("reports of a domain (-want +got):\n%s", d)
	}
	var got []aup.ReportID
	for q := (aup.Query{Mailbox: "support", Limit: 999}); ; {
		page, err := s.Reports(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reports {
			got = append(got, r.ID)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if d := cmp.Diff(all, got); d != "" {
		t.Errorf("all in pages (-want +got):\n%s", d)
	}
	similar, err := s.Similar(t.Context(), marked[0], 0)
	if err != nil || len(similar) != len(marked)-1 {
		t.Errorf("%d similar reports, %v; want %d", len(similar), err, len(marked)-1)
	}
	numbers, err := s.Numbers(t.Context(), at.AddDate(-1, 0, 0))
	if err != nil || numbers.Received != n {
		t.Errorf("%d reports counted, %v; want %d", numbers.Received, err, n)
	}
	for _, do := range []aup.EventKind{aup.EventTagged, aup.EventClosed} {
		for _, id := range marked {
			act(t, s, id, aup.Action{Do: do, Add: []string{"seen"}, Reason: "a reason"})
		}
	}
	act(t, s, marked[1], aup.Action{Do: aup.EventTagged, Remove: []string{"seen"}})
	if d := cmp.Diff(slices.Delete(slices.Clone(marked), 1, 2), found(t, s, aup.Query{Tag: "seen"})); d != "" {
		t.Errorf("tagged reports (-want +got):\n%s", d)
	}
	if d := cmp.Diff(marked, found(t, s, aup.Query{State: aup.StateClosed})); d != "" {
		t.Errorf("closed reports (-want +got):\n%s", d)
	}
	if page, err := s.Reports(t.Context(), aup.Query{State: aup.StateOpen, Among: all}); err != nil || len(page.Reports) != n-len(marked) {
		t.Errorf("%d open reports, %v; want %d", len(page.Reports), err, n-len(marked))
	}
}

func TestShortIDs(t *testing.T) {
	s := open(t, t.TempDir())
	var ids []string
	for i := range 200 {
		ids = append(ids, string(record(t, s, intake(fmt.Append(nil, "m", i), uint32(i+1)))[0].ID))
	}
	slices.Sort(ids)
	for i, id := range ids {
		n := 1
		for n < len(id) && (i > 0 && strings.HasPrefix(ids[i-1], id[:n]) || i+1 < len(ids) && strings.HasPrefix(ids[i+1], id[:n])) {
			n++
		}
		for _, short := range []string{id, id[:n], strings.ToUpper(strings.ReplaceAll(id[:n], "-", ""))} {
			if r, err := s.Report(t.Context(), aup.ReportID(short)); err != nil || string(r.ID) != id {
				t.Errorf("Report(%q) = %s, %v; want %s", short, r.ID, err, id)
			}
		}
		if _, err := s.Report(t.Context(), aup.ReportID(id[:1])); !errors.Is(err, aup.ErrConflict) {
			t.Errorf("Report(%q) = %v, want ErrConflict: 200 ids share 32 first characters", id[:1], err)
		}
		wrong := id[:len(id)-1] + string("0123456789abcdefghjkmnpqrstvwxyz"[(strings.IndexByte("0123456789abcdefghjkmnpqrstvwxyz", id[len(id)-1])+1)%32])
		if _, err := s.Report(t.Context(), aup.ReportID(wrong)); !errors.Is(err, aup.ErrNotFound) {
			t.Errorf("Report(%q) = %v, want ErrNotFound", wrong, err)
		}
	}
}

// TestMemoryIsFlat records large messages that would not fit beside each other.
func TestMemoryIsFlat(t *testing.T) {
	s := open(t, t.TempDir())
	const size, n = 20 << 20, 8
	for i := range n {
		m := &endless{seed: byte(i)}
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(m, 0, size)); err != nil {
			t.Fatal(err)
		}
		in := intake([]byte{byte(i)}, uint32(i+1))
		in.Mail.Hash, in.Mail.Size, in.Mail.Raw = aup.Hash(h.Sum(nil)), size, m
		in.Events[0].Received.SHA256, in.Events[0].Received.Size = in.Mail.Hash, size
		if peak := peakHeap(func() { record(t, s, in) }); peak > 48<<20 {
			t.Errorf("the heap reached %d MiB while message %d of 20 MiB was recorded, want under 48", peak>>20, i)
		}
	}
}

// peakHeap returns the most bytes that objects took of the heap while f ran.
func peakHeap(f func()) (peak uint64) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for tick := time.NewTicker(time.Millisecond); ; {
			metrics.Read(heap)
			peak = max(peak, heap[0].Value.Uint64())
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	f()
	close(done)
	wg.Wait()
	return peak
}

// endless is a message of any length, made as it is read.
type endless struct{ seed byte }

func (e *endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		n := uint64(off) + uint64(i)
		p[i] = byte(n*2654435761>>7) ^ e.seed
	}
	return len(p), nil
}

func TestBackupIsAStore(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, intake([]byte("kept"), 1))
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if a := whole(t, open(t, dir)); a.Reports != 1 {
		t.Errorf("the copy has %d reports, want 1", a.Reports)
	}
}

func TestShortMessage(t *testing.T) {
	s := open(t, t.TempDir())
	for _, size := range []int64{1, 100, 512 << 10, 600 << 10, 1 << 20, 5 << 20} {
		in := intake(make([]byte, size-1), 1)
		in.Mail.Size = size
		if _, err := s.Record(t.Context(), []aup.Intake{in}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Record of %d bytes, one of them missing: %v, want ErrUnexpectedEOF", size, err)
		}
	}
	if st, err := s.Status(t.Context()); err != nil || st.Reports != 0 || len(st.Folders) != 0 {
		t.Errorf("status %+v, %v; want nothing recorded", st, err)
	}
}

// What was written ahead of a report that never came takes no room for long.
func TestLeftOver(t *testing.T) {
	dir := t.TempDir()
	s := openLoose(t, dir)
	raw := make([]byte, 5<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw) // never fails; of what shrinks, more go into one transaction
	in := intake(raw, 1)
	in.Mail.Size++ // it ends before its end
	if _, err := s.Record(t.Context(), []aup.Intake{in}); err == nil {
		t.Fatal("a message was recorded that is not there")
	}
	chunks := func() (n int) {
		edit(t, dir, func(tx *bbolt.Tx) error {
			n = tx.Bucket([]byte("bodies")).Stats().KeyN + tx.Bucket([]byte("pending")).Stats().KeyN
			return nil
		})
		return n
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := chunks(); n < 20 {
		t.Errorf("%d chunks were written ahead, want some", n)
	}
	if err := openLoose(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if n := chunks(); n != 0 {
		t.Errorf("%d chunks are left", n)
	}
}
