package evidence_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func parse(raw []byte) aup.Document {
	return evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
}

// samples returns the messages of testdata/mail.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/mail/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = raw
	}
	return all
}

// TestInvariants cuts, doubles, drops and overwrites stretches of the sample
// messages: whatever comes of it has a document that holds together.
func TestInvariants(t *testing.T) {
	all := samples(t)
	names := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(names).Draw(r, "name")
		raw := slices.Clone(all[name])
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			from := rapid.IntRange(0, len(raw)).Draw(r, "from")
			to := rapid.IntRange(from, len(raw)).Draw(r, "to")
			switch rapid.IntRange(0, 3).Draw(r, "change") {
			case 0:
				raw = raw[:to]
			case 1:
				raw = slices.Insert(raw, from, raw[from:to]...)
			case 2:
				raw = slices.Delete(raw, from, to)
			case 3:
				copy(raw[from:], rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "bytes"))
			}
		}
		doc := parse(raw)
		checkDocument(t, name, &doc, raw)
	})
}

// TestSameAgain: the same bytes give the same document.
func TestSameAgain(t *testing.T) {
	for name, raw := range samples(t) {
		want := parse(raw)
		for range 5 {
			if d := cmp.Diff(want, parse(raw)); d != "" {
				t.Errorf("%s: parsed again (-first +again):\n%s", name, d)
			}
		}
	}
}

// TestRawRange checks that what stands in the raw range of a part decodes to
// its text.
func TestRawRange(t *testing.T) {
	plain := func(r io.Reader) io.Reader { return r }
	quoted := func(r io.Reader) io.Reader { return quotedprintable.NewReader(r) }
	base64 := func(r io.Reader) io.Reader { return base64.NewDecoder(base64.StdEncoding, r) }
	all := samples(t)
	for _, tc := range []struct {
		file   string
		part   aup.PartID
		decode func(io.Reader) io.Reader
	}{
		{"plain.eml", "1", plain},
		{"no-empty-line.eml", "1", plain},
		{"boundary-missing-end.eml", "1.2", plain},
		{"boundary-missing-end.eml", "2", plain},
		{"boundary-wrong.eml", "1", plain},
		{"rfc822.eml", "2.1", plain},
		{"rfc822-nested.eml", "1.2.1", plain},
		{"feedback-report.eml", "2", plain},
		{"quoted.eml", "1", quoted},
		{"quoted.eml", "2", base64},
		{"attachments.eml", "2", base64},
	} {
		t.Run(tc.file+" "+string(tc.part), func(t *testing.T) {
			raw := all[tc.file]
			doc := parse(raw)
			p, ok := doc.Part(tc.part)
			if !ok {
				t.Fatalf("no part %s", tc.part)
			}
			got, err := io.ReadAll(tc.decode(bytes.NewReader(raw[p.RawStart:p.RawEnd])))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(p.Text, strings.ReplaceAll(string(got), "\r\n", "\n")); d != "" {
				t.Errorf("decoded raw range (-text +raw):\n%s", d)
			}
		})
	}
}

// checkDocument checks what holds for every document whatever was parsed.
func checkDocument(t *testing.T, name string, doc *aup.Document, raw []byte) {
	t.Helper()
	if len(doc.Messages) == 0 || doc.Messages[0].Parent != -1 || doc.Messages[0].Via != aup.ViaMail {
		t.Fatalf("%s: the first message is not the report", name)
	}
	for i, m := range doc.Messages[1:] {
		if m.Parent < 0 || m.Parent > i {
			t.Errorf("%s: message %d has parent %d", name, i+1, m.Parent)
		}
	}
	ids := map[aup.PartID]bool{}
	for i := range doc.Parts {
		p := &doc.Parts[i]
		if ids[p.ID] {
			t.Errorf("%s: two parts have the id %q", name, p.ID)
		}
		ids[p.ID] = true
		if p.Message < 0 || p.Message >= len(doc.Messages) {
			t.Errorf("%s: part %q is of message %d of %d", name, p.ID, p.Message, len(doc.Messages))
		}
		checkPart(t, name, p)
		if p.RawStart < 0 || p.RawStart > p.RawEnd || p.RawEnd > int64(len(raw)) {
			t.Errorf("%s: part %q: raw range %d to %d of %d", name, p.ID, p.RawStart, p.RawEnd, len(raw))
		}
	}
	for _, a := range doc.Attachments {
		if !utf8.ValidString(a.Name) || a.Message >= len(doc.Messages) {
			t.Errorf("%s: attachment %q of message %d", name, a.Name, a.Message)
		}
	}
	for _, in := range doc.Indicators {
		if p, ok := doc.Part(in.Part); in.Part != "" && (!ok || !within(in.Range, p.Text)) {
			t.Errorf("%s: indicator %s lies outside of part %q", name, in.Value, in.Part)
		}
	}
}

func checkPart(t *testing.T, name string, p *aup.Part) {
	t.Helper()
	if !utf8.ValidString(p.Text) || strings.ContainsAny(p.Text, "\r\x00") {
		t.Errorf("%s: part %q is no clean text", name, p.ID)
	}
	ranges := slices.Clone(p.Hidden)
	for i, l := range p.Links {
		ranges = append(ranges, l.Range)
		if !utf8.ValidString(l.Href) {
			t.Errorf("%s: part %q: link %d is not valid UTF-8", name, p.ID, i)
		}
	}
	pos := 0
	for _, s := range p.Segments {
		ranges = append(ranges, s.Range)
		if s.Start != pos {
			t.Errorf("%s: part %q: a segment begins at %d, want %d", name, p.ID, s.Start, pos)
		}
		pos = s.End
	}
	if p.Segments != nil && pos != len(p.Text) {
		t.Errorf("%s: part %q: the segments end at %d of %d", name, p.ID, pos, len(p.Text))
	}
	for _, r := range ranges {
		if !within(r, p.Text) {
			t.Errorf("%s: part %q: range %v lies outside of its %d bytes or cuts a character", name, p.ID, r, len(p.Text))
		}
	}
}

// within reports whether r lies in text and on character boundaries.
func within(r aup.Range, text string) bool {
	return r.Start >= 0 && r.Start <= r.End && r.End <= len(text) &&
		(r.Start == len(text) || utf8.RuneStart(text[r.Start])) && (r.End == len(text) || utf8.RuneStart(text[r.End]))
}
