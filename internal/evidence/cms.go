package evidence

import (
	"bytes"

	"aupd/internal/aup"
)

// oidSignedData is the content type of an S/MIME message that is signed and
// not encrypted (RFC 5652, 5.1).
var oidSignedData = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}

// cmsFile reads the part within an opaquely signed S/MIME message (RFC 8551,
// 3.5.2). The signature is not verified. Anything else of this type is
// encrypted.
func (b *builder) cmsFile(_ file, data []byte, message int, id aup.PartID) string {
	content, ok := signedContent(data)
	if !ok {
		return string(formatEncrypted)
	}
	b.opened += len(content)
	inner := split(&source{r: aup.Bytes(content), size: int64(len(content))}, &b.tally)
	if len(inner.children) > 0 {
		b.takeProblems(inner, id)
		b.children(inner, message, string(id)+"/")
	} else {
		b.entity(inner, message, section(string(id)+"/", 1))
	}
	return ""
}

// signedContent returns the content that a SignedData structure holds.
func signedContent(data []byte) (content []byte, ok bool) {
	const sequence, set, integer, oid, explicit, octets, pieces = 0x30, 0x31, 0x02, 0x06, 0xa0, 0x04, 0x24
	info := berElement{rest: data}
	info.enter(sequence)
	if kind := info.next(oid); !bytes.Equal(kind, oidSignedData) {
		return nil, false
	}
	info.enter(explicit)
	info.enter(sequence)
	info.next(integer)
	info.next(set)
	info.enter(sequence)
	info.next(oid)
	info.enter(explicit)
	if len(info.rest) == 0 || info.failed {
		return nil, false
	}
	if info.rest[0] == octets {
		content = info.next(octets)
		return content, !info.failed
	}
	info.enter(pieces)
	for !info.failed && len(info.rest) > 0 && info.rest[0] == octets {
		content = append(content, info.next(octets)...)
	}
	return content, !info.failed && len(content) > 0
}

// A berElement reads BER (X.690) from the front of rest, of definite and
// indefinite length.
type berElement struct {
	rest   []byte
	failed bool
}

// enter goes into the next element, which must have this tag.
func (e *berElement) enter(tag byte) {
	if len(e.rest) > 2 && e.rest[0] == tag && e.rest[1] == 0x80 {
		e.rest = e.rest[2:] // of indefinite length: what follows it does not matter here
		return
	}
	e.rest = e.next(tag)
}

// next returns the content of the next element, which must have this tag and a
// definite length, and goes behind it.
func (e *berElement) next(tag byte) []byte {
	head, n, ok := berSize(e.rest)
	if !ok || e.rest[0] != tag {
		e.failed, e.rest = true, nil
		return nil
	}
	body := e.rest[head : head+n]
	e.rest = e.rest[head+n:]
	return body
}

// berSize returns how long the tag and length of the element that b begins
// with are, and how long its content is; ok is false when that is not there
// whole.
func berSize(b []byte) (head, n int, ok bool) {
	const long, most = 0x80, 4
	if len(b) < 2 {
		return 0, 0, false
	}
	head, n = 2, int(b[1])
	if n >= long {
		count := n &^ long
		if count == 0 || count > most || len(b) < head+count {
			return 0, 0, false
		}
		n = 0
		for _, c := range b[head : head+count] {
			n = n<<8 | int(c)
		}
		head += count
	}
	return head, n, n <= len(b)-head
}
