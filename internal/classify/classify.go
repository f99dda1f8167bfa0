// Package classify says which clauses of a policy a document speaks for, how
// sure that is, and why. It is a pure function of the document, the policy and
// the vocabulary that is embedded: the same three give the same verdict, bit
// by bit, on any machine and however many goroutines ask.
//
// From the bottom up:
//
//   - text.go folds text to the form that phrases are looked for in, and keeps
//     the way back to the text as it stands.
//   - vocab.go reads the vocabulary: concepts, each with its phrases in many
//     languages, and rules that combine concepts.
//   - zone.go cuts a document into zones: whose words, in which message, and
//     whether that message is a report itself.
//   - match.go finds concepts in a zone, and which of them are denied.
//   - fact.go states what machines' reports and headers say by themselves.
//   - feature.go names the words and concepts that the learned part weighs,
//     learned.go holds its weights, train.go makes them from the examples in
//     training. Both parts add up to the log-odds of a clause.
//   - rules.go fires the rules; each gives a clause log-odds and a reason.
//   - decide.go makes a verdict of the scores.
package classify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

// Threshold is the score from which a clause beside the primary one is recorded.
const Threshold = 0.35

// A Classifier holds documents against one policy. It is safe for concurrent
// use.
type Classifier struct {
	policy  *policy.Policy
	vocab   *vocabulary
	version string // of the policy
}

// New returns a Classifier for p. A clause of p that the vocabulary has no
// rules for is matched by its own text and cues.
func New(p *policy.Policy) (*Classifier, error) {
	v, err := loadVocabulary(p)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	return &Classifier{policy: p, vocab: v, version: p.Version()}, nil
}

// Model identifies the vocabulary and the way it is used: the same model gives
// the same verdict on the same document and policy.
func (c *Classifier) Model() string { return c.vocab.digest }

// engine is a part of the model's version: it changes whenever the code gives
// another verdict for the same vocabulary.
const engine = "3"

func modelDigest(files ...[]byte) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%d\n", len(f))
		h.Write(f)
	}
	return "rules-" + engine + ":" + hex.EncodeToString(h.Sum(nil)[:6])
}

// Classify returns the verdict on doc. Its findings hold each clause that
// scores at least Threshold, best first, then the best one below it. Every
// finding has at least one span, strongest first, in bytes of the text of the
// part that it names, with a reason. doc is not modified.
func (c *Classifier) Classify(doc *aup.Document) aup.Verdict {
	zones := zonesOf(doc)
	for i := range zones {
		zones[i].match(c.vocab)
	}
	zones = handedOver(c.vocab, zones)
	notices(c.vocab, zones)
	fired := c.vocab.fire(zones, append(machineFacts(doc), originalFacts(doc)...))
	// The learned part cannot tell no violation from a clause that it never saw.
	unknown := slices.ContainsFunc(fired, func(f firing) bool { return !slices.Contains(c.vocab.learned.clauses, f.rule.Clause) })
	for _, f := range c.vocab.learned.judge(c.vocab, zones) {
		if f.rule.Clause == aup.None && !unknown {
			fired = append(fired, f)
		}
		for _, id := range c.policy.Means(f.rule.Clause) {
			as := *f.rule
			as.Clause = id
			fired = append(fired, firing{&as, f.weight, f.spans})
		}
	}
	v := c.decide(doc, zones, scores(fired))
	v.Policy, v.Model = c.version, c.Model()
	return v
}

// A score is what the rules give one clause.
type score struct {
	clause aup.ClauseID
	odds   float64 // log-odds
	ruled  float64 // log-odds by the rules alone, in full
	spans  []aup.Span
}

func (s score) probability() float64 { return calibrated(s.odds) }

// calibrated makes a score of log-odds: of the findings with a score of 0.8
// about eight in ten are right. Rules and learned words repeat each other, so
// their sum is surer than it ought to be.
func calibrated(odds float64) float64 { return sigmoid(0.65*odds - 1.2) }

// sigmoid is rounded, so that a score reads well and prints the same anywhere.
func sigmoid(x float64) float64 { return math.Round(1e4/(1+math.Exp(-x))) / 1e4 }

// prior is the log-odds of a clause that nothing speaks for.
const prior = -2.6

// scores adds up what fired for each clause, best first. Of the rules of one
// group only the strongest counts in full, since they say the same thing in
// other words; each further one counts half as much as the one before.
func scores(fired []firing) []score {
	type key struct {
		clause aup.ClauseID
		group  string
	}
	slices.SortStableFunc(fired, func(a, b firing) int { return cmp.Compare(math.Abs(b.weight), math.Abs(a.weight)) })
	factor := make(map[key]float64)
	at := make(map[aup.ClauseID]int)
	var out []score
	for _, f := range fired {
		i, ok := at[f.rule.Clause]
		if !ok {
			i = len(out)
			at[f.rule.Clause] = i
			out = append(out, score{clause: f.rule.Clause, odds: prior, ruled: prior})
		}
		k := key{f.rule.Clause, f.rule.group()}
		share := 1.0
		if n, again := factor[k]; again {
			share = n / 2
		}
		factor[k] = share
		w := f.weight * share
		if f.rule.Group != modelGroup {
			out[i].ruled += w
			w *= ruled
		}
		out[i].odds += w
		for _, s := range f.spans {
			if f.rule.Group != modelGroup {
				s.Weight = round(w / float64(len(f.spans)))
			}
			out[i].spans = append(out[i].spans, s)
		}
	}
	slices.SortStableFunc(out, func(a, b score) int {
		return cmp.Or(cmp.Compare(b.odds, a.odds), cmp.Compare(a.clause, b.clause))
	})
	return out
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }
