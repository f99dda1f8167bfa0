package web

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
)

// A findingView is a finding as the page shows it: the clause with its title,
// and each reason once with the words that gave it.
type findingView struct {
	Clause   aup.ClauseID
	Title    string
	Severity string
	Recorded bool // it is among the report's clauses
	Percent  int
	Reasons  []reasonView
}

type reasonView struct {
	Text    string
	Words   []string
	Against bool
}

// maxWords is how many examples of words a reason shows: the text itself marks
// them all.
const maxWords = 4

func (c *console) findings(r aup.Report) []findingView {
	p := c.Policy()
	var out []findingView
	for _, f := range r.Findings {
		v := findingView{Clause: f.Clause, Recorded: slices.Contains(r.Clauses, f.Clause), Percent: int(f.Score*100 + 0.5)}
		if clause, ok := p.Clause(f.Clause); ok {
			v.Title, v.Severity = clause.Title, string(clause.Severity)
		}
		for _, s := range f.Spans {
			i := slices.IndexFunc(v.Reasons, func(r reasonView) bool { return r.Text == s.Reason })
			if i < 0 {
				i = len(v.Reasons)
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

// shorten returns s on one line, cut to what is read at a glance.
func shorten(s string) string {
	const most = 60
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most-1]) + "…"
}

// A messageView is the report's own message or an original, with its parts.
type messageView struct {
	aup.Message
	Original bool
	Parts    []partView
	Files    []aup.Attachment
}

type partView struct {
	aup.Part
	Pieces []piece
	Cut    bool // more text than the page shows
}

// messages returns the document's messages as its outline has them, each with
// the parts that are shown. Subjects stand in the heads.
func messages(r aup.Report, d aup.Document) []messageView {
	var out []messageView
	for _, b := range d.Outline() {
		m := messageView{Message: d.Messages[b.Message], Original: b.Message > 0}
		for _, i := range b.Parts {
			if p := d.Parts[i]; p.Shown() {
				pieces, whole := cut(p, r.Findings)
				m.Parts = append(m.Parts, partView{p, pieces, !whole})
			}
		}
		for _, i := range b.Attachments {
			m.Files = append(m.Files, d.Attachments[i])
		}
		out = append(out, m)
	}
	return out
}

// funcs are the templates' own words.
func (c *console) funcs() template.FuncMap {
	return template.FuncMap{
		"ago":   func(t time.Time) string { return humanize.RelTime(t, c.Now(), "ago", "from now") },
		"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") },
		"bytes": func(n int64) string { return humanize.IBytes(uint64(max(n, 0))) },
		"title": func(id aup.ClauseID) string {
			clause, _ := c.Policy().Clause(id)
			return clause.Title
		},
		"addrs": func(as []aup.Address) string {
			s := make([]string, len(as))
			for i, a := range as {
				s[i] = a.String()
			}
			return strings.Join(s, ", ")
		},
		"outcome": outcomeWord,
		"short":   shorten,
		"dict": func(kv ...any) map[string]any {
			m := make(map[string]any, len(kv)/2)
			for i := 0; i+1 < len(kv); i += 2 {
				m[kv[i].(string)] = kv[i+1]
			}
			return m
		},
	}
}

// outcomeWord is what an operator calls an outcome.
func outcomeWord(o aup.Outcome) string {
	switch o {
	case aup.OutcomeViolation:
		return "violation"
	case aup.OutcomeException:
		return "permitted"
	case aup.OutcomeNone:
		return "no violation"
	case aup.OutcomeReview:
		return "needs a look"
	}
	return string(o)
}
