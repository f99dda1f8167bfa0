package classify

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
	"aupd/internal/policy"

	"github.com/goccy/go-yaml"
)

//go:embed vocab
var files embed.FS

// The learned part is made from the examples in training by TestTrain -update.
//
//go:generate go test -run TestTrain -update .
//go:embed learned.tsv
var learnedFile string

// A vocabulary is what the classifier knows: concepts, their phrases, and the
// rules over them.
type vocabulary struct {
	names     map[string]int // of concepts
	denials   denier
	phrases   []phrase
	index     *index
	rules     []rule
	yields    []yield
	urgent    []rule   // what makes a report urgent, beside its clauses
	concepts  []string // names by number
	languages []string // that the tables of words cover, as BCP 47 tags
	learned   *learned // nil while it is trained
	digest    string
}

// A yield says which clause gives up the first place, and to which.
type yield struct {
	Clause aup.ClauseID   `yaml:"clause"`
	To     []aup.ClauseID `yaml:"to"`
	Within float64        `yaml:"within"` // log-odds
	// With says that the two usually come together, so that little needs to
	// speak for the second one.
	With bool `yaml:"with"`
	// Ruled says that the second one's rules must make it likely for either.
	Ruled bool `yaml:"ruled"`
}

// linked reports whether one of the two clauses may yield to the other: both
// are found in one report more often than by chance.
func (v *vocabulary) linked(a, b aup.ClauseID) bool {
	return slices.ContainsFunc(v.yields, func(y yield) bool {
		return y.Clause == a && slices.Contains(y.To, b) || y.Clause == b && slices.Contains(y.To, a)
	})
}

// companions reports whether clause b usually comes together with a, which is
// found. ruled says that b's rules make it likely.
func (v *vocabulary) companions(a, b aup.ClauseID, ruled bool) bool {
	return slices.ContainsFunc(v.yields, func(y yield) bool {
		return y.With && (ruled || !y.Ruled) && (y.Clause == a && slices.Contains(y.To, b) || y.Clause == b && slices.Contains(y.To, a))
	})
}

// A phrase is one way of saying a concept.
type phrase struct {
	concept int
	text    string   // folded; of a phrase with asterisks within, up to the first
	rest    []string // what follows each asterisk, the word before it having gone on
	stem    bool     // the last word may go on: written with an asterisk at its end
	inner   bool     // it may stand within a word: written with one at its beginning
}

// loadVocabulary reads the embedded files and leaves out the rules for clauses
// that p does not have.
func loadVocabulary(p *policy.Policy) (*vocabulary, error) {
	entries, err := files.ReadDir("vocab")
	if err != nil {
		return nil, err
	}
	v := &vocabulary{names: make(map[string]int)}
	var all [][]byte
	var rules []rule
	for _, e := range entries {
		data, err := files.ReadFile("vocab/" + e.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, data)
		var into any
		switch e.Name() {
		case "rules.yaml":
			into = &rules
		case "yields.yaml":
			into = &v.yields
		case "urgent.yaml":
			into = &v.urgent
		}
		if into != nil {
			if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
				return nil, fmt.Errorf("%s: %w", e.Name(), err)
			}
			continue
		}
		read := v.readConcepts
		if strings.HasSuffix(e.Name(), ".tsv") {
			read = v.readWords
		}
		if err := read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	v.digest = modelDigest(append(all, []byte(learnedFile))...)
	for _, r := range append(meant(p, rules), v.ownText(p, rules)...) {
		if err := r.resolve(v); err != nil {
			return nil, err
		}
		v.rules = append(v.rules, r)
	}
	for i := range v.urgent {
		if err := v.urgent[i].resolve(v); err != nil {
			return nil, err
		}
	}
	v.denials = v.denier()
	v.index = newIndex(v.phrases)
	return v, nil
}

// covers reports whether the tables of words have a language, given as a BCP 47
// tag. One that could not be told counts as covered.
func (v *vocabulary) covers(tag string) bool {
	language, _, _ := strings.Cut(tag, "-")
	return language == "" || slices.Contains(v.languages, language)
}

