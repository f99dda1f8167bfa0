package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/policy"
	"aupd/internal/store"
)

// now is when all these tests happen. The desk goes by the clock, so it is when
// they began.
var now = time.Now().UTC().Truncate(time.Second)

const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'` + "\x1b[2J"

func testPolicy() *policy.Policy {
	return &policy.Policy{
		Title: "The policy",
		Clauses: []policy.Clause{
			{ID: "2.4", Title: "Harm to minors", Severity: aup.Critical, Sealed: true, Summary: "No harm."},
			{ID: "3.1", Title: "Spoofing", Severity: aup.High},
			{ID: "4", Title: "Spam", Severity: aup.Medium, Wording: "No spam " + hostile, Enforce: []policy.Enforcement{policy.BlockIP}},
		},
		Notices: []policy.Notice{{Title: "Changes", Text: "It may change."}},
	}
}

// A world is a store with what a running daemon knows beside it.
type world struct {
	*store.Store
	t testing.TB
}

func newWorld(t testing.TB) *world {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{Now: func() time.Time { return now }, Policy: func() aup.Pinner { return testPolicy() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &world{st, t}
}

// add records a message with its verdict and returns its report's id.
func (d *world) add(name string, doc aup.Document, v aup.Verdict, at time.Time) aup.ReportID {
	d.t.Helper()
	raw := []byte(hostile + name)
	m := &aup.Mail{Hash: sha256.Sum256(raw), Size: int64(len(raw)), Raw: bytes.NewReader(raw), Source: aup.Source{Mailbox: "abuse", Folder: name}}
	got, err := d.Record(d.t.Context(), []aup.Intake{{Mail: m, Events: []aup.Event{aup.NewReceived(m, doc, at, "mailbox"), aup.NewClassified(m.Hash, v, at, "mailbox")}}})
	if err != nil {
		d.t.Fatal(err)
	}
	return got[0].ID
}

func (d *world) report(id aup.ReportID) aup.Report {
	d.t.Helper()
	r, err := d.Report(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// events returns the whole log.
func (d *world) events() []aup.Event {
	d.t.Helper()
	page, err := d.Events(d.t.Context(), aup.EventQuery{})
	if err != nil {
		d.t.Fatal(err)
	}
	return page.Events
}

func (d *world) Status(ctx context.Context) (aup.Status, error) {
	s, err := d.Store.Status(ctx)
	for i := range s.Folders {
		s.Folders[i].Connected, s.Folders[i].LastPoll = true, now.Add(-time.Minute)
	}
	return s, err
}

// Search implements aup.Searcher: whatever the words, all reports hold them.
func (d *world) Search(ctx context.Context, q aup.Query) (aup.SearchPage, error) {
	if q.Text == "[" {
		return aup.SearchPage{}, fmt.Errorf("words %q: a bracket is not closed: %w", q.Text, aup.ErrInvalid)
	}
	q.Text = ""
	page, err := d.Reports(ctx, q)
	var out aup.SearchPage
	for _, r := range page.Reports {
		if r.Sealed && aup.Blind(ctx) {
			continue
		}
		s := aup.Snippet{Field: "words", Text: "one two three", Marks: []aup.Range{{Start: 4, End: 7}, {Start: 2, End: 5}, {Start: 8, End: 99}}}
		out.Hits = append(out.Hits, aup.Hit{Report: r, Snippets: []aup.Snippet{s}})
	}
	return out, err
}

// File and Markup implement web.Contents.
func (d *world) File(raw io.Reader, _ int64, _ aup.PartID, w io.Writer) error {
	_, err := io.CopyN(w, raw, int64(len(hostile)))
	return err
}

func (d *world) Markup(_ io.Reader, _ int64, part aup.PartID) (string, error) {
	if part != "2" {
		return "", fmt.Errorf("part %q: %w", part, aup.ErrNotFound)
	}
	return `<p style="color:red" onclick="x()">Hello <b>there</b></p>` + hostile +
		`<a href="javascript:alert(3)">click</a><form action="https://example.com"><input></form><iframe src="x"></iframe><style>*{}</style><svg onload=x()>`, nil
}
