package classify

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// An index finds phrases in a text: by their head, which is their first bytes, and
// of those with the same head by the bytes behind it. It is safe for concurrent use.
type index struct {
	phrases    []phrase
	sizes      [1 << 16]uint8 // of the heads that begin with two bytes: bit n for n bytes
	inner      [256]bool      // whether a phrase that begins with a byte may stand within a word
	heads      []head         // by hash
	candidates []candidate    // those of one head in a row
}

// headLength is how long a head is, in bytes; of a shorter phrase it is the whole.
const headLength = 4

// head returns the head of p.
func (p *phrase) head() string { return p.text[:min(len(p.text), headLength)] }

// A head has candidates, from one up to another; an empty place among heads has none.
type head struct {
	bytes    uint32
	from, to int32
}

// A candidate is a phrase that may stand where its head does: if the bytes behind
// that, shifted, are next.
type candidate struct {
	next   uint64
	phrase int32
	shift  uint8 // by the bits that the phrase does not have there
	more   bool  // the phrase has bytes behind those
}

func newIndex(phrases []phrase) *index {
	x := &index{
		phrases:    phrases,
		heads:      make([]head, 1<<bits.Len(uint(len(phrases)))), // more than there are
		candidates: make([]candidate, 0, len(phrases)),
	}
	order := make([]int, len(phrases))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(phrases[a].head(), phrases[b].head()) })
	for _, n := range order {
		x.add(n)
	}
	return x
}

// add adds a phrase, behind those with the same head.
func (x *index) add(n int) {
	p := &x.phrases[n]
	first, size := p.text[0], len(p.head())
	x.inner[first] = x.inner[first] || p.inner
	for second := range 256 {
		if size == 1 || p.text[1] == byte(second) {
			x.sizes[int(first)|second<<8] |= 1 << size
		}
	}
	bytes := uint32(packed(p.head()))
	h := x.head(bytes)
	if h.to == 0 {
		*h = head{bytes: bytes, from: int32(len(x.candidates))}
	}
	tail := p.text[size:]
	c := candidate{phrase: int32(n), shift: uint8(64 - 8*min(len(tail), 8)), more: len(tail) > 8}
	c.next = packed(tail) << c.shift
	x.candidates = append(x.candidates, c)
	h.to = int32(len(x.candidates))
}

// head returns the head that has these bytes, or the empty place where it belongs.
func (x *index) head(bytes uint32) *head {
	const golden = 0x9e3779b1 // Knuth, "The Art of Computer Programming", 6.4
	last := uint32(len(x.heads) - 1)
	for at := bytes * golden >> bits.LeadingZeros32(last); ; at++ {
		if h := &x.heads[at&last]; h.to == 0 || h.bytes == bytes {
			return h
		}
	}
}

// packed returns the first eight bytes of s as a number, the first one lowest; zero
// for those that it does not have.
func packed(s string) (n uint64) {
	if len(s) >= 8 {
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	for i := range len(s) {
		n |= uint64(s[i]) << (8 * i)
	}
	return n
}

// each calls yield with each phrase in t and the offset at which it begins, except
// those within a word of ASCII that may not stand there.
func (x *index) each(t string, yield func(phrase, at int)) {
	inWord := false
	for i := range len(t) {
		before := inWord
		if inWord = asciiWord[t[i]]; before && inWord && !x.inner[t[i]] {
			continue
		}
		start := packed(t[i:])
		sizes := x.sizes[uint16(start)]
		if sizes == 0 {
			continue
		}
		next := packed(t[min(i+headLength, len(t)):])
		for ; sizes != 0; sizes &= sizes - 1 {
			size := bits.TrailingZeros8(sizes)
			if i+size > len(t) {
				break
			}
			h := x.head(uint32(start & (1<<(8*size) - 1)))
			for _, c := range x.candidates[h.from:h.to] {
				if next<<c.shift == c.next && (!c.more || strings.HasPrefix(t[i:], x.phrases[c.phrase].text)) {
					yield(int(c.phrase), i)
				}
			}
		}
	}
}
