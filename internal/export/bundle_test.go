package export_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/export"
	"aupd/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// bundle returns the evidence of a report that was decided on and opened again,
// beside another one in the log.
func bundle(t *testing.T) []byte {
	t.Helper()
	s := storetest.Open(t)
	ids := storetest.Post(t, s, storetest.Letter{Subject: "other"}, storetest.Letter{Subject: "spam", Text: "they send <spam> & more", Source: "203.0.113.9"})
	who := aup.Actor{Name: "olga", From: "cli"}
	for _, a := range []aup.Action{
		{Do: aup.EventDecided, Saw: 4, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"4"}},
		{Do: aup.EventReopened, Reason: "too soon"},
		{Do: aup.EventDecided, Saw: 6, Outcome: aup.OutcomeNone},
	} {
		if _, err := s.Act(t.Context(), who, ids[1], a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Act(t.Context(), who, ids[0], aup.Action{Do: aup.EventNoted, Reason: "the log goes on"}); err != nil {
		t.Fatal(err)
	}
	pack := func() []byte {
		proof, err := s.Proof(t.Context(), ids[1])
		if err != nil {
			t.Fatal(err)
		}
		raw, err := s.Raw(t.Context(), ids[1])
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		var out bytes.Buffer
		if err := export.Bundle(&out, "v1", proof, raw); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	first := pack()
	if !bytes.Equal(first, pack()) {
		t.Error("the same evidence made two different bundles")
	}
	return first
}

// faults returns what is wrong with a bundle, a check a line.
func faults(t *testing.T, data []byte, version string) string {
	t.Helper()
	checks, err := export.Verify(bytes.NewReader(data), int64(len(data)), version)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range checks {
		if c.Fault != "" {
			out.WriteString(c.Name + ": " + c.Fault + "\n")
		}
	}
	return out.String()
}

// A file is one of a zip's.
type file struct{ name, text string }

func unzip(t *testing.T, data []byte) []file {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out []file
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file{f.Name, string(text)})
	}
	return out
}

func pack(t *testing.T, files []file) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rehash makes the manifest fit the files, as a forger would.
func rehash(t *testing.T, files []file) {
	t.Helper()
	last := len(files) - 1
	var m map[string]any
	if err := json.Unmarshal([]byte(files[last].text), &m); err != nil {
		t.Fatal(err)
	}
	sums := map[string]aup.Hash{}
	for _, f := range files[:last] {
		sums[f.name] = sha256.Sum256([]byte(f.text))
	}
	m["files"] = sums
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	files[last].text = string(data)
}

func TestBundleIsWhole(t *testing.T) {
	data := bundle(t)
	if got := faults(t, data, "v1"); got != "" {
		t.Errorf("faults:\n%s", got)
	}
	var names []string
	text := map[string]string{}
	for _, f := range unzip(t, data) {
		names = append(names, f.name)
		text[f.name] = f.text
	}
	want := []string{"README.txt", "raw.eml", "document.json", "report.json", "findings.json", "decisions.json", "events.jsonl", "manifest.json"}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	var decisions []aup.Decision
	if err := json.Unmarshal([]byte(text["decisions.json"]), &decisions); err != nil {
		t.Fatal(err)
	}
	if len(decisions) != 2 || decisions[0].Clauses[0].Title != "title of 4" || decisions[1].Outcome != aup.OutcomeNone {
		t.Errorf("decisions: %+v", decisions)
	}
	if n := strings.Count(text["events.jsonl"], "\n"); n != 5 {
		t.Errorf("%d events, want 5 of the 8 in the log:\n%s", n, text["events.jsonl"])
	}
}

