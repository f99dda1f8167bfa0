package aup

import "context"

// A Snippet is a stretch of what a report says, with the words that a search
// was for marked in it.
type Snippet struct {
	// Field is where the text stands: subject, words (the reporter's), original
	// (a message that they pass on), note, or from.
	Field string  `json:"field"`
	Text  string  `json:"text"`
	Marks []Range `json:"marks"` // in bytes of Text, in order
}

// A Hit is a report that a search found.
type Hit struct {
	Report Report `json:"report"`
	// Snippets is empty for a sealed report: what it says is read in the report
	// itself, which leaves in the log by whom.
	Snippets []Snippet `json:"snippets"`
}

// A SearchPage is a stretch of what a search found.
type SearchPage struct {
	Hits []Hit `json:"hits"`
	// Next is what to put in Query.After for the next page; empty at the end.
	Next Cursor `json:"next,omitempty"`
	// Behind is how many events of the log the search does not know yet.
	Behind Seq `json:"behind,omitempty"`
}

// A Searcher finds reports by words. All methods are safe for concurrent use.
type Searcher interface {
	// Search returns the reports that hold the words of q.Text and are selected
	// by the rest of q. Those that fit best come first, or in the queue's order
	// if q asks for it; no sealed one to whoever is [Blind]. ErrInvalid for a
	// q.Text that cannot be read, or none, and ErrConflict for a q.After that is
	// not found any more.
	Search(ctx context.Context, q Query) (SearchPage, error)
}
