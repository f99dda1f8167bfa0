package classify

import "hash/maphash"

// A table numbers strings from 0 in the order in which they are added. Most of
// what is looked up in it is not there, which it says after one look at a small
// array. It is safe for concurrent use while nothing is added.
type table struct {
	names []string
	slots []slot // at least twice as many as names
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

// newTable returns a table for some n strings.
func newTable(n int) *table {
	slots := 2
	for slots < 2*n {
		slots *= 2
	}
	return &table{names: make([]string, 0, n), slots: make([]slot, slots), seed: maphash.MakeSeed()}
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
		if n := int32(s&maxNames) - 1; s&^maxNames == like && t.names[n] == string(name) {
			return n, true
		}
	}
}

// add adds a string that is not there. With maxNames of them the table is full,
// and what is added is not found.
func (t *table) add(name string) {
	t.names = append(t.names, name)
	if 2*len(t.names) <= len(t.slots) {
		t.place(len(t.names) - 1)
		return
	}
	t.slots = make([]slot, 2*len(t.slots))
	for n := range t.names {
		t.place(n)
	}
}

func (t *table) place(n int) {
	if n >= maxNames {
		return
	}
	hash := maphash.String(t.seed, t.names[n])
	i := hash
	for ; t.slots[i&uint64(len(t.slots)-1)] != 0; i++ {
	}
	t.slots[i&uint64(len(t.slots)-1)] = slotOf(n, hash)
}