// TestTamperedBundle changes one thing at a time. With the manifest as it was
// the file is named; with one that was made to fit, what does not hold is.
func TestTamperedBundle(t *testing.T) {
	data := bundle(t)
	for name, tc := range map[string]struct{ file, old, new, fault string }{
		"the message":         {"raw.eml", "spam", "ham!", "the message has the SHA-256 that the report is named after: the message has"},
		"the text":            {"document.json", "they send", "we send", "document.json says what the events say: it differs"},
		"the report":          {"report.json", `"state": "decided"`, `"state": "closed"`, "report.json says what the events say: it differs"},
		"a finding":           {"findings.json", `0.9`, `0.1`, "findings.json says what the events say: it differs"},
		"a decision":          {"decisions.json", "title of 4", "title of 5", "decisions.json says what the events say: it differs"},
		"who decided":         {"events.jsonl", `"by":"olga"`, `"by":"otto"`, "event 5 was changed: its hash does not follow"},
		"a hash":              {"events.jsonl", `"seq":5,"prev":"`, `"seq":5,"prev":"0`, "after event 4: hash"},
		"the order":           {"events.jsonl", `{"seq":5,`, `{"seq":2,`, "event 2 stands after 4"},
		"a number":            {"events.jsonl", `{"seq":6,`, `{"seq":7,`, "event 7 stands after 7"},
		"no JSON":             {"events.jsonl", `{"seq":3,`, `{"seq":`, "after event 0: invalid"},
		"the head":            {"manifest.json", `"seq": 8`, `"seq": 2`, "event 3 stands after 0 in a log that ends in 2"},
		"the head's hash":     {"manifest.json", `"seq": 8`, `"seq": 7`, "event 7 is the head of the log, and the manifest says another hash"},
		"another report":      {"manifest.json", `"report": "`, `"report": "x`, "the manifest is of report x"},
		"another format":      {"manifest.json", `"format": 1`, `"format": 2`, "the bundle has format 2"},
		"no manifest to read": {"manifest.json", `{`, ``, "the manifest can be read: invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			files := unzip(t, data)
			i := slices.IndexFunc(files, func(f file) bool { return f.name == tc.file })
			if !strings.Contains(files[i].text, tc.old) {
				t.Fatalf("%s has no %q:\n%s", tc.file, tc.old, files[i].text)
			}
			files[i].text = strings.Replace(files[i].text, tc.old, tc.new, 1)
			if tc.file != "manifest.json" {
				if got := faults(t, pack(t, files), "v1"); !strings.Contains(got, tc.file+" has the SHA-256 that the manifest says: the file has") {
					t.Errorf("with the manifest as it was:\n%s", got)
				}
				rehash(t, files)
			}
			if got := faults(t, pack(t, files), "v1"); !strings.Contains(got, tc.fault) || strings.Contains(got, "the file has") != (name == "no manifest to read") {
				t.Errorf("with a manifest that fits, want %q:\n%s", tc.fault, got)
			}
		})
	}
}

func TestBundleOfOtherFiles(t *testing.T) {
	whole := unzip(t, bundle(t))
	for name, tc := range map[string]struct {
		change func([]file) []file
		fault  string
	}{
		"one more":    {func(f []file) []file { return append(f, file{"../evil", "x"}) }, `"../evil" is no file of a bundle`},
		"one twice":   {func(f []file) []file { return append(f, f[1]) }, `"raw.eml" is no file of a bundle, or is there twice`},
		"one missing": {func(f []file) []file { return f[1:] }, "README.txt is missing"},
		"no events":   {func(f []file) []file { f[6].text = ""; return f }, "no event received the message"},
		"none":        {func([]file) []file { return nil }, "manifest.json is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults(t, pack(t, tc.change(slices.Clone(whole))), "v1"); !strings.Contains(got, tc.fault) {
				t.Errorf("want %q:\n%s", tc.fault, got)
			}
		})
	}
	if _, err := export.Verify(strings.NewReader("no zip"), 6, "v1"); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("what is no zip file: %v", err)
	}
}

// TestBundleOfAnotherVersion: a field that another version did not know yet is
// no fault, one that says something else is.
func TestBundleOfAnotherVersion(t *testing.T) {
	whole := unzip(t, bundle(t))
	change := func(old, changed string) []byte {
		files := slices.Clone(whole)
		files[3].text = strings.Replace(files[3].text, old, changed, 1)
		if files[3].text == whole[3].text {
			t.Fatalf("report.json has no %q:\n%s", old, whole[3].text)
		}
		rehash(t, files)
		return pack(t, files)
	}
	fewer := change(`  "primary": "4",`+"\n", "")
	if got := faults(t, fewer, "v2"); got != "" {
		t.Errorf("without a field:\n%s", got)
	}
	if got := faults(t, fewer, "v1"); !strings.Contains(got, "report.json says what the events say: it differs\n") {
		t.Errorf("without a field, of the same version:\n%s", got)
	}
	for _, changed := range []string{`"primary": "5"`, `"primary": "4", "more": 1`, `"primary": ["4"]`, `"primary": {"4": 4}`} {
		if got := faults(t, change(`"primary": "4"`, changed), "v2"); !strings.Contains(got, "made by aupd v1, this is v2") {
			t.Errorf("%s:\n%s", changed, got)
		}
	}
}

