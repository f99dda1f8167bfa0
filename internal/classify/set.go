package classify

// A set is a set of numbers below some bound, such as those of concepts or of
// features, a bit for each. Two of them are held against each other only if they
// have one bound.
type set []uint64

const setBits = 64

// newSet returns an empty set for numbers below n.
func newSet(n int) set { return make(set, (n+setBits-1)/setBits) }

// newSets returns some empty sets for numbers below n.
func newSets(sets, n int) []set {
	size := (n + setBits - 1) / setBits
	out, room := make([]set, sets), make(set, sets*size)
	for i := range out {
		out[i] = room[i*size:][:size:size]
	}
	return out
}

// add adds a number and reports whether it was not there.
func (s set) add(n int) bool {
	was := s.has(n)
	s[uint(n)/setBits] |= 1 << (uint(n) % setBits)
	return !was
}

func (s set) has(n int) bool { return s[uint(n)/setBits]>>(uint(n)%setBits)&1 != 0 }

// join adds all of other.
func (s set) join(other set) {
	for i := range s {
		s[i] |= other[i]
	}
}

// holds reports whether all of other is in s.
func (s set) holds(other set) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// meets reports whether any of other is in s.
func (s set) meets(other set) bool {
	for i := range s {
		if other[i]&s[i] != 0 {
			return true
		}
	}
	return false
}
