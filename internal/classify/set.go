package classify

// A set is a set of small numbers, a bit for each. Two of them are held against
// each other only if they were made for as many numbers.
type set []uint64

const setBits = 64

// newSet returns an empty set for the numbers below n.
func newSet(n int) set { return make(set, (n+setBits-1)/setBits) }

func (s set) add(n int) { s[n/setBits] |= 1 << (n % setBits) }

func (s set) has(n int) bool { return s[n/setBits]>>(n%setBits)&1 != 0 }

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
