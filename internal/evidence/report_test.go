package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/google/go-cmp/cmp"
)

// operator is what the reader of testdata/report knows.
var operator = evidence.Options{
	AuthservIDs: []string{"mx.own.example"},
	Never:       []string{"192.0.2.64/28"},
	OwnDomains:  []string{"own.example"},
	LookupTXT:   lookup,
	PolicyText:  evidence.NewPolicyText(nil, "You may not use the service to gain access to any other service, device or account without permission of its owner."),
}

// lookup knows the key of dkim.eml.
func lookup(name string) ([]string, error) {
	if name != "s._domainkey.sender.example" {
		return nil, errors.New("no such name")
	}
	public := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
}

// TestReports reads every message of testdata/report to the end and compares
// what it means with the .json file beside it.
func TestReports(t *testing.T) {
	files, err := filepath.Glob("testdata/report/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), operator)
			checkDocument(t, name, &doc, raw)
			got := meaning(t, &doc)
			file := strings.TrimSuffix(name, ".eml") + ".json"
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("document (-want +got):\n%s", d)
			}
		})
	}
}

// meaning returns doc as JSON: its messages without their headers, every
// stretch of text under whose words it is, and each indicator on a line.
func meaning(t *testing.T, doc *aup.Document) []byte {
	t.Helper()
	type words struct {
		Part        aup.PartID   `json:"part"`
		Kind        aup.PartKind `json:"kind"`
		Alternative bool         `json:"alternative,omitempty"`
		Text        [][]string   `json:"text"`
	}
	var texts []words
	for _, p := range doc.Parts {
		w := words{Part: p.ID, Kind: p.Kind, Alternative: p.Alternative}
		segments := p.Segments
		if segments == nil {
			segments = []aup.Segment{{Range: aup.Range{End: len(p.Text)}, Voice: aup.VoiceOwn}}
		}
		for _, s := range segments {
			head := string(s.Voice)
			if s.Message > 0 {
				head += fmt.Sprintf(" of message %d", s.Message)
			}
			w.Text = append(w.Text, append([]string{head + ":"}, strings.Split(strings.TrimRight(p.Text[s.Start:s.End], "\n"), "\n")...))
		}
		texts = append(texts, w)
	}
	messages := slices.Clone(doc.Messages)
	for i := range messages {
		messages[i].Header = nil
	}
	var indicators []string
	for _, in := range doc.Indicators {
		indicators = append(indicators, indicatorLine(doc, in))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(struct {
		Language    string           `json:"language"`
		Messages    []aup.Message    `json:"messages"`
		Words       []words          `json:"words"`
		Attachments []aup.Attachment `json:"attachments,omitempty"`
		Machine     []aup.Machine    `json:"machine,omitempty"`
		Indicators  []string         `json:"indicators,omitempty"`
		Problems    []aup.Problem    `json:"problems,omitempty"`
	}{doc.Language, messages, texts, doc.Attachments, doc.Machine, indicators, doc.Problems}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func indicatorLine(doc *aup.Document, in aup.Indicator) string {
	s := fmt.Sprintf("%s %s %s", in.Role, in.Kind, in.Value)
	if in.Port > 0 {
		s += fmt.Sprintf(" port %d", in.Port)
	}
	if !in.Time.IsZero() {
		s += " at " + in.Time.Format(time.RFC3339)
	}
	if p, ok := doc.Part(in.Part); ok {
		s += fmt.Sprintf(" in %s as %q", in.Part, p.Text[in.Start:in.End])
	}
	return s + ": " + in.Why
}
