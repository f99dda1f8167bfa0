package classify

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// A table numbers strings from 0 in the order in which they are added. Of most
// of what is not there, it says so after one look at a small array. It is safe
// for concurrent use while nothing is added.
type table struct {
	text  []byte   // the strings, one after another
	ends  []uint32 // of each in it
	slots []slot   // at least twice as many as strings
	seed  maphash.Seed
}

// A slot holds a number and some bits of its string's hash, by which most other
// strings are told from it without a look at them; 0 is an empty one.
type slot uint32

const (
	numberBits = 20
	maxNames   = 1<<numberBits - 1 // that a table holds
)

func slotOf(number int, hash uint64) slot {
	return slot(hash>>(64-(32-numberBits)))<<numberBits | slot(number+1)
}

// newTable returns a table for some n words.
func newTable(n int) *table {
	slots := 2
	for slots < 2*n {
		slots *= 2
	}
	return &table{text: make([]byte, 0, 10*n), ends: make([]uint32, 0, n), slots: make([]slot, slots), seed: maphash.MakeSeed()}
}

func (t *table) len() int { return len(t.ends) }

// name returns the string with a number; it is not to be changed.
func (t *table) name(n int32) []byte {
	from := uint32(0)
	if n > 0 {
		from = t.ends[n-1]
	}
	return t.text[from:t.ends[n]]
}

// sorted returns the numbers in the order of their strings.
func (t *table) sorted() []int32 {
	out := make([]int32, t.len())
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortFunc(out, func(a, b int32) int { return bytes.Compare(t.name(a), t.name(b)) })
	return out
}

// find returns the number of a string.
func (t *table) find(name []byte) (int32, bool) {
	hash := maphash.Bytes(t.seed, name)
	like := slotOf(-1, hash)
	for i := hash; ; i++ {
		s := t.slots[i&uint64(len(t.slots)-1)]
		if s == 0 {
			return -1, false
		}
		if n := int32(s&maxNames) - 1; s&^maxNames == like && string(t.name(n)) == string(name) {
			return n, true
		}
	}
}

// add adds a string that is not there. With maxNames of them the table is full,
// and what is added is not found.
func (t *table) add(name string) {
	t.text = append(t.text, name...)
	t.ends = append(t.ends, uint32(len(t.text)))
	if 2*t.len() <= len(t.slots) {
		t.place(int32(t.len() - 1))
		return
	}
	t.slots = make([]slot, 2*len(t.slots))
	for n := range t.len() {
		t.place(int32(n))
	}
}

func (t *table) place(n int32) {
	if n >= maxNames {
		return
	}
	hash := maphash.Bytes(t.seed, t.name(n))
	i := hash
	for ; t.slots[i&uint64(len(t.slots)-1)] != 0; i++ {
	}
	t.slots[i&uint64(len(t.slots)-1)] = slotOf(int(n), hash)
}
