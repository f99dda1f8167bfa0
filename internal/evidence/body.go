package evidence

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"aupd/internal/aup"
)

// isBody reports whether e is text that the sender wrote as the message's
// body, rather than a file sent along.
func (b *builder) isBody(e *entity, message int) bool {
	mediaType := e.kind.mediaType
	switch {
	case e.isMultipart(): // without parts
		return true
	case e.kind.disposition == "attachment" || !strings.HasPrefix(mediaType, "text/"):
		return false
	case e.kind.name != "":
		// Apple Mail shows text files inline. A named first part is a body all
		// the same: some programs name every part.
		return (mediaType == "text/plain" || mediaType == "text/html") && !b.hasBody(message)
	}
	switch mediaType {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown", "text/x-amp-html", "text/watch-html":
		return true
	}
	return false
}

func (b *builder) hasBody(message int) bool {
	return slices.ContainsFunc(b.doc.Parts, func(p aup.Part) bool {
		return p.Message == message && (p.Kind == aup.PartText || p.Kind == aup.PartHTML)
	})
}

// body reads a text part.
func (b *builder) body(e *entity, message int, id aup.PartID) {
	data, cut := readBounded(decoder(e.kind.encoding, e.reader()), maxDecodedText)
	if _, sure := sniffMagic(e.kind, data[:min(len(data), sniffLength)]); sure {
		b.problem("type", id, "the part is no text as its header says")
		b.file(e.file(), message, id)
		return
	}
	data = b.relied(e, data, id)
	p := aup.Part{ID: id, Message: message, Kind: aup.PartText, MediaType: e.kind.mediaType, Name: e.kind.name, Truncated: cut}
	if e.src.raw {
		p.RawStart, p.RawEnd = e.body, e.end
	}
	if strings.HasSuffix(e.kind.mediaType, "html") {
		b.addHTML(p, b.decode(&p, data, e.kind.params["charset"]))
		return
	}
	data, files := cutEmbedded(data)
	text := b.decode(&p, data, e.kind.params["charset"])
	if startsHTML(text) {
		b.addHTML(p, text)
		return
	}
	if strings.EqualFold(e.kind.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(e.kind.params["delsp"], "yes"))
	}
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		b.problem("encrypted", id, "the text holds a PGP encrypted message")
	}
	p.Text = text
	b.addPart(p)
	b.xarfSamples(text, message, id)
	for i, f := range files {
		b.file(file{kind: contentType{name: fileName(f.name)}, r: bytes.NewReader(f.data)}, message, id+aup.PartID("/"+section("embedded", i+1)))
	}
}

// relied returns data decoded as its own look says where the declared transfer
// encoding is a lie.
func (b *builder) relied(e *entity, data []byte, id aup.PartID) []byte {
	if e.kind.encoding == "base64" {
		raw, _ := readBounded(e.reader(), maxDecodedText)
		if plainUnderBase64(raw) {
			b.problem("encoding", id, "the text is not in base64 as its header says")
			return raw
		}
	}
	if looksBase64(data) {
		if inner := decodeBase64(string(data)); looksText(inner) {
			b.problem("encoding", id, "the text is in base64 once more than its header says")
			return inner
		}
	}
	if e.kind.encoding != "quoted-printable" && looksQuoted(data) {
		b.problem("encoding", id, "the text is quoted-printable, its header does not say so")
		data, _ = readBounded(decoder("quoted-printable", bytes.NewReader(data)), maxDecodedText)
	}
	return data
}

// decode returns data as text and notes in p by which charset.
func (b *builder) decode(p *aup.Part, data []byte, declared string) string {
	if declared == "" && strings.HasSuffix(p.MediaType, "html") {
		declared = metaCharset(data)
	}
	const longest = 60 // of the names that there are
	declared = declared[:min(len(declared), longest)]
	text, used := decodeCharset(data, declared)
	p.Charset = used
	if name := charsetName(declared); name != used && !isASCII(text) && (name != "" || used != "utf-8") {
		if declared == "" {
			declared = "none"
		}
		b.problem("charset", p.ID, "declared "+line(strings.ToValidUTF8(declared, "?"))+", read as "+used)
	}
	return cleanText(text)
}

// addPart appends p, cut to the bounds.
func (b *builder) addPart(p aup.Part) {
	limit := maxPartText
	if p.Kind == aup.PartAttachment {
		limit = maxAttachmentText
	}
	limit = min(limit, maxText-b.text)
	if len(p.Text) > limit {
		for limit > 0 && !utf8.RuneStart(p.Text[limit]) {
			limit--
		}
		p.Text = strings.Clone(p.Text[:limit]) // what is cut off is not kept in memory
		p.Truncated = true
		p.Hidden = clampRanges(p.Hidden, limit)
		p.Links = clampLinks(p.Links, limit)
	}
	if p.Truncated {
		b.problem("truncated", p.ID, "the text is longer than the bound, the rest was not read")
	}
	b.text += len(p.Text)
	b.doc.Parts = append(b.doc.Parts, p)
}

func clampRanges(ranges []aup.Range, limit int) []aup.Range {
	for i := range ranges {
		if ranges[i].End >= limit {
			ranges[i].End = limit
			if ranges[i].Start < limit {
				i++
			}
			return ranges[:i]
		}
	}
	return ranges
}

func clampLinks(links []aup.Link, limit int) []aup.Link {
	for i, l := range links {
		if l.End > limit {
			return links[:i]
		}
	}
	return links
}

// readBounded reads at most limit bytes of r and reports whether there was
// more. What lies in memory is not copied.
func readBounded(r io.Reader, limit int) (data []byte, cut bool) {
	var buf bytes.Buffer
	limit = max(limit, 0)
	if s, ok := r.(*io.SectionReader); ok {
		of, from, size := s.Outer()
		if h, ok := of.(aup.Bytes); ok {
			end := from + min(size, int64(limit))
			return h[from:end:end], size > int64(limit)
		}
		buf.Grow(int(min(int64(limit), size)) + bytes.MinRead)
	}
	// A source that breaks off is read as far as it goes.
	n, _ := io.Copy(&buf, io.LimitReader(r, int64(limit)+1))
	if n > int64(limit) {
		buf.Truncate(limit)
		return buf.Bytes(), true
	}
	return buf.Bytes(), false
}

// plainUnderBase64 reports whether text declared as base64 is plain text: it
// has words in lines, which base64 has not.
func plainUnderBase64(raw []byte) bool {
	const sample = 4 << 10
	raw = bytes.TrimSpace(raw[:min(len(raw), sample)])
	spaces, foreign := 0, 0
	for _, c := range raw {
		switch {
		case c == ' ':
			spaces++
		case base64Value[c] == 255 && c != '=' && c != '\r' && c != '\n' && c != '\t':
			foreign++
		}
	}
	return spaces*20 > len(raw) && spaces > 1 || foreign*20 > len(raw) && foreign > 3
}