// TestEveryByteOfTheFilesCounts turns bytes of the compressed files over, one at
// a time and not every one, for time's sake: none can be changed unseen.
func TestEveryByteOfTheFilesCounts(t *testing.T) {
	data := bundle(t)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		start, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for i := int64(0); i < int64(f.CompressedSize64); i += 5 {
			changed := bytes.Clone(data)
			changed[start+i] ^= 0x55
			if faults(t, changed, "v1") == "" {
				t.Errorf("%s: byte %d can be changed", f.Name, i)
			}
		}
	}
}

// TestReasonsLieInTheText forges whole bundles, whose hashes all fit, of a
// classifier that points beside the text.
func TestReasonsLieInTheText(t *testing.T) {
	for name, change := range map[string]func(*aup.Document, *aup.Span){
		"another text":       func(_ *aup.Document, s *aup.Span) { s.Text = "other" },
		"behind its end":     func(_ *aup.Document, s *aup.Span) { s.End = 99 },
		"before its start":   func(_ *aup.Document, s *aup.Span) { s.Start = -1 },
		"backwards":          func(_ *aup.Document, s *aup.Span) { s.Start, s.End = 3, 2 },
		"no such part":       func(_ *aup.Document, s *aup.Span) { s.Part = "9" },
		"an indicator":       func(d *aup.Document, _ *aup.Span) { d.Indicators[0].End = 99 },
		"a segment":          func(d *aup.Document, _ *aup.Span) { d.Parts[0].Segments = []aup.Segment{{Range: aup.Range{End: 99}}} },
		"a link":             func(d *aup.Document, _ *aup.Span) { d.Parts[0].Links = []aup.Link{{Range: aup.Range{End: 99}}} },
		"what is not hidden": func(d *aup.Document, _ *aup.Span) { d.Parts[0].Hidden = []aup.Range{{End: 99}} },
		"":                   func(*aup.Document, *aup.Span) {},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "Subject: x\r\n\r\nspam"
			m := &aup.Mail{Hash: sha256.Sum256([]byte(raw)), Size: int64(len(raw))}
			doc := aup.Document{
				Messages: []aup.Message{{Parent: -1}}, Parts: []aup.Part{{ID: "1", Text: "spam"}},
				Indicators: []aup.Indicator{{Kind: aup.IndicatorDomain, Value: "x.example", Part: "1"}},
			}
			s := aup.Span{Part: "1", End: 4, Text: "spam"}
			change(&doc, &s)
			var p aup.Proof
			for i, e := range []aup.Event{
				aup.NewReceived(m, doc, storetest.At, "file"),
				aup.NewClassified(m.Hash, aup.Verdict{Findings: []aup.Finding{{Clause: "4", Spans: []aup.Span{s}}}}, storetest.At, "file"),
			} {
				e.Seq, e.Report = aup.Seq(i+1), aup.NewReportID(m.Hash, 0)
				data, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				stored := aup.StoredEvent{Seq: e.Seq, Prev: p.HeadHash, Event: data}
				stored.Hash = sha256.Sum256(append(stored.Prev[:], data...))
				p.Events, p.Head, p.HeadHash = append(p.Events, stored), e.Seq, stored.Hash
			}
			var out bytes.Buffer
			if err := export.Bundle(&out, "v1", p, strings.NewReader(raw)); err != nil {
				t.Fatal(err)
			}
			got := faults(t, out.Bytes(), "v1")
			if strings.HasPrefix(got, "every reason and indicator lies in the document's text: ") != (name != "") || strings.Count(got, "\n") > 1 {
				t.Errorf("faults:\n%s", got)
			}
		})
	}
}

func TestNoBundleOfWhatDoesNotAddUp(t *testing.T) {
	for name, p := range map[string]aup.Proof{
		"nothing":       {},
		"no JSON":       {Events: []aup.StoredEvent{{Seq: 1, Event: []byte("{")}}},
		"no such event": {Events: []aup.StoredEvent{{Seq: 1, Event: []byte(`{"seq":2}`)}}},
		"out of order":  {Events: []aup.StoredEvent{{Seq: 1, Event: []byte(`{"seq":1,"kind":"seen","seen":{}}`)}}},
	} {
		if err := export.Bundle(io.Discard, "v1", p, strings.NewReader("")); !errors.Is(err, aup.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
}
