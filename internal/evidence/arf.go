package evidence

import (
	"strings"

	"aupd/internal/aup"
)

// maxMachineFields bounds the fields kept of one machine's report: real ones
// have some twenty.
const maxMachineFields = 100

// fieldReport reads a part in the form of a header: an ARF report (RFC 5965, 3;
// RFC 6591 for failed authentication), a delivery status (RFC 3464, 2.1), a
// disposition notification (RFC 8098, 3.1). kind names the field that says
// what it reports; one without it is kept with a problem.
func (b *builder) fieldReport(format, kind string, p *aup.Part) {
	m := aup.Machine{Format: format, Part: p.ID}
	// The groups of a delivery status stand apart by empty lines, which
	// parseFields passes over.
	for _, f := range parseFields([]byte(p.Text)) {
		value := line(decodeHeader(f.value))
		if strings.EqualFold(f.name, kind) && m.Type == "" {
			m.Type, _, _ = strings.Cut(strings.ToLower(value), ";")
			m.Type = strings.TrimSpace(m.Type)
		}
		if len(m.Fields) < maxMachineFields {
			m.Fields = append(m.Fields, aup.Field{Name: f.name, Value: value})
		}
	}
	switch {
	case len(m.Fields) == 0:
		b.problem("machine", p.ID, "a part of format "+format+" without fields")
	case m.Type == "":
		b.problem("machine", p.ID, "a part of format "+format+" without the field "+kind)
	}
	b.doc.Machine = append(b.doc.Machine, m)
}
