package evidence

import (
	"encoding/json"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// xarf reads an X-ARF report, in the JSON of versions 2 to 4 or the YAML of the
// first, and reports whether p is one, well-formed or not.
func (b *builder) xarf(p *aup.Part) bool {
	s := strings.TrimSpace(p.Text)
	m := aup.Machine{Format: "xarf", Part: p.ID}
	var v map[string]any
	needs := letterAlways
	switch {
	case strings.HasPrefix(s, "{"):
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			if !strings.Contains(s, `"xarf_version"`) && !strings.Contains(s, `"ReporterInfo"`) {
				return false
			}
			b.problem("machine", p.ID, "an X-ARF report that is no valid JSON")
			return true
		}
		if !xarfJSON(&m, v) {
			return false
		}
		needs = xarfNeeds(m.Type, v)
	case !xarfYAML(&m, s):
		return false
	default:
		v = map[string]any{}
		for _, f := range m.Fields {
			v[textproto.CanonicalMIMEHeaderKey(f.Name)] = f.Value
		}
	}
	b.checkXARF(p, &m, v, needs)
	if p.Kind == aup.PartAttachment {
		p.Kind = aup.PartMachine
	}
	b.doc.Machine = append(b.doc.Machine, m)
	return true
}

// xarfJSON reads version 4, which is flat, and the versions before it, which
// have a Report in them.
func xarfJSON(m *aup.Machine, v map[string]any) bool {
	report, _ := v["Report"].(map[string]any)
	switch {
	case v["xarf_version"] != nil:
		m.Type = xarfText(v, "category") + "/" + xarfText(v, "type")
	case report != nil && (report["ReportType"] != nil || report["ReportClass"] != nil || v["ReporterInfo"] != nil), isOldEnvelope(v):
		m.Type = xarfText(v, "Report.ReportClass") + "/" + xarfText(v, "Report.ReportType")
	default:
		return false
	}
	m.Type = strings.ToLower(strings.Trim(m.Type, "/"))
	gather(m, "", v)
	return true
}

// isOldEnvelope reports whether v has a version and nothing beside it but what
// reports before version 4 have around the Report: of one that lost that, too.
func isOldEnvelope(v map[string]any) bool {
	if !isText(v["Version"]) {
		return false
	}
	for name := range v {
		switch name {
		case "Version", "ReporterInfo", "OnBehalfOf", "Disclosure", "InternalProcessing", "Report":
		default:
			return false
		}
	}
	return true
}

// gather lists the values of a JSON object in the order of their names, as far
// as these are names.
func gather(m *aup.Machine, path string, v any) {
	const longest = 1000
	if len(path) > maxJSONPath || len(m.Fields) >= maxMachineFields {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			gather(m, strings.TrimPrefix(path+"."+k, "."), v[k])
		}
	case []any:
		for _, one := range v[:min(len(v), maxMachineFields)] {
			gather(m, path, one)
		}
	case string:
		if len(v) <= longest {
			m.Fields = append(m.Fields, aup.Field{Name: path, Value: v})
		}
	case float64, bool:
		if data, err := json.Marshal(v); err == nil {
			m.Fields = append(m.Fields, aup.Field{Name: path, Value: string(data)})
		}
	}
}

// xarfKeys are the keys of the YAML version by which it is told from a letter.
var xarfKeys = set("schema-url", "report-type", "source-type", "reported-from", "report-id", "source")

// xarfYAML reads the flat mapping of the first version: three of its own keys
// make one.
func xarfYAML(m *aup.Machine, s string) bool {
	const mostLines = 200
	own := 0
	for l := range strings.SplitSeq(s, "\n") {
		name, value, ok := strings.Cut(l, ":")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case len(m.Fields) >= mostLines/2 || own == 0 && len(m.Fields) > 20:
			return own >= 3
		case !ok || name == "" || value == "" || strings.ContainsAny(name, " \t"):
			if own == 0 && strings.TrimSpace(l) != "" && l != "---" {
				return false
			}
			continue
		case xarfKeys[strings.ToLower(name)]:
			own++
		}
		if strings.EqualFold(name, "report-type") {
			m.Type = strings.ToLower(strings.Trim(value, "/"))
		}
		m.Fields = append(m.Fields, aup.Field{Name: name, Value: value})
	}
	return own >= 3
}
