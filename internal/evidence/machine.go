package evidence

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// machines recognises what programs wrote for programs, and reads its fields.
func (b *builder) machines() {
	for i := range b.doc.Parts {
		p := &b.doc.Parts[i]
		switch {
		case p.MediaType == "message/feedback-report":
			b.machine("arf", "Feedback-Type", p)
		case p.MediaType == "message/delivery-status":
			b.machine("dsn", "Action", p)
		case p.MediaType == "message/disposition-notification":
			b.machine("mdn", "Disposition", p)
		case p.Kind == aup.PartMachine || p.Kind == aup.PartAttachment || p.Kind == aup.PartText:
			b.xarf(p)
		}
	}
	b.automatic()
	b.notices()
}

// machine reads the fields of a part in the form of a header (RFC 5965, 3; RFC
// 3464, 2.1). kind names the field that says what it reports.
func (b *builder) machine(format, kind string, p *aup.Part) {
	m := aup.Machine{Format: format, Part: p.ID}
	for _, f := range parseFields([]byte(p.Text)) {
		value := strings.TrimSpace(decodeHeader(f.value))
		m.Fields = append(m.Fields, aup.Field{Name: f.name, Value: value})
		if strings.EqualFold(f.name, kind) && m.Type == "" {
			m.Type, _, _ = strings.Cut(strings.ToLower(value), ";")
		}
	}
	if len(m.Fields) == 0 {
		b.problem("machine", p.ID, "a "+format+" part without fields")
	}
	b.doc.Machine = append(b.doc.Machine, m)
}

// xarfKey are fields by which X-ARF is told from other data: of the JSON of
// version 2 and later, and of the YAML of the first.
var xarfYAML = regexp.MustCompile(`(?im)^(schema-url|report-type|source-type|reported-from)\s*:\s*(.+)$`)

// xarf recognises an X-ARF report, in JSON or in the older YAML.
func (b *builder) xarf(p *aup.Part) {
	s := strings.TrimSpace(p.Text)
	m := aup.Machine{Format: "xarf", Part: p.ID}
	if strings.HasPrefix(s, "{") {
		var v map[string]any
		if json.Unmarshal([]byte(s), &v) != nil {
			if strings.Contains(s, `"xarf_version"`) || strings.Contains(s, `"ReportedFrom"`) {
				b.problem("machine", p.ID, "an X-ARF report that is no valid JSON")
			}
			return
		}
		report, _ := v["Report"].(map[string]any)
		if v["xarf_version"] == nil && report == nil {
			return
		}
		gather(&m, "", v)
		text := func(m map[string]any, key string) string { s, _ := m[key].(string); return s }
		if v["xarf_version"] != nil {
			m.Type = text(v, "category") + "/" + text(v, "type")
		} else {
			m.Type = text(report, "ReportClass") + "/" + text(report, "ReportType")
		}
	} else {
		found := xarfYAML.FindAllStringSubmatch(s, -1)
		if len(found) < 2 {
			return
		}
		for _, f := range found {
			value := strings.Trim(strings.TrimSpace(f[2]), `"'`)
			m.Fields = append(m.Fields, aup.Field{Name: f[1], Value: value})
			if strings.EqualFold(f[1], "report-type") {
				m.Type = value
			}
		}
	}
	m.Type = strings.ToLower(strings.Trim(m.Type, "/"))
	b.doc.Machine = append(b.doc.Machine, m)
}

// maxXARF bounds the fields kept of one report: real ones have some twenty.
const maxXARF = 100

// gather lists the values of a JSON object in the order of their names.
func gather(m *aup.Machine, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			gather(m, strings.TrimPrefix(path+"."+k, "."), v[k])
		}
	case string:
		if len(m.Fields) < maxXARF && len(v) <= 1000 {
			m.Fields = append(m.Fields, aup.Field{Name: path, Value: v})
		}
	case float64, bool:
		data, err := json.Marshal(v)
		if err == nil && len(m.Fields) < maxXARF {
			m.Fields = append(m.Fields, aup.Field{Name: path, Value: string(data)})
		}
	}
}

// automatic recognises automatic answers (RFC 3834, 5) and list mail (RFC 2919)
// by the report's own header.
func (b *builder) automatic() {
	get := func(name string) string {
		for _, f := range b.doc.Messages[0].Header {
			if strings.EqualFold(f.Name, name) {
				return strings.TrimSpace(f.Value)
			}
		}
		return ""
	}
	add := func(format, field, value string) {
		b.doc.Machine = append(b.doc.Machine, aup.Machine{Format: format, Type: strings.ToLower(value), Fields: []aup.Field{{Name: field, Value: value}}})
	}
	for _, name := range []string{"Auto-Submitted", "X-Autoreply", "X-Autorespond", "X-Auto-Reply"} {
		// A machine that reports by itself says auto-generated: that is no answer.
		if v := get(name); v != "" && !strings.EqualFold(v, "no") && !strings.HasPrefix(strings.ToLower(v), "auto-generated") {
			add("auto-reply", name, v)
			break
		}
	}
	if v := get("List-Id"); v != "" {
		add("list", "List-Id", v)
	}
}

// notice tells the notices of well-known programs by their own words.
var notice = map[string]*regexp.Regexp{
	"fail2ban":  regexp.MustCompile(`(?i)\bfail2ban\b`),
	"blocklist": regexp.MustCompile(`(?i)\b(blocklist\.de|abuseipdb|was listed (on|by)|badips)\b`),
	"honeypot":  regexp.MustCompile(`(?i)\b(project honey ?pot|honeypot)\b`),
}

func (b *builder) notices() {
	for _, format := range []string{"fail2ban", "blocklist", "honeypot"} {
		for i := range b.doc.Parts {
			p := &b.doc.Parts[i]
			if p.Message == 0 && p.Kind != aup.PartAttachment && !p.Alternative && notice[format].MatchString(p.Text[:min(len(p.Text), 20_000)]) {
				b.doc.Machine = append(b.doc.Machine, aup.Machine{Format: format, Part: p.ID, Type: notice[format].FindString(p.Text[:min(len(p.Text), 20_000)])})
				break
			}
		}
	}
}
