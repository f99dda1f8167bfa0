package classify

import (
	"fmt"
	"testing"
)

// What was added is found under its number, what was not is not, however small
// the table was made.
func TestTable(t *testing.T) {
	const n = 20_000
	for _, room := range []int{0, 1, n} {
		tab := newTable(room)
		for i := range n {
			tab.add(fmt.Sprint("word ", i))
		}
		for i := range 2 * n {
			number, ok := tab.find(fmt.Append(nil, "word ", i))
			if ok != (i < n) || ok && int(number) != i {
				t.Fatalf("room for %d: word %d is found as %d, %t", room, i, number, ok)
			}
		}
	}
}
