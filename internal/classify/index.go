package classify

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// An index finds the phrases that a text begins with: by their head, which is their
// first bytes, and of those with the same head by the bytes behind it. It is safe
// for concurrent use.
type index struct {
	phrases    []phrase
	sizes      [1 << 16]uint8 // of the heads that begin with two bytes: bit n for n bytes
	inner      [256]bool      // whether a phrase that begins with a byte may stand within a word
	candidates []candidate    // in order of their heads
	slots      []int32        // by a head's hash: 1 + its first candidate's number; 0 for none
}

// headLength is how long a head is, in bytes; of a shorter phrase it is the whole.
const headLength = 4

// A candidate is a phrase that a text may begin with: if it has its head, and
// behind that under mask what next has.
type candidate struct {
	head, next, mask uint32
	phrase           int32
}

func newIndex(phrases []phrase) *index {
	x := &index{
		phrases: phrases, candidates: make([]candidate, 0, len(phrases)),
		slots: make([]int32, 1<<bits.Len(uint(len(phrases)))), // more than there are heads
	}
	for i, p := range phrases {
		n := min(len(p.text), headLength)
		c := candidate{packed(p.text), packed(p.text[n:]), mask(len(p.text) - n), int32(i)}
		x.candidates = append(x.candidates, c)
		x.inner[p.text[0]] = x.inner[p.text[0]] || p.inner
		for second := range 256 {
			if pair := c.head&mask(1) | uint32(second)<<8; n == 1 || pair == c.head&mask(2) {
				x.sizes[pair] |= 1 << n
			}
		}
	}
	slices.SortStableFunc(x.candidates, func(a, b candidate) int { return cmp.Compare(a.head, b.head) })
	for i, c := range x.candidates {
		if at := x.slot(c.head); x.slots[at] == 0 {
			x.slots[at] = int32(i + 1)
		}
	}
	return x
}

// packed returns the first bytes of s as a number, as many as a head has at most.
func packed(s string) uint32 {
	if len(s) >= headLength {
		return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
	}
	n := uint32(0)
	for i := range len(s) {
		n |= uint32(s[i]) << (8 * i)
	}
	return n
}

// mask covers the first n bytes of what is packed.
func mask(n int) uint32 { return 1<<(8*min(n, headLength)) - 1 }

// slot returns the slot that has a head, or the empty one that it belongs in.
func (x *index) slot(head uint32) uint32 {
	last := uint32(len(x.slots) - 1)
	const golden = 0x9e3779b1 // Knuth, "The Art of Computer Programming", 6.4
	for at := head * golden >> bits.LeadingZeros32(last); ; at++ {
		if n := x.slots[at&last]; n == 0 || x.candidates[n-1].head == head {
			return at & last
		}
	}
}

// each calls yield with each phrase that t, which is not empty, begins with.
func (x *index) each(t string, yield func(phrase int)) {
	start, next := packed(t), packed(t[min(len(t), headLength):])
	for sizes := x.sizes[start&mask(2)]; sizes != 0; sizes &= sizes - 1 {
		n := bits.TrailingZeros8(sizes)
		head := start & mask(n)
		first := x.slots[x.slot(head)]
		if first == 0 || n > len(t) {
			continue
		}
		for _, c := range x.candidates[first-1:] {
			if c.head != head {
				break
			}
			if next&c.mask == c.next && strings.HasPrefix(t, x.phrases[c.phrase].text) {
				yield(int(c.phrase))
			}
		}
	}
}
