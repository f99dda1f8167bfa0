package evidence

import (
	"slices"
	"strings"
)

// shingle is how many words make a shingle: few enough to stand in one line of
// a quotation, many enough not to stand elsewhere by chance.
const shingle = 5

// A PolicyText is the policy's own text, by which its quotations are recognised.
// It is made once and used for every message; nil recognises nothing. It is safe
// for concurrent use.
type PolicyText struct {
	runs map[uint32]bool // the hashes of every five words of it in a row
	some [1024]uint64    // a bit for the first bits of each of runs
}

// NewPolicyText returns the policy text that consists of these sentences, and of
// the documents that are known by the hashes in runs alone; see [Runs].
func NewPolicyText(runs []uint32, sentences ...string) *PolicyText {
	p := &PolicyText{runs: make(map[uint32]bool)}
	for _, run := range runs {
		p.add(run)
	}
	for _, s := range sentences {
		for _, run := range Runs(s) {
			p.add(run)
		}
	}
	return p
}

// Runs returns the hashes of every five words of s in a row, in ascending order,
// each once: by them a quotation of s is recognised without s.
func Runs(s string) []uint32 {
	var out []uint32
	eachShingle(strings.ToLower(s), func(run uint32) bool {
		out = append(out, run)
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *PolicyText) add(run uint32) {
	p.runs[run] = true
	p.some[run>>22] |= 1 << (run >> 16 & 63)
}

func (p *PolicyText) has(run uint32) bool {
	return p.some[run>>22]>>(run>>16&63)&1 != 0 && p.runs[run]
}

// quotes reports whether more than one in share of the shingles of s, and s has
// at least so many, stand in the policy.
func (p *PolicyText) quotes(s string, share, least int) bool {
	if p == nil || len(p.runs) == 0 || len(s) < 2*(least+shingle-2) {
		return false
	}
	if !isASCII(s) {
		s = strings.ToLower(s)
	}
	n, found := countWords(s)-shingle+1, 0
	if n < least {
		return false
	}
	rest := n
	eachShingle(s, func(run uint32) bool {
		rest--
		if p.has(run) {
			found++
		}
		return (found+rest)*share > n
	})
	return found*share > n
}

// countWords returns how many words s has.
func countWords(s string) int {
	n, before := 0, 0
	for i := range len(s) {
		in := int(wordBytes[s[i]])
		n += in &^ before
		before = in
	}
	return n
}

// eachShingle calls f with the hash of every five words in a row of s, which is
// in ASCII or in lower case, until it returns false.
func eachShingle(s string, f func(run uint32) bool) {
	var last [shingle]uint64 // the hashes of the last words, a ring
	run, next, words := uint64(0), 0, 0
	for i := 0; i < len(s); i++ {
		if wordBytes[s[i]] == 0 {
			continue
		}
		word := uint64(hashStart)
		for ; i < len(s) && wordBytes[s[i]] != 0; i++ {
			low := s[i] | ^s[i]>>2&0x20 // of a letter or digit
			word = (word ^ uint64(low)) * hashPrime
		}
		run = run*hashPrime + word - last[next]*hashPast
		last[next] = word
		if next++; next == shingle {
			next = 0
		}
		if words++; words >= shingle && !f(uint32(run)) {
			return
		}
	}
}

// A word's hash is its FNV-1a, that of a run of words the sum of theirs, each
// multiplied by the prime once for every word behind it.
const (
	hashStart = 0xcbf29ce484222325
	hashPrime = 0x100000001b3
	hashPast  = hashPrime * hashPrime * hashPrime * hashPrime * hashPrime & (1<<64 - 1) // of the word that leaves a run
)

// wordBytes holds 1 for the bytes that words consist of, whatever their script.
var wordBytes = func() (in [256]uint8) {
	for c := range in {
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c > 0x7f {
			in[c] = 1
		}
	}
	return in
}()
