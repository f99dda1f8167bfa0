//go:build integration

package evidence_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/jhillyerd/enmime/v2"
)

// TestCorpusBesideEnmime checks on every .eml under AUPD_CORPUS that no text
// which enmime, a parser made for broken mail, finds is missing here.
func TestCorpusBesideEnmime(t *testing.T) {
	dir := os.Getenv("AUPD_CORPUS")
	if dir == "" {
		t.Fatal("set AUPD_CORPUS to a folder of mail")
	}
	both, fewer := 0, 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".eml" {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		env, broken := enmime.ReadEnvelope(bytes.NewReader(raw))
		if broken != nil || strings.TrimSpace(env.Text) == "" {
			return nil
		}
		doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
		both++
		if missing, total := missingWords(env.Text, &doc); missing*10 > total {
			fewer++
			t.Logf("%s: %d of %d words of enmime's text are missing", name, missing, total)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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
