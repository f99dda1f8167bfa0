package evidence

import (
	"io"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// walk reads the whole message into b.doc.
func (b *builder) walk() {
	src := &source{r: hold(b.raw, b.size), size: b.size, raw: true}
	root := split(src, &b.tally)
	if b.size == 0 {
		b.problem("empty", "", "the message has no bytes")
	}
	b.message(root, aup.Message{Parent: -1, Via: aup.ViaMail}, "")
	if b.size > 0 && !b.hasText() {
		b.problem("no-text", "", "the message has no text beside its header")
	}
}

// hasText reports whether any part beside the subjects shows a reader text.
func (b *builder) hasText() bool {
	for i := range b.doc.Parts {
		if b.doc.Parts[i].Kind != aup.PartSubject && strings.TrimSpace(b.visible(i)) != "" {
			return true
		}
	}
	return false
}

// message reads the message e into the document. m says where it comes from;
// base is what the section numbers of its parts begin with.
func (b *builder) message(e *entity, m aup.Message, base string) {
	size := e.end - e.start
	b.readHeader(&m, e)
	i := b.addMessage(m, origin{header: e.header, raw: io.NewSectionReader(e.src.r, e.start, size), size: size})
	id := aup.SubjectPart
	if m.Path != "" {
		id = m.Path + "/" + aup.SubjectPart
	}
	if m.Subject != "" || i == 0 {
		b.addPart(aup.Part{ID: id, Message: i, Kind: aup.PartSubject, Text: m.Subject})
	}
	b.takeProblems(e, m.Path)
	e.problems = nil
	switch {
	case len(e.children) > 0:
		b.children(e, i, base)
	case !e.isMultipart():
		b.entity(e, i, section(base, 1))
	case e.kind.encoding == "" || !b.packedMultipart(e, i, base):
		b.body(e, i, aup.PartID(section(base, 1)))
	}
}

// section returns the number of the nth part of what base names (RFC 9051,
// 6.4.5).
func section(base string, n int) string {
	if base != "" && !strings.HasSuffix(base, "/") {
		base += "."
	}
	return base + strconv.Itoa(n)
}

func (b *builder) takeProblems(e *entity, id aup.PartID) {
	for _, p := range e.problems {
		b.problem(p.Kind, id, p.Detail)
	}
}

// children reads the parts of a multipart.
func (b *builder) children(e *entity, message int, base string) {
	from := make([]int, 0, len(e.children)+1)
	for n, child := range e.children {
		from = append(from, len(b.doc.Parts))
		b.entity(child, message, section(base, n+1))
	}
	if e.kind.mediaType == "multipart/alternative" {
		b.alternative(message, append(from, len(b.doc.Parts)))
	}
}

// entity reads one part of a message.
func (b *builder) entity(e *entity, message int, id string) {
	b.takeProblems(e, aup.PartID(id))
	switch {
	case len(e.children) > 0:
		b.children(e, message, id)
	case e.message != nil:
		b.attach(e.file(), message, aup.PartID(id))
		b.original(e.message, message, aup.ViaRFC822, aup.PartID(id), id)
	case e.isMultipart() && e.kind.encoding != "" && b.packedMultipart(e, message, id):
	case b.isBody(e, message):
		b.body(e, message, aup.PartID(id))
	default:
		b.file(e.file(), message, aup.PartID(id))
	}
}

// original reads a message that another one carries.
func (b *builder) original(e *entity, parent int, via aup.Via, path aup.PartID, base string) {
	if b.depth(parent) >= maxOriginals || len(b.doc.Messages) >= maxMessages {
		b.problem("depth", path, "more messages within messages than the bound, this one was not read")
		return
	}
	b.message(e, aup.Message{Parent: parent, Via: via, Path: path}, base)
}

// depth returns how many messages lie around the one at index i.
func (b *builder) depth(i int) int {
	n := 0
	for ; i > 0; i = b.doc.Messages[i].Parent {
		n++
	}
	return n
}

// packedMultipart reads a multipart that is encoded as a whole, which RFC 2045,
// 6.4 forbids and senders do. It reports whether that gave any parts.
func (b *builder) packedMultipart(e *entity, message int, id string) bool {
	data := b.unpack(decoder(e.kind.encoding, e.reader()), aup.PartID(id))
	src := &source{r: aup.Bytes(data), size: int64(len(data))}
	inner := &entity{src: src, kind: e.kind}
	s := &splitter{src: src, in: newLines(src.r, src.size), tally: &b.tally}
	if inner.end = s.multipart(inner, 0).at; len(inner.children) == 0 {
		return false
	}
	b.problem("encoding", aup.PartID(id), "a multipart is encoded as a whole")
	b.children(inner, message, id)
	return true
}
