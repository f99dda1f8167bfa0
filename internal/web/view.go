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
	Sure     string
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

// ranked returns r's findings in the order in which they are read: those of the
// recorded clauses, the primary one first, then the others, best first.
func ranked(r aup.Report) []aup.Finding {
	place := func(f aup.Finding) int {
		if i := slices.Index(r.Clauses, f.Clause); i >= 0 {
			return i
		}
		return len(r.Clauses)
	}
	out := slices.Clone(r.Findings)
	slices.SortStableFunc(out, func(a, b aup.Finding) int { return place(a) - place(b) })
	return out
}

func (c *Console) findings(r aup.Report) []findingView {
	p := c.Policy()
	var out []findingView
	for n, f := range ranked(r) {
		v := findingView{Clause: f.Clause, Recorded: slices.Contains(r.Clauses, f.Clause), Sure: inPercent(f.Score), Tint: tint(n)}
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
	Title []piece // the subject
	Whole bool    // the subject says more than the page's head does
	Parts []partView
	Read  []partView // the text of attachments, shown when it is asked for
	Files []aup.Attachment
}

type partView struct {
	aup.Part
	Pieces []piece
	Cut    bool   // more text than the page shows
	Links  []link // what the HTML shows for a link, and where it leads
}

// maxFiles is up to how many attachments a page shows the text of all at first;
// of more, of those alone that speak for a clause.
const maxFiles = 3

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
	return slices.DeleteFunc(ranked(r), func(f aup.Finding) bool {
		return f.Score < leastMarked && !slices.Contains(r.Clauses, f.Clause)
	})
}

// messages returns the document's messages as its outline has them, each with
// the parts that are shown.
func messages(r aup.Report, d aup.Document) []messageView {
	var out []messageView
	telling := telling(r)
	for _, b := range d.Outline() {
		m := messageView{Message: &d.Messages[b.Message]}
		if i := slices.IndexFunc(d.Parts, func(p aup.Part) bool { return p.Kind == aup.PartSubject && p.Message == b.Message }); i >= 0 {
			m.Title, _ = cut(d.Parts[i], telling)
			m.Whole = marked(m.Title) || len([]rune(d.Parts[i].Text)) > atGlance
		}
		for _, i := range b.Parts {
			if p := d.Parts[i]; p.Shown() {
				pieces, whole := cut(p, telling)
				to := &m.Parts
				if p.Kind == aup.PartAttachment && !marked(pieces) && len(b.Attachments) > maxFiles {
					to = &m.Read
				}
				*to = append(*to, partView{p, pieces, !whole, links(p)})
			}
		}
		for _, i := range b.Attachments {
			m.Files = append(m.Files, d.Attachments[i])
		}
		out = append(out, m)
	}
	return out
}

// marked reports whether some of the text speaks for a clause.
func marked(pieces []piece) bool {
	return slices.ContainsFunc(pieces, func(p piece) bool { return len(p.Marks) > 0 })
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
	Rest       []aup.Named // shown when they are asked for
	More       int
}

// firstIndicators is how many indicators of one role a page shows at first, and
// maxIndicators how many in all.
const (
	firstIndicators = 10
	maxIndicators   = 60
)

// indicators returns the document's indicators by role.
func indicators(d aup.Document) []roleView {
	var out []roleView
	for _, in := range d.ByRole() {
		if len(out) == 0 || out[len(out)-1].Role != in.Role {
			out = append(out, roleView{Role: in.Role})
		}
		switch of := &out[len(out)-1]; {
		case len(of.Indicators) < firstIndicators:
			of.Indicators = append(of.Indicators, in)
		case len(of.Indicators)+len(of.Rest) < maxIndicators:
			of.Rest = append(of.Rest, in)
		default:
			of.More++
		}
	}
	return out
}
