package web

import (
	"testing"

	"aupd/internal/aup"
)

// Spans that overlap are one mark where they speak for the same clauses.
func TestMarksAreJoined(t *testing.T) {
	p := aup.Part{ID: "1", Text: "a fake login page that steals passwords, and spam"}
	span := func(start, end int, reason string) aup.Span {
		return aup.Span{Part: "1", Start: start, End: end, Text: p.Text[start:end], Reason: reason}
	}
	pieces, whole := cut(p, []aup.Finding{
		{Clause: "1.5", Spans: []aup.Span{span(2, 12, "lure"), span(2, 17, "lure"), span(7, 39, "theft")}},
		{Clause: "4", Spans: []aup.Span{span(45, 49, "spam")}},
	})
	var marked []string
	text := ""
	for _, pc := range pieces {
		text += pc.Text
		if len(pc.Marks) > 0 {
			marked = append(marked, pc.Text+" | "+pc.Title())
		}
	}
	want := []string{"fake login page that steals passwords | 1.5: lure\n1.5: theft", "spam | 4: spam"}
	if !whole || text != p.Text || len(marked) != 2 || marked[0] != want[0] || marked[1] != want[1] {
		t.Errorf("marked %q in %q, want %q", marked, text, want)
	}
}
