package evidence

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// A compound is a compound file ([MS-CFB]): folders and streams within a file,
// as Outlook writes them.
type compound struct {
	regular, mini sectors
	entries       []cfbEntry
}

// A cfbEntry is a folder or a stream. Those of one folder are a tree by left
// and right, whose root is the folder's child.
type cfbEntry struct {
	name               string
	stream             bool
	left, right, child uint32
	start              uint32 // the first sector of a stream
	size               uint64
}

// A sectors is a run of bytes in sectors, and which of them follows which.
type sectors struct {
	data []byte
	size int
	next []uint32
}

// chain returns at most so many bytes of the sectors that follow each other from
// at on, and no more than there are: a chain may run in a circle.
func (s *sectors) chain(at uint32, most uint64) []byte {
	most = min(most, uint64(len(s.data)))
	size := uint64(0)
	for a := at; size < most && s.has(a); a = s.next[a] {
		size += uint64(s.size)
	}
	out := make([]byte, 0, min(size, most))
	for ; len(out) < cap(out) && s.has(at); at = s.next[at] {
		from := int(at) * s.size
		out = append(out, s.data[from:min(from+min(s.size, cap(out)-len(out)), len(s.data))]...)
	}
	return out
}

func (s *sectors) has(at uint32) bool {
	return int64(at) < int64(len(s.next)) && int(at)*s.size < len(s.data)
}

// maxCFBEntries bounds the folders and streams: a message to a hundred people
// has some thousand.
const maxCFBEntries = 10 * maxParts

var (
	errCFB     = errors.New("it is no compound file, or damaged")
	errCFBMore = errors.New("it has more streams than the bound")
)

// openCFB reads the header, the tables and the directory of a compound file. It
// returns what it read before errCFBMore.
func openCFB(data []byte) (*compound, error) {
	const header, root = 512, 0
	if len(data) < header || string(data[:len(oleMagic)]) != oleMagic {
		return nil, errCFB
	}
	le := binary.LittleEndian
	shift := le.Uint16(data[30:])
	if shift != 9 && shift != 12 || len(data) <= 1<<shift {
		return nil, errCFB
	}
	c := &compound{regular: sectors{data: data[1<<shift:], size: 1 << shift}}
	c.regular.next = c.table(data[76:header], le.Uint32(data[68:]))
	directory := c.regular.chain(le.Uint32(data[48:]), maxCFBEntries*cfbEntrySize+1)
	for ; len(directory) >= cfbEntrySize; directory = directory[cfbEntrySize:] {
		c.entries = append(c.entries, readCFBEntry(directory, shift == 9))
	}
	if len(c.entries) == 0 {
		return nil, errCFB
	}
	c.mini = sectors{data: c.regular.chain(c.entries[root].start, min(c.entries[root].size, maxUnpacked)), size: 64}
	c.mini.next = words(c.regular.chain(le.Uint32(data[60:]), uint64(len(c.mini.data))/16+4))
	if len(directory) > 0 {
		return c, errCFBMore
	}
	return c, nil
}

// table returns which sector follows which. The sectors that it lies in are
// listed in the header and, of large files, in sectors of their own, each of
// which ends with the number of the next.
func (c *compound) table(list []byte, more uint32) (next []uint32) {
	all := len(c.regular.data)/c.regular.size + 1
	for lists := 0; ; lists++ {
		for _, at := range words(list) {
			if s := c.sector(at); len(next) < all {
				next = append(next, words(s)...)
			}
		}
		list = c.sector(more)
		if len(list) < c.regular.size || lists > all {
			return next[:min(len(next), all)]
		}
		more = binary.LittleEndian.Uint32(list[len(list)-4:])
		list = list[:len(list)-4]
	}
}

// sector returns one sector; nil when there is none of that number.
func (c *compound) sector(at uint32) []byte {
	from := uint64(at) * uint64(c.regular.size)
	if from >= uint64(len(c.regular.data)) {
		return nil
	}
	return c.regular.data[from:min(from+uint64(c.regular.size), uint64(len(c.regular.data)))]
}

func words(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

const cfbEntrySize = 128

func readCFBEntry(b []byte, short bool) cfbEntry {
	const ofStream, longest = 2, 32
	le := binary.LittleEndian
	e := cfbEntry{stream: b[66] == ofStream, left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), child: le.Uint32(b[76:]), start: le.Uint32(b[116:]), size: le.Uint64(b[120:])}
	if short {
		e.size &= 0xffffffff // what stands above may be junk
	}
	name := make([]uint16, max(min(int(le.Uint16(b[64:]))/2, longest)-1, 0)) // its end is counted
	for i := range name {
		name[i] = le.Uint16(b[2*i:])
	}
	e.name = string(utf16.Decode(name))
	return e
}

// content returns at most so many bytes of a stream.
func (c *compound) content(e cfbEntry, most int) []byte {
	const cutoff = 4096 // shorter ones lie in the mini stream
	n := min(e.size, uint64(max(most, 0)))
	if e.size < cutoff {
		return c.mini.chain(e.start, n)
	}
	return c.regular.chain(e.start, n)
}
