package classify

import (
	"strings"

	"aupd/internal/aup"
)

// A footer is what the program of a mailing list writes below every message.
const (
	footerLines = 12 // that one has at most, at the end of a message
	aboveFooter = 5  // from the ruled line on which it begins to the line that names the list
	belowFooter = 3  // from there to its end
)

// listAddress reports whether a text names where a list is left or kept, in the way
// of the programs that run lists.
func listAddress(text string) bool {
	has := func(s string) bool { return strings.Contains(text, s) }
	return has("list") && (has("listinfo") || has("@lists.") || has("://lists.")) || has("-request@") ||
		has("groups") && (has("groups.google") || has("googlegroups") || has("groups.yahoo") || has("yahoogroups"))
}

// footers returns the ranges of a text that lists wrote, in order: from a ruled
// line over the line that names the list to the next empty one. They say that the
// message came through a list, not what it is about, so they are not read for that.
func footers(text string) []aup.Range {
	var out []aup.Range
	ruled, since, left, at := -1, 0, 0, 0
	for line := range strings.Lines(text) {
		end := at + len(line)
		if ruled < 0 && left == 0 && !mayRule(line) {
			at = end
			continue // most lines
		}
		bare := strings.Trim(line, "> \t\r\n")
		switch {
		case len(bare) >= 10 && strings.Trim(bare, "_-=") == "":
			ruled, since, left = at, 0, 0
		case ruled >= 0 && since < aboveFooter && listAddress(line):
			out = append(out, aup.Range{Start: ruled, End: end})
			ruled, left = -1, belowFooter
		case left > 0 && bare != "":
			out[len(out)-1].End = end
			left--
		default:
			left = 0
		}
		since++
		at = end
	}
	return out
}

// mayRule reports whether a line begins, behind what quotes it, as a ruled one does.
func mayRule(line string) bool {
	for i := range len(line) {
		switch line[i] {
		case '>', ' ', '\t':
		case '_', '-', '=':
			return true
		default:
			return false
		}
	}
	return false
}
