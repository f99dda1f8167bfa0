package classify

import (
	"regexp"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// emptyRow is a row of a list of counts that counts nothing: "port scans ... 0".
var emptyRow = regexp.MustCompile(`(?i)^\W*\pL[^\d\n]{2,80}?[\s.:=|,;-](0|nil|clean|negative)(\s*(hits?|found|detected))?\W*$`)

// leastRows is how many such rows make a list: one alone may be about anything.
const leastRows = 2

// emptyRows returns the rows of a text that name what was looked for and not
// found, nil if they are no list.
func emptyRows(text string) []aup.Range {
	var out []aup.Range
	at := 0
	for line := range strings.Lines(text) {
		if len(line) < 120 && mayBeEmpty(line) && emptyRow.MatchString(strings.TrimRight(line, "\r\n")) {
			out = append(out, aup.Range{Start: at, End: at + len(line)})
		}
		at += len(line)
	}
	if len(out) < leastRows {
		return nil
	}
	return out
}

// rowEnds are the words that such a row ends in.
var rowEnds = []string{"0", "nil", "clean", "negative", "hits", "found", "detected"}

// rowPads are the bytes that may stand behind them.
var rowPads = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, '.': true, '|': true, ',': true, ';': true}

// mayBeEmpty spares most lines the expression.
func mayBeEmpty(line string) bool {
	for line != "" && rowPads[line[len(line)-1]] {
		line = line[:len(line)-1]
	}
	return slices.ContainsFunc(rowEnds, func(end string) bool {
		from := len(line) - len(end)
		return from >= 0 && line[from]|0x20 == end[0]|0x20 && strings.EqualFold(line[from:], end)
	})
}
