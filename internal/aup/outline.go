package aup

import (
	"cmp"
	"slices"
	"strings"
)

// Voices returns whose words the part's text is: its Segments, or one segment
// of the writer's own where it has none. Never empty.
func (p *Part) Voices() []Segment {
	if len(p.Segments) > 0 {
		return p.Segments
	}
	return []Segment{{Range: Range{End: len(p.Text)}, Voice: VoiceOwn}}
}

// A Branch is a message of a document with what belongs to it. Parts and
// Attachments hold indexes of the document's own slices, in reading order; the
// subject is none of the parts.
type Branch struct {
	Message     int
	Depth       int // how many messages lie around it; 0 for the report itself
	Parts       []int
	Attachments []int
}

// Outline returns the document's messages as a reader meets them: the report
// first, and below each message the originals that it carries. Never empty.
func (d *Document) Outline() []Branch {
	below := make([][]int, len(d.Messages))
	for i := 1; i < len(d.Messages); i++ {
		if p := d.Messages[i].Parent; p >= 0 && p < i {
			below[p] = append(below[p], i)
		}
	}
	var out []Branch
	var visit func(message, depth int)
	visit = func(message, depth int) {
		b := Branch{Message: message, Depth: depth}
		for i := range d.Parts {
			if d.Parts[i].Message == message && d.Parts[i].Kind != PartSubject {
				b.Parts = append(b.Parts, i)
			}
		}
		for i := range d.Attachments {
			if d.Attachments[i].Message == message {
				b.Attachments = append(b.Attachments, i)
			}
		}
		out = append(out, b)
		for _, i := range below[message] {
			visit(i, depth+1)
		}
	}
	visit(0, 0)
	return out
}

// Shown reports whether readers show the part: it says something, and nothing
// that another part has said.
func (p *Part) Shown() bool {
	return p.Kind != PartSubject && !p.Alternative && strings.TrimSpace(p.Text) != ""
}

// A Named is an indicator once, however often a document names it.
type Named struct {
	Indicator     // where it is named first
	Count     int // how often
}

// roleOrder is the order in which indicators are of use: what to act on first.
var roleOrder = []Role{RoleSource, RoleTarget, RoleRelay, RoleReporter, RoleMention}

// ByRole returns the document's indicators, each once for each role that it
// plays and each port, those to act on first. The time is the first that is
// known.
func (d *Document) ByRole() []Named {
	type key struct {
		kind  IndicatorKind
		value string
		role  Role
		port  uint16
	}
	var out []Named
	at := map[key]int{}
	for _, in := range d.Indicators {
		k := key{in.Kind, in.Value, in.Role, in.Port}
		i, known := at[k]
		if !known {
			at[k] = len(out)
			out = append(out, Named{in, 1})
			continue
		}
		out[i].Count++
		if out[i].Time.IsZero() {
			out[i].Time = in.Time
		}
	}
	slices.SortStableFunc(out, func(a, b Named) int {
		return cmp.Compare(slices.Index(roleOrder, a.Role), slices.Index(roleOrder, b.Role))
	})
	return out
}

// Forged returns what looks as if the message's sender were not who they seem
// to be, one reason a line; nil when nothing does.
func (m *Message) Forged() []string {
	var out []string
	for _, r := range m.Auth {
		if r.Method == "forged" {
			out = append(out, r.Detail)
		}
	}
	return out
}
