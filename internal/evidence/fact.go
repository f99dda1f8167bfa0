package evidence

import (
	"strings"
	"time"

	"aupd/internal/aup"
)

// Names of fields that say when an incident was and from which port, as
// factName writes them, the surest first.
var (
	timeFacts = []string{"arrivaldate", "receiveddate", "reportdate", "timestamp", "eventdate", "incidentdate", "initialinfringementtimestamp", "firstseen", "reportfirstseen", "date", "time"}
	portFacts = []string{"sourceport", "srcport", "reportsourceport", "infringersport", "portid", "port"}
)

// factName returns the letters of a field's name in lower case: formats differ
// in how they part its words.
func factName(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// facts completes the source of each machine's report with the time and the
// port that it names in fields of their own. A report that names several
// sources does not say which one they belong to.
func (c *cast) facts() {
	for _, m := range c.b.doc.Machine {
		if m.Part == "" || m.Format == "csv" {
			continue
		}
		source := ""
		var at []int
		for i, in := range c.b.doc.Indicators {
			if in.Part != m.Part || in.Kind != aup.IndicatorIP || in.Role != aup.RoleSource {
				continue
			}
			if source != "" && in.Value != source {
				at = nil
				break
			}
			source, at = in.Value, append(at, i)
		}
		for _, i := range at {
			in := &c.b.doc.Indicators[i]
			if in.Port == 0 {
				in.Port = portOf(factOf(m.Fields, portFacts))
			}
			if in.Time.IsZero() {
				in.Time = factTime(m.Fields)
			}
		}
	}
}

// factOf returns the first field with one of the names.
func factOf(fields []aup.Field, names []string) string {
	for _, name := range names {
		for _, f := range fields {
			if factName(f.Name) == name {
				return f.Value
			}
		}
	}
	return ""
}

// factTime returns when the incident was, the zero time when no field says it.
func factTime(fields []aup.Field) time.Time {
	value := factOf(fields, timeFacts)
	if t, ok := parseDate(value); ok {
		return t
	}
	return timeIn(value, time.Time{})
}
