//go:build integration

package daemon

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write config/policy-words.txt")

const wordsHead = `# Every five words in a row of the Microsoft Intune Acceptable Use Policy, as
# hashes: reporters quote it, and what they quote is not what they report. Made
# by: go test -tags integration -run TestCorpusPolicyWords ./internal/daemon -update
`

// TestCorpusPolicyWords holds the hashes of the policy's words against the
// document, which lies beside the folder that AUPD_CORPUS names, and sends it: who
// quotes all of it reports nothing.
func TestCorpusPolicyWords(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(os.Getenv("AUPD_CORPUS"), "..", "seed", "acceptable-use-policy-intune.md"))
	if err != nil {
		t.Fatal(err)
	}
	runs := evidence.Runs(string(document))
	if *update {
		var b strings.Builder
		b.WriteString(wordsHead)
		for i, run := range runs {
			end := " "
			if i%8 == 7 || i == len(runs)-1 {
				end = "\n"
			}
			fmt.Fprintf(&b, "%08x%s", run, end)
		}
		if err := os.WriteFile(filepath.Join("..", "..", "config", "policy-words.txt"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(runs, config.PolicyWords()); d != "" {
		t.Errorf("config/policy-words.txt does not hold the document's words; run with -update (-document +file):\n%s", d)
	}
	br, err := paceBrain()
	if err != nil {
		t.Fatal(err)
	}
	raw := append([]byte("From: a@b.example\nSubject: Acceptable Use Policy, as we signed it\n\nFor your files.\n\n"), document...)
	doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), br.evidence)
	if v := br.classifier.Classify(&doc); v.Primary != aup.None || v.Sealed {
		t.Errorf("the document alone reports %s, sealed %v", v.Primary, v.Sealed)
	}
}
