package httpapi_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/httpapi"

	"github.com/google/go-cmp/cmp"
)

// backlog is a store with fixed answers that remembers what it was asked.
type backlog struct {
	query aup.Query
	epoch aup.Epoch
	err   error
}

var (
	report = aup.Report{
		ID: "ymy0-kjhs-e5x1", SHA256: sha256.Sum256([]byte("a")), Subject: "Ünïcode ☃ <b>", From: "a@b.example",
		Received: time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC), Outcome: aup.OutcomeViolation, Primary: "1.5",
		Clauses: []aup.ClauseID{"1.5", "3.1"}, Triage: aup.Triage{State: aup.StateNew}, Revision: 7,
		Sources:  []aup.Source{{Mailbox: "support", Folder: "INBOX", UIDValidity: 4294967295, UID: 3}},
		Findings: []aup.Finding{{Clause: "1.5", Score: 0.875, Spans: []aup.Span{{Part: "1", Start: 1, End: 2, Text: "x", Reason: "y", Weight: 0.5}}}},
	}
	document = aup.Document{Messages: []aup.Message{{Parent: -1, Subject: "s"}}, Parts: []aup.Part{{ID: "1", Kind: aup.PartText, Text: "t"}}}
	status   = aup.Status{Reports: 2, ByOutcome: map[aup.Outcome]int{"none": 2}, ByClause: map[aup.ClauseID]int{"4": 1}, Folders: []aup.FolderStatus{{Cursor: 9}}}
	rows     = []aup.LedgerRow{{First: 1, Last: 4, Fate: aup.NotSelected}, {First: 5, Last: 5, Fate: aup.Recorded, Report: report.ID}}
	audit    = aup.Audit{Events: 3, Faults: []string{"event 2: damaged"}}
)

func (b *backlog) Reports(_ context.Context, q aup.Query) (aup.Page, error) {
	b.query = q
	return aup.Page{Reports: []aup.Report{report}, Total: 1}, b.err
}
func (b *backlog) Report(_ context.Context, id aup.ReportID) (aup.Report, error) {
	if id != report.ID {
		return aup.Report{}, fmt.Errorf("report %s: %w", id, b.err)
	}
	return report, nil
}
func (b *backlog) Document(context.Context, aup.ReportID) (aup.Document, error) {
	return document, b.err
}
func (b *backlog) Raw(context.Context, aup.ReportID) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("From: a\r\n\r\n\x00\xff")), b.err
}
func (b *backlog) Status(context.Context) (aup.Status, error) { return status, b.err }
func (b *backlog) Cursor(_ context.Context, mailbox, folder string) (aup.Epoch, uint32, error) {
	return aup.Epoch{Mailbox: mailbox, Folder: folder, UIDValidity: 5}, 77, b.err
}
func (b *backlog) Rows(_ context.Context, e aup.Epoch, first, last uint32) ([]aup.LedgerRow, error) {
	b.epoch = e
	if first != 1 || last != 4294967295 {
		return nil, fmt.Errorf("rows %d to %d", first, last)
	}
	return rows, b.err
}
func (b *backlog) Verify(context.Context) (aup.Audit, error)  { return audit, b.err }
func (b *backlog) Rebuild(context.Context) (aup.Audit, error) { return audit, b.err }

