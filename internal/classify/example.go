package classify

import (
	"fmt"
	"strings"

	"aupd/internal/aup"
)

// An Example is a text with the clauses that it speaks for, none for a text
// that reports no violation.
type Example struct {
	Clauses []aup.ClauseID // the primary one first
	// Original is set for the text of a message that is passed on, unset for
	// the words of a reporter.
	Original bool
	Text     string
}

// ReadExamples reads a file of examples: a header row, then for each its
// clauses (separated by commas, "none" for no violation), language, kind and
// text, separated by tabs, with \n for a line end. The kind "original" is the
// text of a message that is passed on; all others are words of reporters.
func ReadExamples(data []byte) ([]Example, error) {
	var out []Example
	for n, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if n == 0 || line == "" {
			continue
		}
		if len(f) != 4 || f[0] == "" {
			return nil, fmt.Errorf("line %d: want clauses, language, kind and text", n+1)
		}
		e := Example{Original: f[2] == "original", Text: strings.ReplaceAll(f[3], `\n`, "\n")}
		for id := range strings.SplitSeq(f[0], ",") {
			e.Clauses = append(e.Clauses, aup.ClauseID(strings.TrimSpace(id)))
		}
		out = append(out, e)
	}
	return out, nil
}
