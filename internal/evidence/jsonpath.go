package evidence

import (
	"encoding/json"
	"sort"
	"strings"

	"aupd/internal/aup"
)

// A pathed is a string within JSON: where it stands, and the names that lead to
// it, apart by points and in lower case.
type pathed struct {
	aup.Range
	path string
}

const (
	// maxJSONDepth bounds the nesting that is followed; reports have four levels.
	maxJSONDepth = 50
	// maxJSONPath bounds the names that lead to a value, which are kept with each:
	// the longest of a report have some 60 bytes.
	maxJSONPath = 200
)

// jsonPaths returns the strings of a JSON object in their order, as far as it
// can be read.
func jsonPaths(text string) []pathed {
	d := json.NewDecoder(strings.NewReader(text))
	var out []pathed
	var stack []jsonLevel
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil || len(stack) > maxJSONDepth {
			return out
		}
		to := int(d.InputOffset())
		top := len(stack) - 1
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				path := ""
				if top >= 0 {
					path = stack[top].value()
				}
				stack = append(stack, jsonLevel{path: path, object: v == '{'})
				continue
			}
			stack = stack[:top]
		case string:
			if top >= 0 && stack[top].object && stack[top].name == "" {
				stack[top].name = strings.ToLower(v)
				continue
			}
			if top >= 0 {
				out = append(out, pathed{aup.Range{Start: from, End: to}, stack[top].value()})
			}
		}
		if n := len(stack) - 1; n >= 0 {
			stack[n].name = ""
		}
	}
}

// A jsonLevel is an open object or array.
type jsonLevel struct {
	path   string
	object bool
	name   string // of the member whose value comes next; empty when a name does
}

// value returns the path of what comes next; what lies too deep has that of
// what it lies in.
func (l *jsonLevel) value() string {
	if !l.object || len(l.path)+len(l.name) > maxJSONPath {
		return l.path
	}
	return strings.TrimPrefix(l.path+"."+l.name, ".")
}

// pathAt returns the path of the string that the offset lies in, empty when it
// lies in none.
func pathAt(paths []pathed, at int) string {
	i := sort.Search(len(paths), func(i int) bool { return paths[i].End > at })
	if i < len(paths) && paths[i].Start <= at {
		return paths[i].path
	}
	return ""
}

// xarfCues say what part the addresses of an X-ARF report play, by the words in
// the path to them; the first that is found counts.
var xarfCues = []struct {
	role  aup.Role
	words []string
}{
	{aup.RoleReporter, []string{"reporter", "sender", "behalf", "complainant", "contact", "submitter"}},
	{aup.RoleTarget, []string{"destination", "target", "victim", "recipient", "rcpt", "legitimate", "original", "brand"}},
	{aup.RoleMention, []string{"internalprocessing", "courtorder", "court_order", "evidence", "samples", "registra", "report_id", "reportid", "description", "schema", "license", "reference"}},
	{aup.RoleSource, []string{"source", "url", "uri", "domain", "hash", "c2_", "command", "smtpmailfrom", "smtp_from", "wallet", "ip", "host"}},
}

// xarfCue says what part an address at a path of an X-ARF report plays.
func xarfCue(path string) (aup.Role, string) {
	for _, cue := range xarfCues {
		for _, w := range cue.words {
			if strings.Contains(path, w) {
				return cue.role, "the " + path + " of the report"
			}
		}
	}
	return aup.RoleMention, "in a machine's report"
}
