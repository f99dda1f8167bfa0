//go:build integration

package evidence_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aupd/internal/evidence"
)

// TestCorpus parses every file under the folder that AUPD_CORPUS names. With
// -v it prints the problems by kind and the slowest files.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AUPD_CORPUS")
	if dir == "" {
		t.Fatal("set AUPD_CORPUS to a folder of mail")
	}
	const most = time.Second
	kinds, examples := map[string]int{}, map[string]string{}
	files, size, textless := 0, 0, 0
	var total time.Duration
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		start := time.Now()
		doc := evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
		took := time.Since(start)
		if took > most {
			t.Errorf("%s: took %v", name, took)
		}
		checkDocument(t, name, &doc, raw)
		files, size, total = files+1, size+len(raw), total+took
		if !hasText(&doc) && len(doc.Attachments) == 0 {
			textless++
			t.Logf("no text: %s (%d bytes)", name, len(raw))
		}
		for _, p := range doc.Problems {
			if kinds[p.Kind]++; examples[p.Kind] == "" {
				examples[p.Kind] = name + ": " + p.Detail
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d bytes in %v; %d without any text", files, size, total.Round(time.Millisecond), textless)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%-18s %6d  %s", kind, kinds[kind], examples[kind])
	}
}
