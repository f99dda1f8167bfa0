package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"aupd/internal/aup"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// clean makes text from a mail safe to print: control characters and the
// format characters that turn text around would let a mail write anywhere on
// the operator's screen. Tabs and line ends become spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return '·'
		}
		return r
	}, s)
}

// cleanLines is clean for text that keeps its lines.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = clean(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

// terminal returns the width of w in columns, and whether it is a terminal.
func terminal(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return width, true
}

// colours reports whether w should get colours: a terminal, unless NO_COLOR is
// set (no-color.org) or the terminal is dumb.
func colours(w io.Writer) bool {
	_, tty := terminal(w)
	return tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// paint returns s in colours where w has them.
func paint(w io.Writer, s string, c ...text.Color) string {
	if !colours(w) {
		return s
	}
	// go-pretty asks the environment itself; this call decides instead.
	text.EnableColors()
	return text.Colors(c).Sprint(s)
}

func outcomeColour(o aup.Outcome) text.Color {
	switch o {
	case aup.OutcomeViolation:
		return text.FgRed
	case aup.OutcomeReview:
		return text.FgYellow
	case aup.OutcomeException:
		return text.FgGreen
	}
	return text.Faint
}

// fit cuts s to width columns; a width of 0 or less cuts nothing.
func fit(s string, width int) string {
	if width <= 0 || text.StringWidthWithoutEscSequences(s) <= width {
		return s
	}
	return text.Trim(s, width-1) + "…"
}

// newTable returns a table in the one style that all commands have: no lines,
// two spaces between columns.
func newTable(w io.Writer, head ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	if len(head) > 0 {
		t.AppendHeader(head)
	}
	return t
}

// A column of a list is left out on a terminal of fewer columns than from.
type column struct {
	name string
	from int
}

// leastSubject is how much of its last column a list shows however narrow the
// terminal is.
const leastSubject = 12

// listing prints rows under their columns. On a terminal the last column gets
// what the others leave of its width; without one nothing is left out or cut.
func (a *app) listing(columns []column, rows []table.Row) {
	width, tty := terminal(a.out)
	var head table.Row
	shown, left := make([]table.Row, len(rows)), width
	for i, c := range columns {
		if tty && width < c.from {
			continue
		}
		last, widest := i == len(columns)-1, text.StringWidthWithoutEscSequences(c.name)
		head = append(head, c.name)
		for j, row := range rows {
			cell := row[i]
			if tty && last {
				cell = fit(fmt.Sprint(cell), max(left, leastSubject))
			}
			widest = max(widest, text.StringWidthWithoutEscSequences(fmt.Sprint(cell)))
			shown[j] = append(shown[j], cell)
		}
		left -= widest + 2
	}
	t := newTable(a.out, head...)
	t.AppendRows(shown)
	t.Render()
}

// jsonLines writes v as one line of JSON.
func (a *app) jsonLine(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
