package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
	"aupd/internal/policy"

	"github.com/jedib0t/go-pretty/v6/text"
)

// maxReasons is how many spans of a finding are printed: the strongest tell.
const maxReasons = 8

// why prints each finding with its score and the text around its spans, the
// words marked, with each one's share of the score.
func (a *app) why(findings []aup.Finding, doc *aup.Document, p *policy.Policy) {
	if len(findings) == 0 {
		fmt.Fprintln(a.out, "\nNothing in this message speaks for a clause.")
	}
	for _, f := range findings {
		c, _ := p.Clause(f.Clause)
		head := fmt.Sprintf("%s %s", f.Clause, c.Title)
		fmt.Fprintf(a.out, "\n%s  %.2f\n", paint(a.out, head, text.Bold), f.Score)
		total := 0.0
		for _, s := range f.Spans {
			total += max(s.Weight, 0)
		}
		for i, s := range f.Spans {
			if i == maxReasons {
				fmt.Fprintf(a.out, "  and %d more\n", len(f.Spans)-maxReasons)
				break
			}
			share := "     "
			if total > 0 && s.Weight > 0 {
				share = fmt.Sprintf("%3.0f %%", 100*s.Weight/total)
			} else if s.Weight < 0 {
				share = "less "
			}
			fmt.Fprintf(a.out, "  %s  %s\n         %s: %s\n", share, clean(s.Reason), s.Part, a.context(doc, s))
		}
	}
}

// around is how much text is shown on each side of a span, in bytes.
const around = 40

// context returns the text around s on one line, with s marked.
func (a *app) context(doc *aup.Document, s aup.Span) string {
	before, after := "", ""
	if p, ok := doc.Part(s.Part); ok && 0 <= s.Start && s.Start <= s.End && s.End <= len(p.Text) {
		from, to := max(0, s.Start-around), min(len(p.Text), s.End+around)
		for from > 0 && !utf8.RuneStart(p.Text[from]) {
			from--
		}
		for to < len(p.Text) && !utf8.RuneStart(p.Text[to]) {
			to++
		}
		before, after = p.Text[from:s.Start], p.Text[s.End:to]
		if from > 0 {
			before = "…" + before
		}
		if to < len(p.Text) {
			after += "…"
		}
	}
	marked := clean(fit(s.Text, 120))
	if colours(a.out) {
		marked = paint(a.out, marked, text.Bold, text.Underline)
	} else {
		marked = "[" + marked + "]"
	}
	return oneLine(clean(before)) + marked + oneLine(clean(after))
}

// oneLine folds runs of spaces.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == ' ' && strings.HasSuffix(b.String(), " ") {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
