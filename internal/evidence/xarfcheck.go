package evidence

import (
	"net/netip"
	"strings"
	"time"

	"aupd/internal/aup"
)

// The fields that every X-ARF report has, by its version: of 4 those of its
// core schema, of the versions before it those that all their schemas require.
var (
	xarfFields   = []string{"xarf_version", "report_id", "timestamp", "reporter.org", "reporter.contact", "reporter.domain", "sender", "source_identifier", "category", "type"}
	oldFields    = []string{"ReporterInfo", "Report.ReportClass", "Report.ReportType", "Report.Date"}
	letterFields = []string{"Reported-From", "Report-Type", "Source-Type", "Source", "Date"}
)

// checkXARF lists what an X-ARF report lacks and what in it cannot be what its
// name says. The report is kept with what it has.
func (b *builder) checkXARF(p *aup.Part, m *aup.Machine, required []string) {
	var missing []string
	for _, name := range required {
		if !hasField(m.Fields, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		b.problem("machine", p.ID, "an X-ARF report without "+strings.Join(missing, ", "))
	}
	for _, f := range m.Fields {
		if !plausibleField(f) {
			b.problem("machine", p.ID, "an X-ARF report whose "+f.Name+" is none")
		}
	}
}

func hasField(fields []aup.Field, name string) bool {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) || strings.HasPrefix(f.Name, name+".") {
			return true
		}
	}
	return false
}

// plausibleField reports whether the value of an address, a port or a time can
// be one.
func plausibleField(f aup.Field) bool {
	name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	switch name {
	case "SourceIp", "DestinationIp":
		_, err := netip.ParseAddr(f.Value)
		return err == nil
	case "SourcePort", "DestinationPort", "source_port", "destination_port":
		return portOf(f.Value) > 0
	case "Date", "FirstSeen", "timestamp", "first_seen":
		_, err := time.Parse(time.RFC3339, f.Value)
		_, ok := parseDate(f.Value)
		return err == nil || ok
	}
	return true
}
