package classify

import "strings"

// A conceptTable finds the features that are concepts, or two, by the concepts'
// numbers.
type conceptTable struct {
	size int // of all concepts that are in it, the largest number and one more
	// numbers holds the features' numbers, and one more so that 0 stands for none:
	// of each group a row for each concept, with those of the two that it is the
	// first of, then one for each kind of single concept.
	numbers []int32
}

// newConceptTable returns a table of those features that are concepts of v.
func newConceptTable(v *vocabulary, features *table) conceptTable {
	type entry struct {
		g, n int
		f    feature
	}
	var all []entry
	var t conceptTable
	for n := range features.len() {
		if g, f, ok := v.conceptNamed(string(features.name(int32(n)))); ok {
			all = append(all, entry{g, n, f})
			t.size = max(t.size, f.one+1, f.two+1)
		}
	}
	t.numbers = make([]int32, groups*(t.size+len(marks))*t.size)
	for _, e := range all {
		t.numbers[t.at(e.g, e.f)] = int32(e.n) + 1
	}
	return t
}

// conceptNamed returns the feature that has a name which appendName gave to a
// concept, or to two, and its group; false when it is none that v has.
func (v *vocabulary) conceptNamed(name string) (g int, f feature, ok bool) {
	if !isConcept(name) {
		return 0, f, false
	}
	g, f.kind = groupOf(name), aConcept
	first, second, both := strings.Cut(strings.TrimPrefix(name, prefixes[g]), " "+marks[aConcept])
	for _, marked := range []kind{askedConcept, deniedConcept} {
		if strings.HasPrefix(first, marks[marked]) {
			f.kind = marked
		}
	}
	if f.one, ok = v.names[strings.TrimPrefix(first, marks[f.kind])]; ok && both {
		f.kind = twoConcepts
		f.two, ok = v.names[second]
	}
	return g, f, ok
}

// find returns the number of a feature in group g.
func (t *conceptTable) find(g int, f feature) (int32, bool) {
	if max(f.one, f.two) >= t.size {
		return -1, false
	}
	n := t.numbers[t.at(g, f)] - 1
	return n, n >= 0
}

// at returns where in numbers the number of a feature in group g is.
func (t *conceptTable) at(g int, f feature) int {
	row, column := min(f.one, f.two), max(f.one, f.two)
	if f.kind != twoConcepts {
		row, column = t.size+int(f.kind), f.one
	}
	return (g*(t.size+len(marks))+row)*t.size + column
}
