package evidence

import (
	"encoding/binary"
	"errors"
)

// The TNEF attributes that are read ([MS-OXTNEF], 2.1.3.2), by the low half of
// their ids.
const (
	tnefSubject    = 0x8004
	tnefBody       = 0x800c
	tnefAttachData = 0x800f
	tnefTitle      = 0x8010
	tnefRendering  = 0x9002 // begins an attachment
	tnefProperties = 0x9003
	tnefAttachment = 0x9005
	tnefCodepage   = 0x9007
)

// A tnefFile is what a winmail.dat holds.
type tnefFile struct {
	message     properties
	attachments []properties
}

var errTNEF = errors.New("the TNEF data breaks off or is damaged")

// readTNEF reads as much as there is: it returns what it read before an error.
func readTNEF(data []byte) (tnefFile, error) {
	const signature, preamble = 0x223e9f78, 6
	f := tnefFile{message: properties{}}
	if len(data) < preamble || binary.LittleEndian.Uint32(data) != signature {
		return f, errTNEF
	}
	c := cursor{rest: data[preamble:]}
	for len(c.rest) > 0 {
		level, id, n := c.byte(), c.uint32(), c.uint32()
		value := c.take(int64(n))
		c.uint16() // the checksum; damage shows in what it protects
		if c.short || level != 1 && level != 2 {
			return f, errTNEF
		}
		if err := f.attribute(uint16(id), value); err != nil {
			return f, err
		}
		if len(f.attachments) > maxParts {
			return f, errors.New("more attachments than the bound")
		}
	}
	return f, nil
}

// attribute takes one attribute; those of an attachment follow its rendering
// data.
func (f *tnefFile) attribute(id uint16, value []byte) error {
	if id == tnefRendering {
		f.attachments = append(f.attachments, properties{})
		return nil
	}
	attachment := properties{}
	if n := len(f.attachments); n > 0 {
		attachment = f.attachments[n-1]
	}
	switch id {
	case tnefSubject:
		f.message.set(propSubject, typeString8, value)
	case tnefBody:
		f.message.set(propBody, typeString8, value)
	case tnefCodepage:
		f.message.set(propMessageCodepage, 0, value)
	case tnefProperties:
		return readProperties(value, f.message)
	case tnefTitle:
		attachment.set(propAttachFilename, typeString8, value)
	case tnefAttachData:
		attachment.set(propAttachData, typeBinary, value)
	case tnefAttachment:
		return readProperties(value, attachment)
	}
	return nil
}

// set sets a property, unless a better source set it.
func (p properties) set(id, kind uint16, data []byte) {
	if _, ok := p[id]; !ok {
		p[id] = property{kind, data}
	}
}

// readProperties reads encapsulated MAPI properties ([MS-OXTNEF], 2.1.3.4)
// into p.
func readProperties(data []byte, p properties) error {
	c := cursor{rest: data}
	for count := c.uint32(); count > 0 && !c.short; count-- {
		kind, id := c.uint16(), c.uint16()
		if id >= 0x8000 {
			c.take(16) // the GUID of a named property
			if named := c.uint32(); named == 0 {
				c.take(4)
			} else {
				c.takePadded()
			}
		}
		const multiple = 0x1000
		several, kind := kind&multiple != 0, kind&^multiple
		values, variable := uint32(1), kind == typeString8 || kind == typeUnicode || kind == typeObject || kind == typeBinary
		if several || variable {
			values = c.uint32()
		}
		for n := range values {
			var value []byte
			if variable {
				value = c.takePadded()
			} else {
				value = c.take(fixedSize(kind))
			}
			if c.short {
				return errTNEF
			}
			if n == 0 && id < 0x8000 {
				p[id] = property{kind, value}
			}
		}
	}
	if c.short {
		return errTNEF
	}
	return nil
}

// fixedSize returns how many bytes a value of a type of fixed size takes in
// TNEF, where all are padded to four.
func fixedSize(kind uint16) int64 {
	switch kind {
	case 0x0005, 0x0006, 0x0007, 0x0014, typeTime:
		return 8
	case 0x0048:
		return 16
	}
	return 4
}