// serve starts the API on a unix socket and returns a client of it.
func serve(t *testing.T, b httpapi.Backend) *httpapi.Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	httpapi.New(mux, b)
	srv := &http.Server{Handler: httpapi.Owner("olga", mux), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	c, err := httpapi.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestClientIsTheBacklog(t *testing.T) {
	b := &backlog{}
	polled := 0
	c := serve(t, httpapi.Backend{
		Backlog: b, Ledger: b, Keeper: b, Poll: func() { polled++ },
		Backup: func(w io.Writer) (int64, error) { n, err := io.WriteString(w, "a store"); return int64(n), err },
		Submit: func(_ context.Context, name string, body io.Reader) (aup.Receipt, error) {
			data, err := io.ReadAll(body)
			return aup.Receipt{ID: aup.ReportID(name + ":" + string(data)), New: true}, err
		},
	})
	ctx := t.Context()
	check := func(name string, want, got any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	q := aup.Query{
		Clause: "1.5", Outcome: aup.OutcomeNone, State: aup.StateOpen, Severity: aup.High, Urgent: true, Mailbox: `sup "port`,
		Reporter: "r@x.example", Language: "de", Indicator: "203.0.113.0/24", Assignee: "Ann Ä", Tag: "t", Priority: aup.PriorityHigh,
		Case: "c-1", Since: time.Unix(1, 5).UTC(), Until: time.Unix(9, 0).UTC(), Text: "some words", Order: aup.OrderQueue, Limit: 3, After: "x",
	}
	page, err := c.Reports(ctx, q)
	check("Reports", aup.Page{Reports: []aup.Report{report}, Total: 1}, page, err)
	check("the query", q, b.query, nil)
	_, err = c.Reports(ctx, aup.Query{})
	check("the zero query", aup.Query{Limit: 1000}, b.query, err)
	r, err := c.Report(ctx, report.ID)
	check("Report", report, r, err)
	d, err := c.Document(ctx, report.ID)
	check("Document", document, d, err)
	s, err := c.Status(ctx)
	check("Status", status, s, err)
	got, err := c.Rows(ctx, aup.Epoch{Mailbox: "m", Folder: "a/b&c", UIDValidity: 4294967295}, 1, 4294967295)
	check("Rows", rows, got, err)
	check("the epoch", aup.Epoch{Mailbox: "m", Folder: "a/b&c", UIDValidity: 4294967295}, b.epoch, nil)
	e, uid, err := c.Cursor(ctx, "m", "f")
	check("Cursor", aup.Epoch{Mailbox: "m", Folder: "f", UIDValidity: 5}, e, err)
	check("the cursor", uint32(77), uid, nil)
	a, err := c.Verify(ctx)
	check("Verify", audit, a, err)
	a, err = c.Rebuild(ctx)
	check("Rebuild", audit, a, err)
	rec, err := c.Submit(ctx, "a file.eml", strings.NewReader("From: x\r\n"))
	check("Submit", aup.Receipt{ID: "a file.eml:From: x\r\n", New: true}, rec, err)
	var copied strings.Builder
	_, err = c.Backup(ctx, &copied)
	check("Backup", "a store", copied.String(), err)
	err = c.Poll(ctx)
	check("Poll", 1, polled, err)
	raw, err := c.Raw(ctx, report.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	data, err := io.ReadAll(raw)
	check("Raw", "From: a\r\n\r\n\x00\xff", string(data), err)
}

func TestErrorsKeepTheirKind(t *testing.T) {
	for _, kind := range []error{aup.ErrNotFound, aup.ErrConflict, aup.ErrInvalid, aup.ErrForbidden, aup.ErrBusy, aup.ErrDamaged} {
		b := &backlog{err: kind}
		c := serve(t, httpapi.Backend{Backlog: b, Ledger: b})
		_, err := c.Report(t.Context(), "nope")
		if !errors.Is(err, kind) || !strings.Contains(err.Error(), "report nope") {
			t.Errorf("error %v is not %v with its text", err, kind)
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	b := &backlog{}
	c := serve(t, httpapi.Backend{Backlog: b, Ledger: b})
	if _, err := c.Verify(t.Context()); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("Verify on a listener that may only read: %v, want ErrNotFound", err)
	}
	if err := c.Poll(t.Context()); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("Poll on a listener that may only read: %v, want ErrNotFound", err)
	}
	if _, err := c.Reports(t.Context(), aup.Query{Outcome: "sung"}); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("a query with an unknown outcome: %v, want ErrInvalid", err)
	}
}

func TestDialWithoutDaemon(t *testing.T) {
	if _, err := httpapi.Dial(t.Context(), filepath.Join(t.TempDir(), "s")); !errors.Is(err, httpapi.ErrNoDaemon) {
		t.Errorf("Dial = %v, want ErrNoDaemon", err)
	}
}
