package evidence

import "strings"

// shingle is how many words make a shingle: few enough to stand in one line of
// a quotation, many enough not to stand elsewhere by chance.
const shingle = 5

// A PolicyText is the policy's own text, by which its quotations are recognised.
// It is made once and used for every message; nil recognises nothing. It is safe
// for concurrent use.
type PolicyText struct {
	runs map[uint64]bool // the hashes of every five words of it in a row
}

// NewPolicyText returns the policy text that consists of these sentences.
func NewPolicyText(sentences ...string) *PolicyText {
	p := &PolicyText{make(map[uint64]bool)}
	for _, s := range sentences {
		eachShingle(s, func(run uint64) { p.runs[run] = true })
	}
	return p
}

// quotes reports whether more than one in share of the shingles of s stand in
// the policy.
func (p *PolicyText) quotes(s string, share int) bool {
	if p == nil || len(p.runs) == 0 {
		return false
	}
	n, found := 0, 0
	eachShingle(s, func(run uint64) {
		n++
		if p.runs[run] {
			found++
		}
	})
	return n >= 3 && found*share > n
}

// eachShingle calls f with the hash of every five words in a row of s, in any
// case.
func eachShingle(s string, f func(run uint64)) {
	if !isASCII(s) {
		s = strings.ToLower(s)
	}
	var last [shingle]uint64 // the hashes of the last words, a ring
	words := 0
	for i := 0; i < len(s); {
		h := newHash
		for ; i < len(s) && isWordByte(s[i]); i++ {
			h = h.add(lowerASCII(s[i]))
		}
		if h == newHash {
			i++
			continue
		}
		last[words%shingle] = uint64(h)
		if words++; words >= shingle {
			f(join(&last, words%shingle))
		}
	}
}

// join returns one hash for the words of a ring that begins at from.
func join(ring *[shingle]uint64, from int) uint64 {
	all := uint64(0)
	for i := range shingle {
		all = all*uint64(hashPrime) + ring[(from+i)%shingle]
	}
	return all
}

// isWordByte reports whether c is of a word, whatever its script.
func isWordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || isDigit(c) || c > 0x7f
}

// A hash is a word's FNV-1a.
type hash uint64

const (
	newHash   hash = 0xcbf29ce484222325
	hashPrime hash = 0x100000001b3
)

func (h hash) add(c byte) hash { return (h ^ hash(c)) * hashPrime }
