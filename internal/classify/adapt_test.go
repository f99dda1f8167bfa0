package classify_test

import (
	"fmt"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/classify"

	"github.com/google/go-cmp/cmp"
)

// house is what one service's reporters say, that no other says.
func house(i int) *aup.Document {
	return document("Acceptable Use Policy", fmt.Sprintf(
		"Ticket %d: the flumps of tenant %d were grommeted again last night, please look at the frobnicator.", i, i*7))
}

func TestAdapt(t *testing.T) {
	c := classifier(t)
	var decisions []classify.Decided
	for i := range 6 {
		decisions = append(decisions, classify.Decided{Document: house(i), Clauses: []aup.ClauseID{"1.2"}})
	}
	adapted := c.Adapt(decisions)
	before, after := c.Classify(house(99)), adapted.Classify(house(99))
	if before.Primary == "1.2" || after.Primary != "1.2" {
		t.Errorf("primary %s before and %s after", before.Primary, after.Primary)
	}
	check(t, house(99), after)
	if adapted.Model() == c.Model() || adapted.Model() != c.Adapt(decisions).Model() {
		t.Errorf("models %s, %s", c.Model(), adapted.Model())
	}
	if d := cmp.Diff(after, c.Adapt(decisions).Classify(house(99))); d != "" {
		t.Errorf("the same decisions give another verdict:\n%s", d)
	}
	if again := c.Classify(house(99)); again.Primary != before.Primary {
		t.Error("learning changed the classifier that it began with")
	}
	if c.Adapt(nil) != c {
		t.Error("no decision makes another classifier")
	}
	// What the decisions do not speak of stays as it was.
	spam := document("Acceptable Use Policy", "Your customer sends us unsolicited bulk mail every day.")
	if was, is := c.Classify(spam), adapted.Classify(spam); was.Primary != is.Primary {
		t.Errorf("spam was %s and is %s", was.Primary, is.Primary)
	}
}

// A correction is undone by decisions the other way, and one of a clause that
// the policy does not have teaches nothing wrong.
func TestAdaptTakesDecisionsAsTheyAre(t *testing.T) {
	c := classifier(t)
	var decisions []classify.Decided
	for i := range 8 {
		decisions = append(decisions, classify.Decided{Document: house(i)}, classify.Decided{Document: house(i), Clauses: []aup.ClauseID{"77"}})
	}
	if v := c.Adapt(decisions).Classify(house(99)); v.Primary != aup.None {
		t.Errorf("primary %s, want none", v.Primary)
	}
}
