package classify_test

import (
	"testing"

	"aupd/internal/aup"
)

// German is found as it is written, and as it is typed without umlauts.
func TestUmlauts(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]aup.ClauseID{
		"Ihr Kunde betreibt Glücksspiel.":    "1.1",
		"Ihr Kunde betreibt Gluecksspiel.":   "1.1",
		"Das Angebot dient der Geldwäsche.":  "1",
		"Das Angebot dient der Geldwaesche.": "1",
	} {
		t.Run(text, func(t *testing.T) {
			if v := c.Classify(document("Acceptable Use Policy", text)); v.Primary != want {
				t.Errorf("primary %s, want %s", v.Primary, want)
			}
		})
	}
}
