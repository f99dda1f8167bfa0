package evidence

import (
	"bytes"
	"regexp"

	"aupd/internal/aup"
)

// separator matches the line that begins a message in an mbox (RFC 4155, A):
// the year at its end tells it from a sentence that begins with "From".
var separator = regexp.MustCompile(`^From \S.* (?:19|20)\d\d(?: [+-]\d{4})?\s*$`)

// mboxFile reads an attached mbox.
func (b *builder) mboxFile(_ file, data []byte, message int, id aup.PartID) string {
	b.opened += len(data)
	n := 0
	for one := range splitMbox(data) {
		n++
		if len(b.doc.Messages) >= maxMessages {
			b.problem("depth", id, "more messages than the bound, the rest was not read")
			return ""
		}
		path := id + aup.PartID("/"+section("mbox", n))
		e := split(&source{r: aup.Bytes(one), size: int64(len(one))}, &b.tally)
		b.original(e, message, aup.ViaMbox, path, string(path)+"/")
	}
	return ""
}

// splitMbox yields the messages of an mbox, their ">From " lines unquoted. A
// separator counts at the beginning and after an empty line only.
func splitMbox(data []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		start, pos, blank := -1, 0, true
		for line := range bytes.Lines(data) {
			if blank && separator.Match(line) || pos == 0 && bytes.HasPrefix(line, []byte("From ")) {
				if start >= 0 && !yield(unquoteFrom(data[start:pos])) {
					return
				}
				start = pos + len(line)
			}
			blank = len(bytes.TrimRight(line, "\r\n")) == 0
			pos += len(line)
		}
		if start >= 0 && start < len(data) {
			yield(unquoteFrom(data[start:]))
		}
	}
}

func unquoteFrom(message []byte) []byte {
	if !bytes.Contains(message, []byte("\n>From ")) {
		return message
	}
	return bytes.ReplaceAll(message, []byte("\n>From "), []byte("\nFrom "))
}
