package evidence

import (
	"encoding/binary"
	"errors"
)

// lzfuPrefix is what the dictionary of compressed RTF begins with ([MS-OXRTFCP],
// 2.1.2.1).
const lzfuPrefix = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

var errRTF = errors.New("the compressed RTF breaks off or is damaged")

// unpackRTF decompresses RTF as Outlook stores it. It returns what it read
// before an error, at most maxDecodedText bytes.
func unpackRTF(data []byte) ([]byte, error) {
	const header = 16
	c := cursor{rest: data}
	c.uint32() // the packed size: the data says itself where it ends
	size, kind := c.uint32(), c.uint32()
	c.uint32() // the CRC
	if c.short {
		return nil, errRTF
	}
	limit := int(min(size, maxDecodedText))
	switch kind {
	case 0x414c454d: // "MELA": not compressed
		return data[header:min(len(data), header+limit)], nil
	case 0x75465a4c: // "LZFu"
		return unpackLZFu(c.rest, limit)
	}
	return nil, errRTF
}

// unpackLZFu decompresses the runs: a byte of eight flags, for each a literal
// byte or a reference of 12 bits of offset and 4 of length. A reference to the
// write position ends the data.
func unpackLZFu(in []byte, limit int) ([]byte, error) {
	var dict [4096]byte
	at := copy(dict[:], lzfuPrefix)
	out := make([]byte, 0, min(limit, 4*len(in)))
	put := func(c byte) {
		out = append(out, c)
		dict[at] = c
		at = (at + 1) % len(dict)
	}
	for len(in) > 0 {
		flags := in[0]
		in = in[1:]
		for bit := range 8 {
			if len(out) >= limit {
				return out, nil
			}
			if flags>>bit&1 == 0 {
				if len(in) < 1 {
					return out, errRTF
				}
				put(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out, errRTF
			}
			ref := binary.BigEndian.Uint16(in)
			in = in[2:]
			offset, n := int(ref>>4), int(ref&15)+2
			if offset == at {
				return out, nil
			}
			for i := range n {
				put(dict[(offset+i)%len(dict)])
			}
		}
	}
	return out, errRTF
}