// concept returns the number of a concept that the engine itself uses; -1 when
// the vocabulary lacks it.
func (v *vocabulary) concept(name string) int {
	if id, ok := v.names[name]; ok {
		return id
	}
	return -1
}

// resolve finds the concepts that r names.
func (r *rule) resolve(v *vocabulary) error {
	var errs []error
	r.asks = newSet(len(v.concepts))
	numbers := func(names []string) ([]int, set) {
		var out []int
		in := newSet(len(v.concepts))
		for _, n := range names {
			id, ok := v.names[n]
			if !ok {
				errs = append(errs, fmt.Errorf("rule for %s (%s): there is no concept %q", r.Clause, r.Reason, n))
				continue
			}
			out = append(out, id)
			in.add(id)
		}
		r.asks.join(in)
		return out, in
	}
	r.all, r.needs = numbers(r.All)
	_, r.some = numbers(r.Any)
	r.not, _ = numbers(r.Not)
	if r.Reason == "" || r.Weight == 0 || r.Fact == "" && len(r.All)+len(r.Any) == 0 {
		errs = append(errs, fmt.Errorf("rule for %s (%s): needs concepts or a fact, a weight and a reason", r.Clause, r.Reason))
	}
	return errors.Join(errs...)
}

// meant returns the rules for the clauses of p, and for those of the built-in
// policy that p lacks: what speaks for one of them speaks against the others.
func meant(p *policy.Policy, rules []rule) []rule {
	var out []rule
	for _, r := range rules {
		for _, id := range answersTo(p, r.Clause) {
			r.Clause = id
			out = append(out, r)
		}
	}
	return out
}

// lacking stands before the id of a clause of the built-in policy that the
// policy at hand lacks.
const lacking = "~"

// answersTo returns what stands for a clause of the built-in policy, or for none,
// under p.
func answersTo(p *policy.Policy, id aup.ClauseID) []aup.ClauseID {
	if id == aup.None {
		return []aup.ClauseID{id}
	}
	if means := p.Means(id); len(means) > 0 {
		return means
	}
	return []aup.ClauseID{lacking + id}
}

// ownText makes rules from a clause's own words, for the clauses that the
// vocabulary has no rules for: its cues, its title, and the telling words of
// both title and summary.
func (v *vocabulary) ownText(p *policy.Policy, rules []rule) []rule {
	var out []rule
	for _, c := range p.Clauses {
		known := slices.ContainsFunc(rules, func(r rule) bool { return slices.Contains(p.Means(r.Clause), c.ID) })
		if len(c.Cues) > 0 {
			name := "cue/" + string(c.ID)
			for _, cue := range c.Cues {
				v.addPhrase(v.add(name), cue)
			}
			out = append(out, rule{Clause: c.ID, Any: []string{name}, Weight: 12, Reason: "has words that the policy gives as cues"})
		}
		if known {
			continue
		}
		title := "title/" + string(c.ID)
		v.addPhrase(v.add(title), c.Title)
		out = append(out, rule{Clause: c.ID, Any: []string{title}, Weight: 10, Reason: "names the clause by its title"})
		for _, w := range tellingWords(c.Title + " " + c.Summary) {
			name := "word/" + w
			v.addPhrase(v.add(name), w)
			out = append(out, rule{Clause: c.ID, Any: []string{name}, Scope: "document", Weight: 2.8, Group: name, Reason: "uses a word of the clause"})
		}
	}
	return out
}

// tellingWords returns the longer words of a text, each once: short ones join
// sentences, they tell nothing.
func tellingWords(s string) []string {
	var out []string
	for w := range strings.FieldsFuncSeq(fold(s).text, func(r rune) bool { return !word(r) }) {
		if utf8.RuneCountInString(w) >= 6 && !slices.Contains(out, w) && !slices.Contains(common, w) {
			out = append(out, w)
		}
	}
	return out
}

// common are longer words that any clause may have.
var common = []string{"service", "clause", "policy", "others", "another", "nobody", "somebody", "without", "against", "details", "person", "account", "provider", "including"}
