package classify

import (
	"slices"
	"strings"
)

// unname takes out what seems to speak of spam and only stands in a mail address:
// a mailbox may be called spam@ or abuse-spam@ and tell nothing of its mail. The
// names of known senders stay, as who poses as one writes them there.
func unname(v *vocabulary, zones []zone) {
	spam := v.concept("spam")
	for i := range zones {
		z := &zones[i]
		z.hits = slices.DeleteFunc(z.hits, func(h hit) bool {
			return h.concept == spam && inAddress(z.folded.text, h.start, h.end)
		})
	}
}

// longAddress is how far around a word, in bytes, an address is looked for.
const longAddress = 100

// inAddress reports whether the text from start to end stands in a mail address.
func inAddress(t string, start, end int) bool {
	const around = " \n<>\"(),;:"
	before, after := t[max(start-longAddress, 0):start], t[end:min(end+longAddress, len(t))]
	before = before[strings.LastIndexAny(before, around)+1:]
	if i := strings.IndexAny(after, around); i >= 0 {
		after = after[:i]
	}
	return strings.Contains(before, "@") || strings.Contains(after, "@")
}
