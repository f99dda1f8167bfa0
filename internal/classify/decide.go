package classify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// margin is how far apart in log-odds the best two answers must be for neither
// to need a look: under it they change places with a word.
const margin = 0.5

// decide makes the verdict of the scores, best first.
func (c *Classifier) decide(doc *aup.Document, zones []zone, all []score) aup.Verdict {
	var none score
	clauses := make([]score, 0, len(all))
	var lacked []score
	for _, s := range all {
		switch {
		case s.clause == aup.None:
			none = s
		case strings.HasPrefix(string(s.clause), lacking):
			lacked = append(lacked, s)
		case s.reason != "":
			clauses = append(clauses, s)
		}
	}
	// What the policy does not prohibit is no violation of it.
	if len(lacked) > 0 && lacked[0].reason != "" && lacked[0].odds > none.odds {
		none = lacked[0]
		none.reason = "speaks of what the policy does not prohibit"
	}
	v := aup.Verdict{Outcome: aup.OutcomeNone, Primary: aup.None, Clauses: []aup.ClauseID{}, Findings: []aup.Finding{}}
	if best := c.bestOf(clauses); best != nil && best.odds > none.odds {
		best = c.firstPlace(clauses, best)
		v.Outcome, v.Primary = aup.OutcomeViolation, best.clause
		if cl, _ := c.policy.Clause(best.clause); cl.Exception {
			v.Outcome = aup.OutcomeException
		}
		v.Clauses = c.recorded(clauses, best.clause)
	}
	c.review(&v, doc, zones, clauses, none)
	v.Findings = c.findings(clauses, v.Clauses)
	c.urgent(&v, zones, clauses)
	c.weigh(&v)
	return v
}

// weigh says how bad the recorded clauses are, and whether the report is sealed.
func (c *Classifier) weigh(v *aup.Verdict) {
	for _, id := range v.Clauses {
		cl, _ := c.policy.Clause(id)
		if v.Severity == "" || cl.Severity.Rank() < v.Severity.Rank() {
			v.Severity = cl.Severity
		}
		v.Sealed = v.Sealed || cl.Sealed
	}
}

// bestOf returns the best of scores that may have the first place, nil if there
// is none.
func (c *Classifier) bestOf(all []score) *score {
	for i := range all {
		if c.stands(&all[i]) {
			return &all[i]
		}
	}
	return nil
}

// stands reports whether s may have the first place: an exception must be
// claimed, or be likely without that.
func (c *Classifier) stands(s *score) bool {
	cl, _ := c.policy.Clause(s.clause)
	return !cl.Exception || s.byRules() >= claimed || s.probability() >= likely
}

const (
	claimed = 0.5 // by an exception's rules
	likely  = 0.9 // without them
)

// firstPlace returns the score of the clause that the report is about: best, or
// the one that it yields to.
func (c *Classifier) firstPlace(all []score, best *score) *score {
	for _, y := range c.vocab.yields {
		if y.Clause != best.clause {
			continue
		}
		for i := range all {
			s := &all[i]
			serious := s.byRules() >= claimed || !y.Ruled && s.probability() >= companionFrom
			if slices.Contains(y.To, s.clause) && serious && c.stands(s) && s.odds >= best.odds-y.Within {
				return s
			}
		}
	}
	return best
}

// A clause of the highest severity is recorded from a lower score, or from what
// its rules say alone: missing a minor costs more than a look.
const (
	criticalFrom      = 0.4
	criticalRuledFrom = 0.25
)

// companionFrom is the score from which a clause is recorded beside one that it
// usually comes with, unless its rules alone make it likely.
const companionFrom = 0.1

// recorded returns the clauses that would be recorded, the primary one first:
// it and every further one over the threshold. An exception stands alone, and
// a group gives way to its details.
func (c *Classifier) recorded(all []score, primary aup.ClauseID) []aup.ClauseID {
	out := []aup.ClauseID{primary}
	if cl, _ := c.policy.Clause(primary); cl.Exception {
		return out
	}
	for _, s := range all {
		cl, _ := c.policy.Clause(s.clause)
		from := Threshold
		switch ruled := s.byRules() >= claimed; {
		case c.vocab.companions(primary, s.clause, ruled) && ruled:
			from = 0
		case c.vocab.companions(primary, s.clause, ruled):
			from = companionFrom
		}
		critical := cl.Severity == aup.Critical && (s.probability() >= criticalFrom || s.byRules() >= criticalRuledFrom)
		if s.clause != primary && !cl.Exception && (critical || s.probability() >= from) {
			out = append(out, s.clause)
		}
	}
	return slices.DeleteFunc(out, func(id aup.ClauseID) bool {
		return id != primary && slices.ContainsFunc(out, func(o aup.ClauseID) bool { return strings.HasPrefix(string(o), string(id)+".") })
	})
}

