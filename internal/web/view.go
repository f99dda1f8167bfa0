package web

import (
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A findingView is a finding as the page shows it: the clause with its title,
// and each reason once with the words that gave it.
type findingView struct {
	Clause   aup.ClauseID
	Title    string
	Severity string
	Recorded bool // it is among the report's clauses
	Percent  int
	Tint     int // of its marks in the text, from 1
	Reasons  []reasonView
}

type reasonView struct {
	Text    string
	Words   []string
	Against bool
}

// maxWords is how many examples of words a reason shows: the text itself marks
// them all. maxTint is how many clauses have a colour of their own.
const (
	maxWords   = 4
	maxReasons = 8
	maxTint    = 5
)

// tint returns the number of the colour of the ith finding.
func tint(i int) int { return min(i+1, maxTint) }

func (c *Console) findings(r aup.Report) []findingView {
	p := c.Policy()
	var out []findingView
	for n, f := range r.Findings {
		v := findingView{Clause: f.Clause, Recorded: slices.Contains(r.Clauses, f.Clause), Percent: int(f.Score*100 + 0.5), Tint: tint(n)}
		if clause, ok := p.Clause(f.Clause); ok {
			v.Title, v.Severity = clause.Title, string(clause.Severity)
		}
		for _, s := range f.Spans {
			i := slices.IndexFunc(v.Reasons, func(r reasonView) bool { return r.Text == s.Reason })
			if i < 0 {
				if i = len(v.Reasons); i == maxReasons {
					continue
				}
				v.Reasons = append(v.Reasons, reasonView{Text: s.Reason, Against: s.Weight < 0})
			}
			if word := shorten(s.Text); len(v.Reasons[i].Words) < maxWords && !slices.Contains(v.Reasons[i].Words, word) {
				v.Reasons[i].Words = append(v.Reasons[i].Words, word)
			}
		}
		out = append(out, v)
	}
	return out
}

// A messageView is the report's own message or an original, with its parts.
type messageView struct {
	*aup.Message
	Parts []partView
	Files []aup.Attachment
}

type partView struct {
	aup.Part
	Pieces []piece
	Cut    bool   // more text than the page shows
	Links  []link // what the HTML shows for a link, and where it leads
}

// A link is an HTML link as it is told: nothing to click on.
type link struct{ Shown, Href string }

// maxLinks is how many links of one part are told.
const maxLinks = 40

// leastMarked is the score from which the words of a clause that is not recorded
// are marked in the text.
const leastMarked = 0.1

// telling returns the findings whose words are marked: those of a runner-up that
// hardly counts would cover the others.
func telling(r aup.Report) []aup.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f aup.Finding) bool {
		return f.Score < leastMarked && !slices.Contains(r.Clauses, f.Clause)
	})
}

// messages returns the document's messages as its outline has them, each with
// the parts that are shown. Subjects stand in the heads.
func messages(r aup.Report, d aup.Document) []messageView {
	var out []messageView
	telling := telling(r)
	for _, b := range d.Outline() {
		m := messageView{Message: &d.Messages[b.Message]}
		for _, i := range b.Parts {
			if p := d.Parts[i]; p.Shown() {
				pieces, whole := cut(p, telling)
				m.Parts = append(m.Parts, partView{p, pieces, !whole, links(p)})
			}
		}
		for _, i := range b.Attachments {
			m.Files = append(m.Files, d.Attachments[i])
		}
		out = append(out, m)
	}
	return out
}

// links returns the links of p whose text does not say where they lead.
func links(p aup.Part) []link {
	var out []link
	for _, l := range p.Links {
		if l.Start < 0 || l.End > len(p.Text) || l.Start > l.End || len(out) == maxLinks {
			continue
		}
		shown := strings.TrimSpace(p.Text[l.Start:l.End])
		one := link{shorten(shown), shorten(l.Href)}
		if shown != l.Href && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// A roleView is the indicators of one role, the most that a page shows.
type roleView struct {
	Role       aup.Role
	Indicators []aup.Named
	More       int
}

// maxIndicators is how many indicators of one role a page shows.
const maxIndicators = 60

// indicators returns the document's indicators by role.
func indicators(d aup.Document) []roleView {
	var out []roleView
	for _, in := range d.ByRole() {
		if len(out) == 0 || out[len(out)-1].Role != in.Role {
			out = append(out, roleView{Role: in.Role})
		}
		if of := &out[len(out)-1]; len(of.Indicators) < maxIndicators {
			of.Indicators = append(of.Indicators, in)
		} else {
			of.More++
		}
	}
	return out
}
