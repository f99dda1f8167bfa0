package cli

import (
	"fmt"
	"slices"
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

// document prints what a document says: each message with its texts, whose
// words they are, its attachments, then the indicators.
func (a *app) document(doc *aup.Document) {
	for i, m := range doc.Messages {
		if i > 0 {
			fmt.Fprintf(a.out, "\n%s\n", paint(a.out, fmt.Sprintf("── original %d (%s)", i, m.Via), text.Bold))
			a.fields(m)
		}
		for _, p := range doc.Parts {
			if p.Message == i && p.Kind != aup.PartSubject && !p.Alternative {
				a.part(&p)
			}
		}
	}
	for _, at := range doc.Attachments {
		line := fmt.Sprintf("attachment %s %q %s, %d bytes", at.Path, clean(at.Name), clean(at.MediaType), at.Size)
		if at.Unread != "" {
			line += ", not examined: " + clean(at.Unread)
		}
		fmt.Fprintln(a.out, line)
	}
	a.indicators(doc.Indicators)
}

func (a *app) fields(m aup.Message) {
	row := func(name, v string) {
		if v != "" {
			fmt.Fprintf(a.out, "%-8s %s\n", name, clean(v))
		}
	}
	for _, f := range m.From {
		row("from", f.String())
	}
	for _, f := range m.To {
		row("to", f.String())
	}
	row("subject", m.Subject)
	date := m.DateText
	if !m.Date.IsZero() {
		date = m.Date.UTC().Format("2006-01-02 15:04:05 MST")
	}
	row("date", date)
}

// part prints the text of p with a word in the margin wherever the words are
// not the writer's own.
func (a *app) part(p *aup.Part) {
	head := string(p.ID) + " " + p.MediaType
	if p.Name != "" {
		head += " " + clean(p.Name)
	}
	fmt.Fprintln(a.out, paint(a.out, "── "+head, text.Faint))
	segments := p.Segments
	if len(segments) == 0 {
		segments = []aup.Segment{{Range: aup.Range{End: len(p.Text)}, Voice: aup.VoiceOwn}}
	}
	for _, s := range segments {
		words := strings.Trim(cleanLines(p.Text[s.Start:s.End]), "\n")
		if words == "" {
			continue
		}
		if s.Voice == aup.VoiceOwn {
			fmt.Fprintln(a.out, words)
			continue
		}
		fmt.Fprintln(a.out, paint(a.out, "  ["+string(s.Voice)+"]", text.Faint))
		for l := range strings.SplitSeq(words, "\n") {
			fmt.Fprintln(a.out, "  "+l)
		}
	}
}

func (a *app) indicators(all []aup.Indicator) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := newTable(a.out, "role", "kind", "indicator", "why")
	var seen []string
	for _, in := range all {
		v := in.Value
		if in.Port != 0 {
			v = fmt.Sprintf("%s port %d", v, in.Port)
		}
		key := string(in.Role) + string(in.Kind) + v
		if !slices.Contains(seen, key) {
			seen = append(seen, key)
			t.AppendRow([]any{in.Role, in.Kind, clean(v), clean(in.Why)})
		}
	}
	t.Render()
}
