package web

import (
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A piece is a stretch of text in which voice, hiddenness and the marks' clauses
// stay the same.
type piece struct {
	Text   string
	Voice  aup.Voice
	Hidden bool
	Marks  []because // empty for plain text
}

// A because says which clause a stretch of text speaks for, and why.
type because struct {
	Clause aup.ClauseID
	Reason string
	Tint   int // see findingView
}

// Title is what a reader sees on hovering over the marked text.
func (p piece) Title() string {
	s := make([]string, len(p.Marks))
	for i, m := range p.Marks {
		s[i] = string(m.Clause) + ": " + m.Reason
	}
	return strings.Join(s, "\n")
}

// Clauses names the clauses that the marked text speaks for.
func (p piece) Clauses() string {
	var s []string
	for _, m := range p.Marks {
		if !slices.Contains(s, string(m.Clause)) {
			s = append(s, string(m.Clause))
		}
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

// Tint is the colour of the mark: that of the best of its clauses.
func (p piece) Tint() int {
	n := maxTint
	for _, m := range p.Marks {
		n = min(n, m.Tint)
	}
	return n
}

// maxShown is how much of one part a page shows, in bytes: some thirty screens.
const maxShown = 64 << 10

// cut returns the text of p in pieces, with the findings' spans as marks; whole
// is false when there is more text than a page shows. Spans may overlap, and
// one outside the text is left out.
func cut(p aup.Part, findings []aup.Finding) (pieces []piece, whole bool) {
	end := len(p.Text)
	if end > maxShown {
		end = strings.LastIndexByte(p.Text[:maxShown], '\n') + 1
		if end == 0 {
			end = len(strings.ToValidUTF8(p.Text[:maxShown], ""))
		}
	}
	cuts := []int{0, end}
	add := func(start, stop int) { cuts = append(cuts, min(max(start, 0), end), min(max(stop, 0), end)) }
	type spanOf struct {
		aup.Span
		clause aup.ClauseID
		tint   int
	}
	var spans []spanOf
	for n, f := range findings {
		for _, s := range f.Spans {
			if s.Part == p.ID && s.Weight >= 0 && 0 <= s.Start && s.Start < s.End && s.End <= len(p.Text) {
				spans = append(spans, spanOf{s, f.Clause, tint(n)})
				add(s.Start, s.End)
			}
		}
	}
	for _, s := range p.Voices() {
		add(s.Start, s.End)
	}
	for _, h := range p.Hidden {
		add(h.Start, h.End)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := range len(cuts) - 1 {
		from, to := cuts[i], cuts[i+1]
		pc := piece{Text: straight(p.Text[from:to]), Voice: voiceAt(p, from)}
		pc.Hidden = slices.ContainsFunc(p.Hidden, func(r aup.Range) bool { return r.Start <= from && to <= r.End })
		for _, s := range spans {
			if s.Start <= from && to <= s.End {
				pc.mark(because{s.clause, s.Reason, s.tint})
			}
		}
		pieces = join(pieces, pc)
	}
	return pieces, end == len(p.Text)
}

// mark adds a reason that is not there yet.
func (p *piece) mark(b because) {
	if !slices.Contains(p.Marks, b) {
		p.Marks = append(p.Marks, b)
	}
}

// join adds a piece. One that speaks for the same clauses as the piece before
// goes on with it: where one phrase ends within another is of no use to a
// reader.
func join(pieces []piece, next piece) []piece {
	if len(pieces) == 0 || len(next.Marks) == 0 {
		return append(pieces, next)
	}
	last := &pieces[len(pieces)-1]
	if last.Voice != next.Voice || last.Hidden != next.Hidden || last.Clauses() != next.Clauses() {
		return append(pieces, next)
	}
	last.Text += next.Text
	for _, m := range next.Marks {
		last.mark(m)
	}
	return pieces
}

func voiceAt(p aup.Part, at int) aup.Voice {
	for _, s := range p.Voices() {
		if s.Start <= at && at < s.End {
			return s.Voice
		}
	}
	return aup.VoiceOwn
}
