package evidence

import (
	"slices"
	"strings"

	"aupd/internal/aup"
)

// checkXARF lists what an X-ARF report lacks and what in it is not what its
// name says. The report is kept with what it has.
func (b *builder) checkXARF(p *aup.Part, m *aup.Machine, v map[string]any, needs []string) {
	var missing []string
	for _, path := range needs {
		if !slices.ContainsFunc(strings.Split(path, "|"), func(one string) bool { return xarfHas(v, one) }) {
			missing = append(missing, strings.ReplaceAll(path, "|", " or "))
		}
	}
	if len(missing) > 0 {
		b.problem("machine", p.ID, "an X-ARF report without "+strings.Join(missing, ", "))
	}
	var wrong []string
	if oldUnknown(m.Type, v) {
		wrong = append(wrong, "class and type are none of its version's")
	}
	if m.Type == "activity/potentiallycompromisedaccount" && (xarfHas(v, "Report.SourceIp") || xarfHas(v, "Report.SourceUrl")) {
		wrong = append(wrong, "source is a host, where an account is reported")
	}
	for _, f := range xarfForms {
		for _, path := range f.paths {
			if !xarfAll(v, path, f.is) {
				wrong = append(wrong, path+" is no "+f.name)
			}
		}
	}
	if len(wrong) > 0 {
		b.problem("machine", p.ID, "an X-ARF report whose "+strings.Join(wrong, ", "))
	}
}

// xarfHas reports whether there is anything at the path, in some element where
// lists are on the way.
func xarfHas(v any, path string) bool {
	return !xarfAll(v, path, func(any) bool { return false })
}

// xarfAll reports whether is holds for what stands at the path: names apart by
// points. Of a list on the way each element counts, what is null is not there.
func xarfAll(v any, path string, is func(any) bool) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		if path == "" {
			return is(v)
		}
		name, rest, _ := strings.Cut(path, ".")
		return xarfAll(v[name], rest, is)
	case []any:
		if path == "" {
			return is(v)
		}
		for _, one := range v {
			if !xarfAll(one, path, is) {
				return false
			}
		}
		return true
	}
	return path != "" || is(v)
}

// xarfText returns the text at the path; empty when there is none.
func xarfText(v map[string]any, path string) (s string) {
	xarfAll(v, path, func(v any) bool { s, _ = v.(string); return true })
	return s
}
