package classify

// A conceptSet is a set of the numbers of concepts, a bit for each. Two of them are
// held against each other only if they are of one vocabulary.
type conceptSet []uint64

const setBits = 64

// newSet returns an empty set of v's concepts.
func (v *vocabulary) newSet() conceptSet {
	return make(conceptSet, (len(v.concepts)+setBits-1)/setBits)
}

func (s conceptSet) add(concept int) { s[concept/setBits] |= 1 << (concept % setBits) }

func (s conceptSet) has(concept int) bool { return s[concept/setBits]>>(concept%setBits)&1 != 0 }

// join adds all of other.
func (s conceptSet) join(other conceptSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

// holds reports whether all of other is in s.
func (s conceptSet) holds(other conceptSet) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// meets reports whether any of other is in s.
func (s conceptSet) meets(other conceptSet) bool {
	for i := range s {
		if other[i]&s[i] != 0 {
			return true
		}
	}
	return false
}