// review says whether a person must look, and why.
func (c *Classifier) review(v *aup.Verdict, doc *aup.Document, zones []zone, clauses []score, none score) {
	reason := func(format string, args ...any) {
		v.Review = true
		if v.Reason == "" {
			v.Reason = fmt.Sprintf(format, args...)
		}
	}
	read := 0
	for _, z := range zones {
		if !z.subject {
			read += len(strings.TrimSpace(z.raw))
		}
	}
	best := c.bestOf(clauses)
	switch {
	case read == 0:
		reason("there is no text to read%s", unread(doc))
	case !c.vocab.covers(doc.Language) && (v.Primary == aup.None || best.probability() < likely):
		reason("its language (%s) is not covered", doc.Language)
	case v.Primary != aup.None && best.probability() < Threshold:
		reason("little speaks for any clause")
	case v.Primary != aup.None && best.weight-none.weight < margin:
		reason("unsure between %s and no violation", v.Primary)
	case v.Primary == aup.None && best != nil && none.weight-best.weight < margin:
		reason("unsure between no violation and %s", best.clause)
	case v.Primary == aup.None && none.reason == "":
		reason("nothing known was found in it")
	}
	if v.Review {
		v.Outcome = aup.OutcomeReview
	}
	if v.Outcome == aup.OutcomeNone {
		v.Reason = cmp.Or(v.Reason, none.reason)
	}
}

// unread names what was not examined, for a message without text.
func unread(doc *aup.Document) string {
	for _, a := range doc.Attachments {
		if a.Unread != "" {
			return ": " + a.Unread + " was not examined"
		}
	}
	return ""
}

// findings returns each recorded clause, each other one over the threshold, and
// the best one below it, best first.
func (c *Classifier) findings(all []score, recorded []aup.ClauseID) []aup.Finding {
	out := []aup.Finding{}
	runnerUp := false
	for _, s := range all {
		f := aup.Finding{Clause: s.clause, Score: s.probability()}
		switch {
		case slices.Contains(recorded, s.clause):
			f.Score = c.together(all, s, recorded)
		case f.Score < Threshold && runnerUp:
			continue
		case f.Score < Threshold:
			runnerUp = true
		}
		f.Spans = s.evidence()
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b aup.Finding) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// together is the score of a recorded clause. Of twenty answers one is the best,
// and what speaks for the clauses that usually come with it is taken from them:
// they share it.
func (c *Classifier) together(all []score, s score, recorded []aup.ClauseID) float64 {
	p := s.probability()
	for _, o := range all {
		if slices.Contains(recorded, o.clause) && c.vocab.linked(s.clause, o.clause) {
			p += o.probability()
		}
	}
	return round(min(p, surest))
}

// surest is the highest score: of nothing it is certain.
const surest = 0.99

// A possible report about minors is read first from a low score, or from little
// that its rules say: missing one costs more than looking at ten. Against no
// violation it takes more.
const (
	urgentFrom          = 0.15
	urgentAgainstNoneAt = 0.35
)

// urgent says why a report is to be read before others. The rules alone suffice:
// what was learned may not outvote them.
func (c *Classifier) urgent(v *aup.Verdict, zones []zone, all []score) {
	for _, s := range all {
		cl, ok := c.policy.Clause(s.clause)
		p := max(s.probability(), s.byRules())
		if !ok || cl.Severity != aup.Critical || p < urgentFrom || v.Primary == aup.None && p < urgentAgainstNoneAt {
			continue
		}
		v.Urgent = "may concern " + strings.ToLower(cl.Title)
		v.Sealed = v.Sealed || cl.Sealed
		if v.Primary == aup.None {
			v.Review, v.Outcome = true, aup.OutcomeReview
			v.Reason = fmt.Sprintf("unsure between no violation and %s", s.clause)
		}
		return
	}
	for i := range c.vocab.urgent {
		r := &c.vocab.urgent[i]
		if v.Primary == aup.None || r.Clause != aup.None && !c.recordedAs(v, r.Clause) {
			continue
		}
		if f := r.fire(zones); f.shows() {
			v.Urgent = "may concern " + r.Reason
			return
		}
	}
}

// recordedAs reports whether v records what the built-in policy calls id.
func (c *Classifier) recordedAs(v *aup.Verdict, id aup.ClauseID) bool {
	return slices.ContainsFunc(c.policy.Means(id), func(m aup.ClauseID) bool { return slices.Contains(v.Clauses, m) })
}
