package evidence

import "strings"

// unflow joins the lines of format=flowed text (RFC 3676, 4): a line that ends
// in a space goes on in the next one of the same quote depth. Quote marks stay,
// one per depth and a space; the signature mark "-- " is never joined. Quote
// marks with spaces between them, as replies to such text have, count as well.
func unflow(text string, delsp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	joining, depth := false, 0
	for row := range strings.Lines(text) {
		quotes, row := cutQuotes(strings.TrimSuffix(row, "\n"))
		if joining && (quotes != depth || row == "-- ") {
			out.WriteByte('\n')
			joining = false
		}
		if !joining && quotes > 0 {
			out.WriteString(strings.Repeat(">", quotes) + " ")
		}
		depth = quotes
		joining = strings.HasSuffix(row, " ") && row != "-- "
		if joining && delsp {
			row = row[:len(row)-1]
		}
		out.WriteString(row)
		if !joining {
			out.WriteByte('\n')
		}
	}
	if !strings.HasSuffix(text, "\n") {
		return strings.TrimSuffix(out.String(), "\n")
	}
	return out.String()
}

// cutQuotes returns the quote depth of a line, and the line without its marks
// and without the space that is stuffed before its text.
func cutQuotes(row string) (depth int, rest string) {
	for {
		rest, ok := strings.CutPrefix(row, ">")
		if !ok && depth > 0 {
			rest, ok = strings.CutPrefix(row, " >")
		}
		if !ok {
			return depth, strings.TrimPrefix(row, " ")
		}
		depth, row = depth+1, rest
	}
}
