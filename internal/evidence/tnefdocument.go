package evidence

import (
	"bytes"
	"strings"

	"aupd/internal/aup"
)

// tnefFile reads a winmail.dat: the body and the attachments of the message
// that carries it. Only where it has another subject is it a message of its
// own.
func (b *builder) tnefFile(_ file, data []byte, message int, id aup.PartID) string {
	b.opened += len(data)
	f, err := readTNEF(data)
	if err != nil {
		b.problem("tnef", id, err.Error())
	}
	if subject := line(f.message.text(propSubject)); subject != "" && !strings.EqualFold(subject, b.doc.Messages[message].Subject) {
		if i, ok := b.mapiOriginal(f.message, message, aup.ViaTNEF, id); ok {
			message = i
		}
	}
	from := len(b.doc.Parts)
	b.tnefContent(f, message, id)
	b.repeated(message, from)
	return ""
}

// repeated marks the first body text from the given part on when the message
// has it already: Outlook sends it beside the winmail.dat too.
func (b *builder) repeated(message, from int) {
	for i := range b.doc.Parts[:from] {
		p := &b.doc.Parts[i]
		if p.Message != message || p.Kind != aup.PartText && p.Kind != aup.PartHTML {
			continue
		}
		for j := from; j < len(b.doc.Parts); j++ {
			q := &b.doc.Parts[j]
			if q.Message == message && (q.Kind == aup.PartText || q.Kind == aup.PartHTML) && !differs(p.Text, q.Text) {
				q.Alternative = true
			}
		}
		return
	}
}

func (b *builder) tnefContent(f tnefFile, message int, id aup.PartID) {
	b.mapiBody(f.message, message, id+"/tnef")
	for n, a := range f.attachments {
		path := id + aup.PartID("/"+section("tnef", n+1))
		v := a[propAttachData]
		const iid = 16 // an interface id stands before an object's data
		if v.kind == typeObject && len(v.data) > iid {
			v.data = v.data[iid:]
			if inner, err := readTNEF(v.data); err == nil || len(inner.message) > 0 {
				if i, ok := b.mapiOriginal(inner.message, message, aup.ViaTNEF, path); ok {
					b.nested++
					b.tnefContent(inner, i, path)
					b.nested--
				}
				continue
			}
		}
		b.file(mapiFile(a, v.data), message, path)
	}
}

// mapiOriginal adds a message stored as properties, within the bounds.
func (b *builder) mapiOriginal(p properties, parent int, via aup.Via, path aup.PartID) (int, bool) {
	if b.depth(parent) >= maxOriginals || len(b.doc.Messages) >= maxMessages {
		b.problem("depth", path, "more messages within messages than the bound, this one was not read")
		return 0, false
	}
	return b.mapiMessage(p, parent, via, path), true
}

// mapiFile returns an attachment that is stored as properties.
func mapiFile(p properties, data []byte) file {
	kind := contentType{mediaType: strings.ToLower(line(p.text(propAttachMIME)))}
	kind.name = fileName(p.text(propAttachLongName))
	if kind.name == "" {
		kind.name = fileName(p.text(propAttachFilename))
	}
	return file{kind: kind, r: bytes.NewReader(data)}
}
