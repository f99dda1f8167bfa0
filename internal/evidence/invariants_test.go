package evidence_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"aupd/internal/aup"
	"aupd/internal/evidence"
)

func parse(raw string) aup.Document {
	return evidence.Parse(strings.NewReader(raw), int64(len(raw)), evidence.Options{})
}

func hasText(doc *aup.Document) bool {
	return slices.ContainsFunc(doc.Parts, func(p aup.Part) bool {
		return p.Kind != aup.PartSubject && strings.TrimSpace(p.Text) != ""
	})
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
		checkRaw(t, name, p, raw)
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

// checkRaw checks that the raw range of a plain part holds its text: the ASCII
// words of the text stand in the decoded range.
func checkRaw(t *testing.T, name string, p *aup.Part, raw []byte) {
	t.Helper()
	if p.RawStart < 0 || p.RawStart > p.RawEnd || p.RawEnd > int64(len(raw)) {
		t.Errorf("%s: part %q: raw range %d to %d of %d", name, p.ID, p.RawStart, p.RawEnd, len(raw))
		return
	}
	if p.RawEnd == 0 || p.Kind != aup.PartText || p.Text == "" || !isPlainASCII(p.Text) {
		return
	}
	body := raw[p.RawStart:p.RawEnd]
	quoted, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
	unpacked, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body)))
	for _, form := range [][]byte{body, quoted, unpacked} {
		if squeeze(string(form)) == squeeze(p.Text) {
			return
		}
	}
	t.Logf("%s: part %q: the raw range does not read as the text", name, p.ID)
}

func isPlainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
