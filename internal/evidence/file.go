package evidence

import (
	"bytes"
	"crypto/sha256"
	"io"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A file is something sent along with a message: an attachment, or what was
// found inside of one.
type file struct {
	kind       contentType
	r          io.Reader // the decoded content
	size       int64     // how long the content is at most; 0 when that is not known
	inline     bool
	start, end int64 // of the encoded content in the raw message; 0 where it does not stand there
}

func (e *entity) file() file {
	f := file{kind: e.kind, r: decoder(e.kind.encoding, e.reader()), size: e.decodedSize()}
	if e.message != nil {
		f.r = e.reader()
	}
	f.inline = e.kind.disposition == "inline" || e.kind.disposition == "" && first(e.fields, "Content-ID") != ""
	if e.src.raw {
		f.start, f.end = e.body, e.end
	}
	return f
}

// file reads a file: it is listed with its hash, and what it holds is read when
// it is text or carries messages.
func (b *builder) file(f file, message int, id aup.PartID) {
	b.tally.entities++
	if b.tally.entities > 2*maxParts || b.nested > maxOriginals {
		b.problem("parts", id, "more files within files than the bound, this one was not read")
		return
	}
	a, data := b.attach(f, message, id)
	open := opener(a.format)
	if open == nil {
		return
	}
	if a.over {
		b.doc.Attachments[a.index].Unread = "over the bound"
		return
	}
	b.nested++
	defer func() { b.nested-- }()
	if unread := open(b, f, data, message, id); unread != "" {
		b.doc.Attachments[a.index].Unread = unread
	}
}

// opener returns what reads files of a format, nil when they are not read. It
// says why it could not read one, or returns an empty string.
func opener(f format) func(b *builder, f file, data []byte, message int, id aup.PartID) (unread string) {
	switch f {
	case formatText, formatMachine:
		return (*builder).textFile
	case formatHeaders:
		return (*builder).headersFile
	case formatMessage:
		return (*builder).messageFile
	case formatMbox:
		return (*builder).mboxFile
	case formatMSG:
		return (*builder).msgFile
	case formatTNEF:
		return (*builder).tnefFile
	case formatRTF:
		return (*builder).rtfFile
	case formatCMS:
		return (*builder).cmsFile
	}
	return nil
}

// An attached is what attach found out about a file.
type attached struct {
	index  int // in Document.Attachments
	format format
	over   bool // it was not kept whole
}

// attach lists f and returns as much of its content as its format needs.
func (b *builder) attach(f file, message int, id aup.PartID) (attached, []byte) {
	h := sha256.New()
	w := b.sink(id, h)
	r := io.TeeReader(f.r, w)
	data := readUpTo(nil, r, sniffLength)
	at := attached{index: len(b.doc.Attachments), format: sniff(f.kind, data)}
	keep := 0
	switch at.format {
	case formatText, formatMachine, formatHeaders, formatRTF:
		keep = maxDecodedText
	case formatMessage, formatMbox, formatMSG, formatTNEF, formatCMS:
		keep = min(maxUnpacked, maxUnpackedTotal-b.opened)
	}
	if n := int64(keep - len(data)); n > 0 && f.size > int64(len(data)) {
		data = slices.Grow(data, int(min(n, f.size-int64(len(data))))+bytes.MinRead)
	}
	data = readUpTo(data, r, keep-len(data))
	size := int64(len(data)) + b.copy(w, f.r)
	at.over = size > int64(keep) && keep != maxDecodedText
	a := aup.Attachment{
		Path: id, Message: message, Name: f.kind.name, MediaType: f.kind.mediaType,
		Size: size, Inline: f.inline, Unread: at.format.unread(),
	}
	h.Sum(a.SHA256[:0])
	b.doc.Attachments = append(b.doc.Attachments, a)
	return at, data
}

// copy copies what is left of r to w and returns how much that was. What a
// source that breaks off gave before counts.
func (b *builder) copy(w io.Writer, r io.Reader) (n int64) {
	if from, ok := r.(io.WriterTo); ok {
		n, _ = from.WriteTo(w)
		return n
	}
	if b.copying == nil {
		b.copying = make([]byte, 32<<10)
	}
	n, _ = io.CopyBuffer(w, r, b.copying)
	return n
}

// readUpTo appends at most n bytes of r to data.
func readUpTo(data []byte, r io.Reader, n int) []byte {
	buf := bytes.NewBuffer(data)
	if n > 0 {
		// What a source that breaks off gave before counts.
		_, _ = io.CopyN(buf, r, int64(n))
	}
	return buf.Bytes()
}

// unpack reads a file whole that is to be taken apart, within the bounds.
func (b *builder) unpack(r io.Reader, id aup.PartID) []byte {
	data, cut := readBounded(r, min(maxUnpacked, maxUnpackedTotal-b.opened))
	b.opened += len(data)
	if cut {
		b.problem("truncated", id, "the part is longer than the bound, the rest was not read")
	}
	return data
}

// textFile reads an attached text file.
func (b *builder) textFile(f file, data []byte, message int, id aup.PartID) string {
	p := aup.Part{
		ID: id, Message: message, Kind: aup.PartAttachment, MediaType: f.kind.mediaType, Name: f.kind.name,
		RawStart: f.start, RawEnd: f.end, Truncated: len(data) >= maxDecodedText,
	}
	if isMachineType(f.kind.mediaType) {
		p.Kind = aup.PartMachine
	}
	text := b.decode(&p, data, f.kind.params["charset"])
	if strings.HasSuffix(f.kind.mediaType, "html") || startsHTML(text) {
		b.addHTML(p, text)
		return ""
	}
	p.Text = text
	b.addPart(p)
	b.xarfSamples(text, message, id)
	return ""
}

// rtfFile reads an attached RTF document.
func (b *builder) rtfFile(f file, data []byte, message int, id aup.PartID) string {
	b.addRTF(aup.Part{
		ID: id, Message: message, Kind: aup.PartAttachment, MediaType: f.kind.mediaType, Name: f.kind.name, RawStart: f.start, RawEnd: f.end,
	}, data)
	return ""
}

// headersFile reads the header of a message that was sent without its body
// (RFC 3462, 2).
func (b *builder) headersFile(f file, data []byte, message int, id aup.PartID) string {
	src := &source{r: aup.Bytes(data), size: int64(len(data))}
	e := split(src, &b.tally)
	m := aup.Message{Parent: message, Via: aup.ViaRFC822, Path: id}
	b.readHeader(&m, e)
	i := b.addMessage(m, origin{header: e.header})
	b.addPart(aup.Part{ID: id + "/subject", Message: i, Kind: aup.PartSubject, Text: m.Subject})
	p := aup.Part{ID: id, Message: i, Kind: aup.PartHeaders, MediaType: f.kind.mediaType, RawStart: f.start, RawEnd: f.end}
	p.Text = b.decode(&p, data, f.kind.params["charset"])
	b.addPart(p)
	return ""
}

// messageFile reads a file that is a message.
func (b *builder) messageFile(f file, data []byte, message int, id aup.PartID) string {
	b.opened += len(data)
	via, base := aup.ViaFile, string(id)+"/"
	if isMessageType(f.kind.mediaType) {
		via, base = aup.ViaRFC822, string(id)
	}
	e := split(&source{r: aup.Bytes(data), size: int64(len(data))}, &b.tally)
	b.original(e, message, via, id, base)
	return ""
}
