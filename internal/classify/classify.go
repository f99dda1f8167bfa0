// Package classify says which clauses of a policy a document speaks for, how
// sure that is, and why. It is a pure function of the document, the policy and
// the vocabulary that is embedded: the same three give the same verdict, bit
// by bit, on any machine of one architecture and however many goroutines ask.
//
// From the bottom up:
//
//   - text.go folds text to the form that phrases are looked for in, and keeps
//     the way back to the text as it stands.
//   - vocab.go and concept.go read the vocabulary: concepts, each with its
//     phrases in many languages, and rules that combine concepts.
//   - zone.go cuts a document into zones: whose words, in which message, and
//     whether that message is a report itself.
//   - index.go finds phrases, match.go concepts in a zone, deny.go which of them
//     are denied.
//   - origin.go reads how a message travelled and where its links lead; fact.go
//     states that, and what machines' reports say by themselves.
//   - rules.go fires the rules; each speaks for a clause, with a weight and a
//     reason. firing.go keeps the places that made it.
//   - feature.go and shape.go find and name what the learned part weighs: words,
//     concepts and what a text has beside them. learned.go, table.go and
//     concepttable.go hold its weights, opinion.go adds them up, train.go makes them
//     from the examples in training, adapt.go changes them by operators' decisions.
//     It knows what the rules say and adds what they lack.
//   - score.go sums both up for each clause and for no violation, and makes
//     probabilities of the sums.
//   - decide.go makes a verdict of the scores.
package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

// Threshold is the score from which a clause beside the primary one is recorded.
const Threshold = 0.5

// A Classifier holds documents against one policy. It is safe for concurrent
// use.
type Classifier struct {
	policy  *policy.Policy
	vocab   *vocabulary
	version string         // of the policy
	answers []aup.ClauseID // its clauses, those that it lacks, and none
	// taught are the rules under which the learned part speaks, for each of its
	// clauses, one for each answer that this is.
	taught [][]*rule
}

// shipped returns the learned part that is embedded, which all classifiers share.
var shipped = sync.OnceValues(func() (*learned, error) { return readLearned(learnedFile) })

// New returns a Classifier for p. A clause of p that the vocabulary has no
// rules for is matched by its own text and cues.
func New(p *policy.Policy) (*Classifier, error) {
	v, err := loadVocabulary(p)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	l, err := shipped()
	if err != nil {
		return nil, fmt.Errorf("learned.tsv: %w", err)
	}
	v.learned = l.numbered(v)
	c := &Classifier{policy: p, vocab: v, version: p.Version()}
	for _, cl := range p.Clauses {
		c.answers = append(c.answers, cl.ID)
	}
	for _, id := range v.learned.clauses {
		var rules []*rule
		for _, a := range answersTo(p, id) {
			if !slices.Contains(c.answers, a) {
				c.answers = append(c.answers, a)
			}
			rules = append(rules, spokenFor(a))
		}
		c.taught = append(c.taught, rules)
	}
	return c, nil
}

// Model identifies the vocabulary and the way it is used: the same model gives
// the same verdict on the same document and policy.
func (c *Classifier) Model() string { return c.vocab.digest }

// engine is a part of the model's version: it changes whenever the code gives
// another verdict for the same vocabulary.
const engine = "10"

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
	zones, facts := c.read(doc)
	v := c.decide(doc, zones, scores(c.fire(zones, facts), c.answers))
	v.Policy, v.Model = c.version, c.Model()
	return v
}

// read returns the zones of doc with what is found in them, and its facts.
func (c *Classifier) read(doc *aup.Document) ([]zone, []fact) {
	zones := zonesOf(doc)
	c.vocab.match(zones)
	zones = handedOver(c.vocab, zones)
	unname(c.vocab, zones)
	notices(c.vocab, zones)
	origins := originsOf(doc)
	if origins[0].list() {
		posted(c.vocab, zones)
	}
	return zones, append(machineFacts(doc), originFacts(c.vocab, doc, origins)...)
}

// fire returns what speaks for each answer, by the rules and by what was learned.
func (c *Classifier) fire(zones []zone, facts []fact) []firing {
	fired := c.vocab.fire(zones, facts)
	// The learned part cannot tell a clause that it never saw from no violation,
	// nor from what the policy lacks.
	unknown := slices.ContainsFunc(fired, c.unlearned)
	o := c.vocab.learned.judge(c.vocab, zones)
	for clause, rules := range c.taught {
		for _, r := range rules {
			if unknown && (r.Clause == aup.None || strings.HasPrefix(string(r.Clause), lacking)) {
				continue
			}
			fired = append(fired, firing{rule: r, weight: o.weights[clause], opinion: o, clause: clause})
		}
	}
	if unknown {
		fired = slices.DeleteFunc(fired, func(f firing) bool { return strings.HasPrefix(string(f.rule.Clause), lacking) })
	}
	return fired
}

// unlearned reports whether f speaks for a clause that nothing was learned of.
func (c *Classifier) unlearned(f firing) bool {
	return !slices.ContainsFunc(c.taught, func(rules []*rule) bool {
		return slices.ContainsFunc(rules, func(r *rule) bool { return r.Clause == f.rule.Clause })
	})
}
