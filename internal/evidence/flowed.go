package evidence

import "strings"

// unflow joins the lines of format=flowed text (RFC 3676, 4): a line that ends
// in a space goes on in the next one of the same quote depth. Quote marks stay,
// one per depth and a space; the signature mark "-- " is never joined.
func unflow(text string, delsp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	joining, depth := false, 0
	for row := range strings.Lines(text) {
		row = strings.TrimSuffix(row, "\n")
		quotes := len(row) - len(strings.TrimLeft(row, ">"))
		row = strings.TrimPrefix(row[quotes:], " ") // space-stuffing
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
