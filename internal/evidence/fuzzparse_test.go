package evidence_test

import "testing"

func FuzzParse(f *testing.F) {
	for _, raw := range samples(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc := parse(raw)
		checkDocument(t, "fuzz", &doc, raw)
	})
}
