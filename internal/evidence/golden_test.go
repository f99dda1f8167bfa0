package evidence

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestWalk reads every message of testdata/mail as far as its shape goes and
// compares that with the .json file beside it. What the text means has tests
// of its own.
func TestWalk(t *testing.T) {
	files, err := filepath.Glob("testdata/mail/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, raw)
			file := strings.TrimSuffix(name, ".eml") + ".json"
			if *update {
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

// golden returns the document of raw as JSON, each text on lines of its own.
func golden(t *testing.T, raw []byte) []byte {
	b := walked(raw)
	type part struct {
		aup.Part
		Text       []string    `json:"text"`
		Seen       string      `json:"seen,omitempty"` // the text without what is hidden
		Quotes     []string    `json:"quotes,omitempty"`
		Signatures []string    `json:"signatures,omitempty"`
		Hidden     []string    `json:"hidden,omitempty"`
		Links      [][2]string `json:"links,omitempty"`
	}
	var parts []part
	for i, p := range b.doc.Parts {
		g := part{Part: p, Text: strings.Split(p.Text, "\n")}
		if len(p.Hidden) > 0 {
			g.Seen = b.visible(i)
		}
		for _, r := range p.Hidden {
			g.Hidden = append(g.Hidden, p.Text[r.Start:r.End])
		}
		for _, l := range p.Links {
			g.Links = append(g.Links, [2]string{p.Text[l.Start:l.End], l.Href})
		}
		for _, r := range b.markup[p.ID].quotes {
			g.Quotes = append(g.Quotes, p.Text[r.Start:r.End])
		}
		for _, r := range b.markup[p.ID].signatures {
			g.Signatures = append(g.Signatures, p.Text[r.Start:r.End])
		}
		parts = append(parts, g)
	}
	type message struct {
		aup.Message
		Header []string `json:"header,omitempty"`
	}
	var messages []message
	for _, m := range b.doc.Messages {
		g := message{Message: m}
		for _, f := range m.Header {
			g.Header = append(g.Header, f.Name+": "+f.Value)
		}
		messages = append(messages, g)
	}
	out := bytes.Buffer{}
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	err := e.Encode(map[string]any{
		"messages": messages, "parts": parts, "attachments": b.doc.Attachments, "problems": b.doc.Problems,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// walked returns a builder that has read raw as far as its shape goes.
func walked(raw []byte) *builder {
	b := &builder{raw: bytes.NewReader(raw), size: int64(len(raw)), markup: map[aup.PartID]markup{}}
	b.walk()
	return b
}
