package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// maxHeader bounds the lines of a header that was pasted whole.
const maxHeader = 500

// wholeHeader reads the header that begins at line i as servers wrote it: fields
// that people do not write by hand come first, a Received field is among them,
// and three labelled ones that name a sender and a date or subject. A mailbox's
// line may stand above (RFC 4155).
func (t *text) wholeHeader(i int) (block, bool) {
	bl := block{from: i, whole: true, english: true}
	if i < t.noHeader {
		return bl, false
	}
	if isSeparator([]byte(t.lines[i].text)) && i+1 < len(t.lines) {
		i++
	}
	if _, telling := mailField(t.lines[i].text); !telling {
		return bl, false
	}
	bl.values, bl.to = t.fields(i, true, maxHeader)
	about := bl.values["date"] != "" || bl.values["subject"] != ""
	if bl.values["from"] != "" && about && len(bl.values) >= 3 && t.traced(bl) > bl.from {
		return bl, true
	}
	// What a run of fields lacks, it lacks from any of its lines on.
	t.noHeader = bl.to
	return bl, false
}

// trace gives what servers wrote in a header that was pasted whole the voice of
// such: its trace fields with what stands between them, as one chain, and all
// other fields that a reader of the message does not see.
func (t *text) trace(bl block) {
	if !bl.whole {
		return
	}
	chain, seen := t.traced(bl), false
	for i := bl.from; i < bl.to; i++ {
		l := t.lines[i].text
		if !isFolded(l) {
			name, _, _ := cutField(l)
			_, seen = lookUp(labels, name)
		}
		if i < chain || !seen {
			t.set(i, i+1, aup.VoiceHeaders, t.lines[i].message)
		}
	}
}

// traced returns the line behind the last Received field of bl, its first line
// when it has none.
func (t *text) traced(bl block) int {
	end, in := bl.from, false
	for i := bl.from; i < bl.to; i++ {
		l := t.lines[i].text
		in = strings.EqualFold(l[:min(len(l), len("received:"))], "received:") || in && isFolded(l)
		if in {
			end = i + 1
		}
	}
	return end
}
