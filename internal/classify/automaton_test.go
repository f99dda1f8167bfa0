package classify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// FuzzAutomaton holds what the automaton finds against a search for each
// pattern.
func FuzzAutomaton(f *testing.F) {
	f.Add("he she his hers", "ushers and his sheep")
	f.Add("a aa aaa b", "aaaabaaa")
	f.Add("спам пам ам", "Спам, спам и ещё спам")
	f.Add("\x00 \xff \xff\x00", "\xff\x00\xff")
	f.Fuzz(func(t *testing.T, words, text string) {
		patterns := strings.Fields(words)
		slices.Sort(patterns)
		patterns = slices.Compact(patterns)
		type place struct{ pattern, start, end int }
		var got, want []place
		a, err := newAutomaton(patterns)
		if err != nil {
			t.Fatal(err)
		}
		a.each(text, func(pattern, start, end int) { got = append(got, place{pattern, start, end}) })
		for end := 1; end <= len(text); end++ {
			for size := end; size > 0; size-- {
				if n, ok := slices.BinarySearch(patterns, text[end-size:end]); ok {
					want = append(want, place{n, end - size, end})
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %q in %q found %v, want %v", patterns, text, got, want)
		}
	})
}

// What there is no room for is said, not lost.
func TestAutomatonIsFull(t *testing.T) {
	var patterns []string
	for i := range 70_000 {
		patterns = append(patterns, fmt.Sprintf("%06x", i))
	}
	if _, err := newAutomaton(patterns); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("%v, want an error that says so", err)
	}
}
