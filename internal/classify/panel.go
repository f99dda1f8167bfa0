package classify

import (
	"fmt"

	"aupd/internal/aup"
	"aupd/internal/policy"
)

// A Panel holds documents against several policies at once. It is safe for
// concurrent use.
type Panel struct {
	set     *policy.Set
	main    *Classifier
	further []*Classifier
	version string // of the set
}

// NewPanel returns a Panel for every policy of set.
func NewPanel(set *policy.Set) (*Panel, error) {
	main, err := New(set.Main)
	if err != nil {
		return nil, err
	}
	p := &Panel{set: set, main: main, version: set.Version()}
	for _, f := range set.Further {
		c, err := New(f)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", f.Name, err)
		}
		p.further = append(p.further, c)
	}
	return p, nil
}

// Adapt returns a Panel whose main classifier has learned from decisions, as
// [Classifier.Adapt] says. p is not modified.
func (p *Panel) Adapt(decisions []Decided) *Panel {
	out := *p
	out.main = p.main.Adapt(decisions)
	return &out
}

// Model identifies what verdicts are made with, as [Classifier.Model] does.
func (p *Panel) Model() string { return p.main.Model() }

// Classify returns the main policy's verdict on doc, and with it what the
// further policies find: their clauses, by the ids under which the set knows
// them, follow those of the main policy. A report that breaks a further policy
// alone, or likely where the main policy's is not, is a violation with that
// policy's clause as the primary one.
func (p *Panel) Classify(doc *aup.Document) aup.Verdict {
	v := p.main.Classify(doc)
	for i, c := range p.further {
		w := c.Classify(doc)
		of := p.set.Further[i]
		for _, f := range w.Findings {
			f.Clause, f.Policy = of.Qualify(f.Clause), of.Name
			v.Findings = append(v.Findings, f)
		}
		if w.Outcome != aup.OutcomeViolation {
			continue
		}
		var clauses []aup.ClauseID
		for _, id := range w.Clauses {
			clauses = append(clauses, of.Qualify(id))
		}
		if v.Primary != aup.None && (sureness(v) >= likely || sureness(w) < likely) {
			v.Clauses = append(v.Clauses, clauses...)
		} else {
			v.Clauses = append(clauses, v.Clauses...)
			v.Outcome, v.Primary, v.Review, v.Reason = w.Outcome, of.Qualify(w.Primary), w.Review, w.Reason
		}
		if w.Severity.Rank() < v.Severity.Rank() {
			v.Severity = w.Severity
		}
		if v.Urgent == "" {
			v.Urgent = w.Urgent
		}
		v.Sealed = v.Sealed || w.Sealed
	}
	v.Policy = p.version
	return v
}

// sureness returns the score of v's primary clause, 0 for none.
func sureness(v aup.Verdict) float64 {
	for _, f := range v.Findings {
		if f.Clause == v.Primary {
			return f.Score
		}
	}
	return 0
}
