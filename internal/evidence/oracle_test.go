//go:build integration

package evidence_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	"github.com/jhillyerd/enmime/v2"
)

// eachMail calls f for every .eml under AUPD_CORPUS.
func eachMail(t *testing.T, f func(name string, raw []byte)) {
	t.Helper()
	dir := os.Getenv("AUPD_CORPUS")
	if dir == "" {
		t.Fatal("set AUPD_CORPUS to a folder of mail")
	}
	eachFile(t, dir, func(name string, raw []byte) {
		if filepath.Ext(name) == ".eml" {
			f(name, raw)
		}
	})
}

// TestCorpusBesideGoMessage counts the text/plain parts that go-message, a
// parser for clean mail, decodes, and names those that read otherwise here.
func TestCorpusBesideGoMessage(t *testing.T) {
	same, other := 0, 0
	eachMail(t, func(name string, raw []byte) {
		e, err := message.Read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var texts []string
		err = e.Walk(func(_ []int, e *message.Entity, err error) error {
			if kind, _, _ := e.Header.ContentType(); err == nil && kind == "text/plain" {
				text, err := io.ReadAll(e.Body)
				texts = append(texts, string(text))
				return err
			}
			return err
		})
		if err != nil {
			return
		}
		doc := parse(raw)
		for _, text := range texts {
			if squeeze(text) == "" || slices.ContainsFunc(doc.Parts, func(p aup.Part) bool { return squeeze(p.Text) == squeeze(text) }) {
				same++
				continue
			}
			other++
			t.Logf("%s: a text of %d bytes reads otherwise", name, len(text))
		}
	})
	t.Logf("%d texts read alike, %d otherwise", same, other)
}

// squeeze drops white space and the quote marks that unflowing joins.
func squeeze(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), ">", "")
}

// TestCorpusBesideEnmime checks on every .eml under AUPD_CORPUS that no text
// which enmime, a parser made for broken mail, finds is missing here.
func TestCorpusBesideEnmime(t *testing.T) {
	both, fewer := 0, 0
	eachMail(t, func(name string, raw []byte) {
		env, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil || strings.TrimSpace(env.Text) == "" {
			return
		}
		doc := parse(raw)
		both++
		if missing, total := missingWords(env.Text, &doc); missing*10 > total {
			fewer++
			t.Logf("%s: %d of %d words of enmime's text are missing", name, missing, total)
		}
	})
	t.Logf("%d messages with text in enmime, %d with a tenth of its words missing here", both, fewer)
}

func missingWords(text string, doc *aup.Document) (missing, total int) {
	have := map[string]bool{}
	for _, p := range doc.Parts {
		for word := range strings.FieldsFuncSeq(p.Text, notLetter) {
			have[word] = true
		}
		for _, l := range p.Links {
			for word := range strings.FieldsFuncSeq(l.Href, notLetter) {
				have[word] = true
			}
		}
	}
	for word := range strings.FieldsFuncSeq(text, notLetter) {
		total++
		if !have[word] {
			missing++
		}
	}
	return missing, total
}

func notLetter(r rune) bool {
	return r < 'A' || r > 'Z' && r < 'a' || r > 'z' && r < 0xc0
}
