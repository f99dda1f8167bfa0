package cli

import (
	"fmt"
	"strings"
	"time"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/text"
)

// document prints what a document says: what it consists of, what machines
// reported in it, each message with its texts and whose words they are, then
// the indicators by role.
func (a *app) document(doc *aup.Document) {
	outline := doc.Outline()
	a.outline(doc, outline)
	a.machines(doc.Machine)
	for _, b := range outline {
		m := doc.Messages[b.Message]
		if b.Message > 0 {
			fmt.Fprintf(a.out, "\n%s\n", paint(a.out, fmt.Sprintf("── original %d (%s)", b.Message, m.Via), text.Bold))
			a.fields(m)
		}
		a.who(m)
		for _, i := range b.Parts {
			if doc.Parts[i].Shown() {
				a.part(&doc.Parts[i])
			}
		}
	}
	a.indicators(doc.ByRole())
}

func (a *app) machines(all []aup.Machine) {
	for _, m := range all {
		fmt.Fprintf(a.out, "%-8s %s\n", "machine", clean(strings.TrimSpace(m.Format+" "+m.Type)))
		for _, f := range m.Fields {
			fmt.Fprintf(a.out, "%-8s   %s: %s\n", "", clean(f.Name), clean(f.Value))
		}
	}
}

// row prints a name and a value, unless it is empty.
func (a *app) row(name, value string) {
	if value != "" {
		fmt.Fprintf(a.out, "%-8s %s\n", name, clean(value))
	}
}

func (a *app) addresses(name string, list []aup.Address) {
	for _, one := range list {
		a.row(name, one.String())
	}
}

func (a *app) fields(m aup.Message) {
	a.addresses("from", m.From)
	a.addresses("to", m.To)
	a.row("subject", m.Subject)
	date := m.DateText
	if !m.Date.IsZero() {
		date = m.Date.UTC().Format("2006-01-02 15:04:05 MST")
	}
	a.row("date", date)
}

// who prints who else a message names as its sender, what was verified about
// that, and what looks forged.
func (a *app) who(m aup.Message) {
	a.addresses("sender", m.Sender)
	a.addresses("reply-to", m.ReplyTo)
	a.row("returns", m.ReturnPath)
	for _, r := range m.Auth {
		if r.Method != "forged" {
			a.row("auth", fmt.Sprintf("%s=%s by %s %s", r.Method, r.Result, r.By, r.Detail))
		}
	}
	for _, why := range m.Forged() {
		fmt.Fprintf(a.out, "%-8s %s\n", paint(a.out, "forged?", text.FgRed), clean(why))
	}
}

// part prints the text of p with a word in the margin wherever the words are
// not the writer's own.
func (a *app) part(p *aup.Part) {
	head := string(p.ID) + " " + p.MediaType
	if p.Name != "" {
		head += " " + clean(p.Name)
	}
	fmt.Fprintln(a.out, paint(a.out, "── "+head, text.Faint))
	for _, s := range p.Voices() {
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

func (a *app) indicators(all []aup.Named) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := newTable(a.out, "role", "kind", "indicator", "seen", "why")
	for _, in := range all {
		value, seen := in.Value, ""
		if in.Port != 0 {
			value = fmt.Sprintf("%s port %d", value, in.Port)
		}
		if !in.Time.IsZero() {
			seen = in.Time.UTC().Format(time.RFC3339)
		}
		t.AppendRow([]any{in.Role, in.Kind, clean(value), seen, clean(in.Why)})
	}
	t.Render()
}
