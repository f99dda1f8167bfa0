package evidence

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"aupd/internal/aup"
)

// A table is an attached list of incidents: a first line of column names, then
// a row for each incident.
type table struct {
	columns   []string // in lower case
	separator rune
	start     int // of the rows in the text
}

// maxColumns bounds the columns of a table: shadowserver's widest have some 80.
const maxColumns = 200

// tableOf reads the head of a table; ok is false when text is none: one of the
// columns must be for an address.
func tableOf(text string) (t table, ok bool) {
	const longest = 4000
	head, _, more := strings.Cut(text, "\n")
	if !more || len(head) > longest {
		return t, false
	}
	most := 1
	for _, s := range ",;\t|" {
		if n := strings.Count(head, string(s)); n > most {
			t.separator, most = s, n
		}
	}
	if most < 2 || most > maxColumns {
		return t, false
	}
	t.start = len(head) + 1
	for name := range strings.SplitSeq(head, string(t.separator)) {
		name = strings.ToLower(strings.Trim(name, "\" '"))
		t.columns = append(t.columns, name)
		ok = ok || addressColumns[name]
	}
	return t, ok
}

var addressColumns = set("ip", "src", "src_ip", "srcip", "source", "source_ip", "source ip", "source-ip", "ip address", "ip_address", "ipaddress", "ip-address", "address", "host", "hostname", "url", "uri", "domain", "attacker", "client_ip", "dst_ip", "network")

// csv recognises a table of incidents.
func (b *builder) csv(p *aup.Part) {
	t, ok := tableOf(p.Text)
	if !ok {
		return
	}
	rows := 0
	for l := range strings.SplitSeq(p.Text[t.start:], "\n") {
		if strings.ContainsRune(l, t.separator) {
			rows++
		}
	}
	b.doc.Machine = append(b.doc.Machine, aup.Machine{Format: "csv", Part: p.ID, Fields: []aup.Field{
		{Name: "columns", Value: strings.Join(t.columns, ", ")}, {Name: "rows", Value: strconv.Itoa(rows)},
	}})
}

// table takes the indicators of a table, each with its role by its column and
// with the port and time of its row. A row that cannot be read is passed over.
func (c *cast) table(p *aup.Part, t table) {
	r := csv.NewReader(strings.NewReader(p.Text[t.start:]))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = t.separator, true, -1, true
	lines := lineStarts(p.Text[t.start:])
	for !c.full {
		cells, err := r.Read()
		if err != nil && cells == nil {
			return
		}
		for i, cell := range cells[:min(len(cells), len(t.columns))] {
			line, column := r.FieldPos(i)
			at := t.start + lines[line-1] + column - 1
			c.cell(p, t.columns[i], cell, at, func(in *aup.Indicator) {
				in.Time = rowTime(t.columns, cells)
				in.Port = max(in.Port, rowPort(t.columns, cells, t.columns[i]))
			})
		}
	}
}

// cell takes the indicators of one cell; those that are addresses get what
// their row says.
func (c *cast) cell(p *aup.Part, column, cell string, at int, row func(*aup.Indicator)) {
	rest := p.Text[at:]
	found := strings.Index(rest[:min(len(rest), len(cell)+2)], cell) // behind a quote
	if found < 0 || cell == "" {
		return // with doubled quotes in it: no address
	}
	at += found
	f := refang(cell)
	tokens(f.text, func(from, to int) {
		for _, h := range scan(f.text, from, to) {
			w := f.written(h.Range)
			in := aup.Indicator{Kind: h.kind, Value: h.value, Port: h.port, Part: p.ID, Range: aup.Range{Start: at + w.Start, End: at + w.End}}
			head := column + " " + f.text
			in.Role, in.Why = c.role(&in, place{part: p, voice: aup.VoiceLog, line: head, at: len(column) + 1 + h.Start, end: len(column) + 1 + h.End, column: column})
			if in.Kind == aup.IndicatorIP {
				row(&in)
			}
			c.add(in)
		}
	})
}

func lineStarts(s string) []int {
	starts := []int{0}
	for i := range len(s) {
		if s[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// columnCue says what part a column's addresses play.
func columnCue(column string) (aup.Role, string) {
	why := "in the column " + column
	for _, side := range []struct {
		role  aup.Role
		words []string
	}{
		{aup.RoleTarget, []string{"dst", "dest", "target", "victim"}},
		{aup.RoleReporter, []string{"report", "notifier", "contact"}},
		{aup.RoleMention, []string{"cc", "c2", "sinkhole", "asn", "server_name", "referer", "agent"}},
	} {
		for _, w := range side.words {
			if column == w || strings.HasPrefix(column, w+"_") || len(w) > 3 && strings.HasPrefix(column, w) {
				return side.role, why
			}
		}
	}
	if addressColumns[column] || strings.HasPrefix(column, "src") || strings.HasPrefix(column, "source") || strings.HasPrefix(column, "attack") || strings.HasPrefix(column, "client") {
		return aup.RoleSource, why
	}
	return aup.RoleMention, why
}

// rowPort returns the port beside the address of a column: that of src_ip is
// in src_port, that of ip in port.
func rowPort(columns, cells []string, column string) uint16 {
	side := strings.TrimRight(strings.TrimSuffix(column, "ip"), "_- ")
	return portOf(cellOf(columns, cells, strings.TrimLeft(side+"_port", "_"), side+" port", side+"-port"))
}

// rowTime returns when a row's incident was: a time, or a date and a time in
// two columns.
func rowTime(columns, cells []string) time.Time {
	stamp := cellOf(columns, cells, "timestamp", "event_timestamp", "datetime", "date_time", "first_seen", "time_first", "seen", "detected", "event_date", "date")
	if clock := cellOf(columns, cells, "event_time", "time"); clock != "" && !strings.Contains(stamp, ":") {
		stamp += " " + clock
	}
	return timeIn(stamp, time.Time{})
}

// cellOf returns the cell of the first of the names that is a column.
func cellOf(columns, cells []string, names ...string) string {
	for _, name := range names {
		for i := range min(len(columns), len(cells)) {
			if columns[i] == name && cells[i] != "" {
				return cells[i]
			}
		}
	}
	return ""
}
