package evidence

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"aupd/internal/aup"
)

// The MAPI properties that say something about a mail ([MS-OXPROPS]), by their
// ids.
const (
	propSubject          = 0x0037
	propSubmitTime       = 0x0039
	propTransportHeaders = 0x007d
	propSenderName       = 0x0c1a
	propSenderEmail      = 0x0c1f
	propDisplayCc        = 0x0e03
	propDisplayTo        = 0x0e04
	propDeliveryTime     = 0x0e06
	propBody             = 0x1000
	propRTF              = 0x1009
	propHTML             = 0x1013
	propMessageID        = 0x1035
	propAttachData       = 0x3701
	propAttachFilename   = 0x3704
	propAttachLongName   = 0x3707
	propAttachMIME       = 0x370e
	propInternetCodepage = 0x3fde
	propMessageCodepage  = 0x3ffd
	propSenderSMTP       = 0x5d01
)

// The MAPI property types that are read ([MS-OXCDATA], 2.11.1).
const (
	typeObject  = 0x000d
	typeString8 = 0x001e
	typeUnicode = 0x001f
	typeTime    = 0x0040
	typeBinary  = 0x0102
)

// A property is a MAPI value as it is stored; of several the first.
type property struct {
	kind uint16
	data []byte
}

// A properties holds the properties of a message or an attachment by their ids.
type properties map[uint16]property

// text returns a property as text, 8-bit text by the message's code page.
func (p properties) text(id uint16) string {
	v, ok := p[id]
	if !ok {
		return ""
	}
	if v.kind == typeUnicode {
		return strings.TrimRight(decodeUTF16(v.data), "\x00")
	}
	text, _ := decodeCharset(trimNUL(v.data), p.charset())
	return text
}

// charset returns the name of the message's code page, empty when it says none.
func (p properties) charset() string {
	for _, id := range [...]uint16{propInternetCodepage, propMessageCodepage} {
		if v, ok := p[id]; ok && len(v.data) >= 4 {
			return codepage(binary.LittleEndian.Uint32(v.data))
		}
	}
	return ""
}

// codepage returns the charset of a Windows code page.
func codepage(n uint32) string {
	switch n {
	case 0, 20127:
		return ""
	case 65001:
		return "utf-8"
	case 28591, 28592, 28593, 28594, 28595, 28596, 28597, 28598, 28599, 28605:
		return "iso-8859-" + strconv.Itoa(int(n-28590))
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 51932:
		return "euc-jp"
	case 51949:
		return "euc-kr"
	case 54936:
		return "gb18030"
	}
	return "cp" + strconv.Itoa(int(n))
}

// time returns a property that counts 100 ns since 1601, the zero time when it
// is missing or absurd.
func (p properties) time(id uint16) time.Time {
	v, ok := p[id]
	if !ok || v.kind != typeTime || len(v.data) < 8 {
		return time.Time{}
	}
	const perSecond, toUnix = 10_000_000, 11_644_473_600
	t := time.Unix(int64(binary.LittleEndian.Uint64(v.data)/perSecond)-toUnix, 0).UTC()
	if !plausible(t) {
		return time.Time{}
	}
	return t
}

func decodeUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

func trimNUL(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

// mapiMessage adds a message that is stored as properties and returns its
// index. The header that came with it over the wire is read where it is kept.
func (b *builder) mapiMessage(p properties, parent int, via aup.Via, path aup.PartID) int {
	m := aup.Message{Parent: parent, Via: via, Path: path}
	header := []byte(p.text(propTransportHeaders))
	if len(header) > maxHeaderBytes {
		header = header[:maxHeaderBytes]
		b.problem("header", path, "the header is longer than the bound, the rest was not read")
	}
	b.readHeader(&m, &entity{fields: boundFields(parseFields(header))})
	m.Subject = orElse(m.Subject, line(cleanText(p.text(propSubject))))
	m.MessageID = orElse(m.MessageID, strings.Trim(line(p.text(propMessageID)), "<> "))
	if len(m.From) == 0 {
		if a := (aup.Address{Name: line(p.text(propSenderName)), Addr: p.sender()}); a != (aup.Address{}) {
			m.From = []aup.Address{a}
		}
	}
	if len(m.To) == 0 {
		m.To = parseAddresses(line(p.text(propDisplayTo)))
	}
	if len(m.Cc) == 0 {
		m.Cc = parseAddresses(line(p.text(propDisplayCc)))
	}
	if m.Date.IsZero() && m.DateText == "" {
		if m.Date = p.time(propSubmitTime); m.Date.IsZero() {
			m.Date = p.time(propDeliveryTime)
		}
	}
	i := b.addMessage(m, origin{header: header})
	if m.Subject != "" {
		b.addPart(aup.Part{ID: path + "/subject", Message: i, Kind: aup.PartSubject, Text: m.Subject})
	}
	return i
}

func boundFields(fields []field) []field { return fields[:min(len(fields), maxHeaderFields)] }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// sender returns the sender's mail address; Exchange's own addresses are none.
func (p properties) sender() string {
	for _, id := range [...]uint16{propSenderSMTP, propSenderEmail} {
		if a := addrSpec(p.text(id)); strings.Contains(a, "@") {
			return a
		}
	}
	return ""
}

// mapiBody adds the body of a message that is stored as properties: the text,
// or the HTML where there is no text, or what the RTF says where there is
// neither. Further ones say the same again.
func (b *builder) mapiBody(p properties, message int, id aup.PartID) {
	from := len(b.doc.Parts)
	if text := cleanText(p.text(propBody)); strings.TrimSpace(text) != "" {
		b.addPart(aup.Part{ID: id + ".body", Message: message, Kind: aup.PartText, MediaType: "text/plain", Text: text})
	}
	if v, ok := p[propHTML]; ok {
		part := aup.Part{ID: id + ".html", Message: message, Kind: aup.PartText, MediaType: "text/html"}
		if v.kind == typeUnicode {
			b.addHTML(part, cleanText(p.text(propHTML)))
		} else {
			b.addHTML(part, b.decode(&part, trimNUL(v.data), p.charset()))
		}
	}
	if v, ok := p[propRTF]; ok && len(b.doc.Parts) == from {
		rtf, err := unpackRTF(v.data)
		if err != nil {
			b.problem("rtf", id, err.Error())
		}
		b.addRTF(aup.Part{ID: id + ".rtf", Message: message, Kind: aup.PartText, MediaType: "text/rtf"}, rtf)
	}
	b.alternative(message, []int{from, len(b.doc.Parts)})
}

// addRTF appends p with the text of rtf, or of the HTML that it encapsulates.
func (b *builder) addRTF(p aup.Part, rtf []byte) {
	text, page := readRTF(rtf)
	if page {
		b.addHTML(p, cleanText(text))
		return
	}
	p.Text = cleanText(text)
	b.addPart(p)
}
