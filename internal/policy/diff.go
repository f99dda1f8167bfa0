package policy

import (
	"fmt"
	"slices"

	"aupd/internal/aup"
)

// A Change is one difference between two versions of a policy.
type Change struct {
	Clause aup.ClauseID `json:"clause"`
	What   string       `json:"what"` // added, removed, title, summary, wording, severity, exception, enforcement, sealed, like, cues
	From   string       `json:"from,omitempty"`
	To     string       `json:"to,omitempty"`
}

// String returns the change as one line.
func (c Change) String() string {
	switch c.What {
	case "added":
		return fmt.Sprintf("%s added: %s", c.Clause, c.To)
	case "removed":
		return fmt.Sprintf("%s removed: %s", c.Clause, c.From)
	}
	return fmt.Sprintf("%s %s: %q became %q", c.Clause, c.What, c.From, c.To)
}

// Diff returns what changed in the clauses from a to b: those of b in their
// order, then those that b lacks.
func Diff(a, b *Policy) []Change {
	var out []Change
	for _, to := range b.Clauses {
		from, ok := a.Clause(to.ID)
		if !ok {
			out = append(out, Change{to.ID, "added", "", to.Title})
			continue
		}
		for _, f := range []struct{ what, from, to string }{
			{"title", from.Title, to.Title},
			{"summary", from.Summary, to.Summary},
			{"wording", from.Wording, to.Wording},
			{"severity", string(from.Severity), string(to.Severity)},
			{"exception", fmt.Sprint(from.Exception), fmt.Sprint(to.Exception)},
			{"enforcement", fmt.Sprint(from.Enforce), fmt.Sprint(to.Enforce)},
			{"sealed", fmt.Sprint(from.Sealed), fmt.Sprint(to.Sealed)},
			{"like", string(from.Like), string(to.Like)},
			{"cues", fmt.Sprint(from.Cues), fmt.Sprint(to.Cues)},
		} {
			if f.from != f.to {
				out = append(out, Change{to.ID, f.what, f.from, f.to})
			}
		}
	}
	for _, from := range a.Clauses {
		if !slices.ContainsFunc(b.Clauses, func(c Clause) bool { return c.ID == from.ID }) {
			out = append(out, Change{from.ID, "removed", from.Title, ""})
		}
	}
	return out
}
