package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"

	"github.com/dustin/go-humanize"
)

// outline prints the tree of messages, parts and attachments.
func (a *app) outline(doc *aup.Document, outline []aup.Branch) {
	for _, b := range outline {
		in := strings.Repeat("│  ", b.Depth)
		if m := doc.Messages[b.Message]; b.Message > 0 {
			head := fmt.Sprintf("original %d (%s)", b.Message, m.Via)
			if len(m.From) > 0 {
				head += " from " + m.From[0].String()
			}
			fmt.Fprintln(a.out, clean(strings.Repeat("│  ", b.Depth-1)+"├─ "+fit(head, 100)))
		}
		for _, l := range branchLines(doc, b) {
			fmt.Fprintln(a.out, clean(in+"├─ "+l.text))
		}
	}
}

// A treeLine is a line of the tree with the part that it is about.
type treeLine struct {
	id   aup.PartID
	text string
}

// branchLines says what belongs to a message, in the order of section numbers.
func branchLines(doc *aup.Document, b aup.Branch) []treeLine {
	var lines []treeLine
	for _, i := range b.Parts {
		p := &doc.Parts[i]
		lines = append(lines, treeLine{p.ID, partLine(p, fileOf(doc, p.ID))})
	}
	for _, i := range b.Attachments {
		at := &doc.Attachments[i]
		if !slices.ContainsFunc(lines, func(l treeLine) bool { return l.id == at.Path }) {
			lines = append(lines, treeLine{at.Path, fileLine(at)})
		}
	}
	slices.SortStableFunc(lines, func(x, y treeLine) int { return slices.Compare(sectionNumbers(x.id), sectionNumbers(y.id)) })
	return lines
}

// sectionNumbers returns the numbers of "2.10/tnef.1"; words count as 0.
func sectionNumbers(id aup.PartID) []int {
	var out []int
	for word := range strings.FieldsFuncSeq(string(id), func(r rune) bool { return r == '.' || r == '/' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			n = 0
		}
		out = append(out, n)
	}
	return out
}

func fileOf(doc *aup.Document, id aup.PartID) *aup.Attachment {
	for i := range doc.Attachments {
		if doc.Attachments[i].Path == id {
			return &doc.Attachments[i]
		}
	}
	return nil
}

// partLine says of a part what it is and whose words are in it. at is its
// attachment, nil for a body.
func partLine(p *aup.Part, at *aup.Attachment) string {
	s := fmt.Sprintf("%s %s", p.ID, p.MediaType)
	if at != nil {
		s = fileLine(at)
	}
	var notes []string
	if p.Charset != "" {
		notes = append(notes, p.Charset)
	}
	if p.Alternative {
		notes = append(notes, "says again what another part says")
	}
	if p.Kind != aup.PartText && p.Kind != aup.PartHTML {
		notes = append(notes, string(p.Kind))
	} else {
		notes = append(notes, voicesIn(p)...)
	}
	if len(p.Hidden) > 0 {
		notes = append(notes, "hidden text")
	}
	if p.Truncated {
		notes = append(notes, "cut at the bound")
	}
	return fmt.Sprintf("%s, %s of text: %s", s, humanize.IBytes(uint64(len(p.Text))), strings.Join(notes, ", "))
}

// voicesIn names the voices of a part, each once.
func voicesIn(p *aup.Part) []string {
	var out []string
	for _, v := range p.Voices() {
		if !slices.Contains(out, string(v.Voice)) && p.Text != "" {
			out = append(out, string(v.Voice))
		}
	}
	return out
}

func fileLine(at *aup.Attachment) string {
	s := fmt.Sprintf("%s %s", at.Path, at.MediaType)
	if at.Name != "" {
		s += fmt.Sprintf(" %q", at.Name)
	}
	s += ", " + humanize.IBytes(uint64(max(at.Size, 0)))
	if at.Unread != "" {
		s += ", not examined: " + at.Unread
	}
	return s
}
