package classify_test

import (
	"bytes"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/classify"
)

// What a text has beside words is learned from, and so is the beginning of an
// inflected word in Hangul.
func TestFeatures(t *testing.T) {
	texts := map[aup.ClauseID]string{
		"2.2": "192.0.2.7 tried “root” at 03:14, 우리서버를",
		"4":   "Hungry? 5 € left, me@shop.example 우리가게는",
	}
	var examples []classify.Example
	for range 4 {
		for _, id := range []aup.ClauseID{"2.2", "4"} {
			examples = append(examples, classify.Example{Clauses: []aup.ClauseID{id}, Text: texts[id]})
		}
	}
	var out bytes.Buffer
	if err := classify.Train(shippedPolicy(t), examples, &out); err != nil {
		t.Fatal(err)
	}
	for feature, want := range map[string]bool{
		"@address": true, "@clock": true, "@quotation": true, "@question": true, "@number": true, "@amount": true, "@mail": true,
		"우리서~": true, "우리가~": true, "우리서버~": false, "192": false,
	} {
		if got := strings.Contains(out.String(), "\n"+feature+"\t"); got != want {
			t.Errorf("feature %s learned: %t, want %t", feature, got, want)
		}
	}
}
