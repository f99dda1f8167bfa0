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
}

// NewPolicyText returns the policy text that consists of these sentences, and of
// the documents that are known by the hashes in runs alone; see [Runs].
func NewPolicyText(runs []uint32, sentences ...string) *PolicyText {
	p := &PolicyText{make(map[uint32]bool)}
	for _, run := range runs {
		p.runs[run] = true
	}
	for _, s := range sentences {
		eachShingle(s, func(run uint32) { p.runs[run] = true })
	}
	return p
}

// Runs returns the hashes of every five words of s in a row, in ascending order,
// each once: by them a quotation of s is recognised without s.
func Runs(s string) []uint32 {
	var out []uint32
	eachShingle(s, func(run uint32) { out = append(out, run) })
	slices.Sort(out)
	return slices.Compact(out)
}

// quotes reports whether more than one in share of the shingles of s stand in
// the policy.
func (p *PolicyText) quotes(s string, share int) bool {
	const least = 3 // of shingles
	if p == nil || len(p.runs) == 0 || len(s) < 2*(least+shingle-2) {
		return false
	}
	n, found := 0, 0
	eachShingle(s, func(run uint32) {
		n++
		if p.runs[run] {
			found++
		}
	})
	return n >= least && found*share > n
}

// eachShingle calls f with the hash of every five words in a row of s, in any
// case.
func eachShingle(s string, f func(run uint32)) {
	if !isASCII(s) {
		s = strings.ToLower(s)
	}
	var last [shingle]uint64 // the hashes of the last words, a ring
	run, next, words := uint64(0), 0, 0
	for i := 0; i < len(s); i++ {
		if !wordBytes[s[i]] {
			continue
		}
		word := uint64(hashStart)
		for ; i < len(s) && wordBytes[s[i]]; i++ {
			word = (word ^ uint64(lowerASCII(s[i]))) * hashPrime
		}
		run = run*hashPrime + word - last[next]*hashPast
		last[next] = word
		if next++; next == shingle {
			next = 0
		}
		if words++; words >= shingle {
			f(uint32(run))
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

// wordBytes holds the bytes that words consist of, whatever their script.
var wordBytes = func() (in [256]bool) {
	for c := range in {
		in[c] = 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c > 0x7f
	}
	return in
}()
