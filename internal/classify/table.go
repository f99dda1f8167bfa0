package classify

import "hash/maphash"

// A table numbers strings from 0 in the order in which they are added. Most of
// what is looked up in it is not there, which it says after one look at a small
// array. It is safe for concurrent use while nothing is added.
type table struct {
	names []string
	slots []int32 // 0 for none, else a number + 1; at least twice as many as names
	seed  maphash.Seed
}

// newTable returns a table for some n strings.
func newTable(n int) *table {
	slots := 2
	for slots < 2*n {
		slots *= 2
	}
	return &table{names: make([]string, 0, n), slots: make([]int32, slots), seed: maphash.MakeSeed()}
}

// find returns the number of a string.
func (t *table) find(name []byte) (int32, bool) {
	for i := maphash.Bytes(t.seed, name); ; i++ {
		n := t.slots[i&uint64(len(t.slots)-1)]
		if n == 0 || t.names[n-1] == string(name) {
			return n - 1, n > 0
		}
	}
}

// add adds a string that is not there.
func (t *table) add(name string) {
	t.names = append(t.names, name)
	if 2*len(t.names) <= len(t.slots) {
		t.place(int32(len(t.names)))
		return
	}
	t.slots = make([]int32, 2*len(t.slots))
	for n := range t.names {
		t.place(int32(n + 1))
	}
}

func (t *table) place(n int32) {
	i := maphash.String(t.seed, t.names[n-1])
	for ; t.slots[i&uint64(len(t.slots)-1)] != 0; i++ {
	}
	t.slots[i&uint64(len(t.slots)-1)] = n
}
