package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// readHeader fills m from the fields of its header.
func (b *builder) readHeader(m *aup.Message, e *entity) {
	seen := map[string]bool{}
	fields := e.fields
	if room := maxAllFields - b.fields; len(fields) > room {
		fields = fields[:room]
		b.problem("header", m.Path, "more header fields than the bound, the rest was not read")
	}
	b.fields += len(fields)
	m.Header = make([]aup.Field, 0, len(fields))
	for _, f := range fields {
		raw := f.value
		if len(raw) > maxFieldBytes {
			raw = raw[:maxFieldBytes]
			b.problem("header", m.Path, "field "+f.name+" is longer than the bound")
		}
		value := line(cleanText(decodeHeader(raw)))
		m.Header = append(m.Header, aup.Field{Name: f.name, Value: value})
		name := strings.ToLower(f.name)
		if seen[name] && once[name] {
			// The first one counts here; another reader may show the other.
			b.problem("duplicate-header", m.Path, f.name)
			continue
		}
		seen[name] = true
		b.setField(m, name, raw, value)
	}
}

// once holds the fields that a message has once (RFC 5322, 3.6; RFC 2045).
var once = map[string]bool{
	"from": true, "sender": true, "reply-to": true, "to": true, "cc": true, "date": true, "subject": true,
	"message-id": true, "in-reply-to": true, "references": true, "mime-version": true,
	"content-type": true, "content-transfer-encoding": true, "content-disposition": true,
}

func (b *builder) setField(m *aup.Message, name, raw, value string) {
	switch name {
	case "subject":
		m.Subject = value
	case "from":
		m.From = parseAddresses(raw)
	case "sender":
		m.Sender = parseAddresses(raw)
	case "reply-to":
		m.ReplyTo = parseAddresses(raw)
	case "to":
		m.To = parseAddresses(raw)
	case "cc":
		m.Cc = parseAddresses(raw)
	case "return-path":
		if m.ReturnPath == "" {
			m.ReturnPath = addrSpec(strings.Trim(raw, "<> \t"))
		}
	case "message-id":
		m.MessageID = strings.Trim(value, "<> ")
	case "in-reply-to":
		m.InReplyTo = messageIDs(value)
	case "references":
		m.References = messageIDs(value)
	case "date":
		var ok bool
		if m.Date, ok = parseDate(value); !ok {
			m.DateText = value
			b.problem("date", m.Path, "the Date field cannot be read")
		}
	}
}

// messageIDs returns the ids of a field of them (RFC 5322, 3.6.4), without
// brackets.
func messageIDs(value string) []string {
	const most = 100
	var ids []string
	for len(ids) < most {
		_, rest, ok := strings.Cut(value, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(rest, ">")
		if id = strings.TrimSpace(id); ok && id != "" {
			ids = append(ids, id)
		}
		value = after
	}
	return ids
}
