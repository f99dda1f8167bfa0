package classify_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"aupd/internal/classify"
	"aupd/internal/policy"
)

var update = flag.Bool("update", false, "train the learned part anew and write learned.tsv")

// What is shipped is what the examples give: whoever trains gets the same
// bytes.
func TestTrain(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "config", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data, "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var examples []classify.Example
	names, err := filepath.Glob("training/*.tsv")
	if err != nil || len(names) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		more, err := classify.ReadExamples(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		examples = append(examples, more...)
	}
	var got bytes.Buffer
	if err := classify.Train(p, examples, &got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("learned.tsv", got.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("learned.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("learned.tsv is not what the %d examples give; go generate ./internal/classify writes it anew", len(examples))
	}
}
