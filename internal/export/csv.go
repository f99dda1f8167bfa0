package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"aupd/internal/aup"
)

// A column is one of a table's.
type column struct {
	name string
	of   func(aup.Report) string
}

// columns returns the columns of a table. Others are added at the end: what
// reads a table may count them.
func columns() []column {
	decided := func(f func(*aup.Decision) string) func(aup.Report) string {
		return func(r aup.Report) string {
			if r.Decision == nil {
				return ""
			}
			return f(r.Decision)
		}
	}
	return []column{
		{"id", func(r aup.Report) string { return string(r.ID) }},
		{"received", func(r aup.Report) string { return stamp(r.Received) }},
		{"date", func(r aup.Report) string { return stamp(r.Date) }},
		{"from", func(r aup.Report) string { return r.From }},
		{"subject", func(r aup.Report) string { return r.Subject }},
		{"outcome", func(r aup.Report) string { return string(r.Outcome) }},
		{"primary", func(r aup.Report) string { return string(r.Primary) }},
		{"clauses", func(r aup.Report) string { return words(r.Clauses) }},
		{"severity", func(r aup.Report) string { return string(r.Severity) }},
		{"urgent", func(r aup.Report) string { return r.Urgent }},
		{"language", func(r aup.Report) string { return r.Language }},
		{"state", func(r aup.Report) string { return string(r.State) }},
		{"assignee", func(r aup.Report) string { return r.Assignee }},
		{"priority", func(r aup.Report) string { return string(r.Priority) }},
		{"tags", func(r aup.Report) string { return words(r.Tags) }},
		{"case", func(r aup.Report) string { return string(r.Case) }},
		{"due", func(r aup.Report) string { return stamp(r.Due) }},
		{"decided", decided(func(d *aup.Decision) string { return string(d.Outcome) })},
		{"decided_clauses", decided(func(d *aup.Decision) string { return words(pinned(d)) })},
		{"decided_by", decided(func(d *aup.Decision) string { return d.By })},
		{"decided_at", decided(func(d *aup.Decision) string { return stamp(d.At) })},
		{"decided_reason", decided(func(d *aup.Decision) string { return d.Reason })},
		{"decided_policy", decided(func(d *aup.Decision) string { return d.Policy })},
		{"taken", decided(func(d *aup.Decision) string { return words(d.Taken) })},
		{"sealed", func(r aup.Report) string { return strconv.FormatBool(r.Sealed) }},
		{"size", func(r aup.Report) string { return strconv.FormatInt(r.Size, 10) }},
		{"sha256", func(r aup.Report) string { return r.SHA256.String() }},
		{"revision", func(r aup.Report) string { return strconv.FormatUint(uint64(r.Revision), 10) }},
	}
}

// CSV writes the reports as a table (RFC 4180) with a line of names first. A
// cell that a spreadsheet would take for a formula has a ' in front.
func CSV(w io.Writer, reports Selection) error {
	cols, out := columns(), csv.NewWriter(w)
	row := make([]string, len(cols))
	for i, c := range cols {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for r, err := range reports {
		if err != nil {
			return err
		}
		for i, c := range cols {
			row[i] = inert(c.of(r))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inert returns s so that no spreadsheet computes it. Some take the full-width
// signs for the plain ones.
func inert(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func words[S ~string](s []S) string {
	out := make([]string, len(s))
	for i, v := range s {
		out[i] = string(v)
	}
	return strings.Join(out, " ")
}

func pinned(d *aup.Decision) []aup.ClauseID {
	out := make([]aup.ClauseID, len(d.Clauses))
	for i, c := range d.Clauses {
		out[i] = c.Clause
	}
	return out
}
