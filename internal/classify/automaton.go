package classify

import (
	"fmt"
	"math"
	"slices"

	"aupd/internal/aup"
)

// An automaton finds every place of some patterns in one pass over a text (Aho
// and Corasick, "Efficient string matching", 1975). It is one table with a step
// for each state and byte: for short patterns that is small, and a step is a
// look at it. It is safe for concurrent use.
type automaton struct {
	class [256]int32 // of bytes: those that no pattern has are alike
	width int        // how many classes there are
	next  []uint16   // the state to go to, by state and class
	found []int32    // the pattern that ends at each state, plus 1; 0 for none
	other []uint16   // the state of the next shorter pattern that ends there too; 0 for none
	size  []int      // of each pattern, in bytes
}

// newAutomaton returns the automaton of patterns, which differ and are not empty.
// It has a state for each beginning of a pattern, and at most 65,536.
func newAutomaton(patterns []string) (*automaton, error) {
	a := &automaton{width: 1}
	for _, p := range patterns {
		a.size = append(a.size, len(p))
		for i := range len(p) {
			if a.class[p[i]] == 0 {
				a.class[p[i]] = int32(a.width)
				a.width++
			}
		}
	}
	a.grow()
	for n, p := range patterns {
		end, ok := a.path(p)
		if !ok {
			return nil, fmt.Errorf("phrase %q: there are more phrases than the automaton has room for; give fewer cues: %w", p, aup.ErrInvalid)
		}
		a.found[end] = int32(n + 1)
	}
	a.next = slices.Clone(a.next) // in no more memory than it takes
	a.link()
	return a, nil
}

// grow adds a state and returns it, and whether there was room for it.
func (a *automaton) grow() (state uint16, ok bool) {
	if len(a.found) > math.MaxUint16 {
		return 0, false
	}
	a.next = append(a.next, make([]uint16, a.width)...)
	a.found = append(a.found, 0)
	return uint16(len(a.found) - 1), true
}

// path returns the state for p, made where it is not there yet and there is
// room.
func (a *automaton) path(p string) (state uint16, ok bool) {
	for i := range len(p) {
		at := int(state)*a.width + int(a.class[p[i]])
		if a.next[at] == 0 {
			to, ok := a.grow()
			if !ok {
				return 0, false
			}
			a.next[at] = to
		}
		state = a.next[at]
	}
	return state, true
}

// link says where to go on, for each state, with the bytes that none of its
// patterns has next: where the longest end of it would that is a state too.
func (a *automaton) link() {
	a.other = make([]uint16, len(a.found))
	end := make([]uint16, len(a.found)) // the longest end of each state
	for queue := []uint16{0}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		if a.other[s] = end[s]; a.found[end[s]] == 0 {
			a.other[s] = a.other[end[s]]
		}
		for c := range a.width {
			to := &a.next[int(s)*a.width+c]
			after := uint16(0)
			if s != 0 {
				after = a.next[int(end[s])*a.width+c]
			}
			if *to == 0 {
				*to = after
				continue
			}
			end[*to] = after
			queue = append(queue, *to)
		}
	}
}

// each calls yield with each place of a pattern in text, in the order of their
// ends, the longest first.
func (a *automaton) each(text string, yield func(pattern, start, end int)) {
	state := uint16(0)
	for i := range len(text) {
		state = a.next[int(state)*a.width+int(a.class[text[i]])]
		for s := state; s != 0; s = a.other[s] {
			if n := a.found[s] - 1; n >= 0 {
				yield(int(n), i+1-a.size[n], i+1)
			}
		}
	}
}
