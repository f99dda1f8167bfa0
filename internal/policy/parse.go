package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"aupd/internal/aup"
	"aupd/internal/strictyaml"

	"github.com/goccy/go-yaml"
)

// clauseID is a number with up to two levels below it.
var clauseID = regexp.MustCompile(`^[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,2}$`)

// policyName is what a policy may be called: it stands before the ids of its
// clauses where several policies are in force.
var policyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// maxFile is the most bytes of a policy: the longest published ones are under
// 200 KB.
const maxFile = 1 << 20

// maxClauses is the most clauses of a policy: each is tried on every report. The
// longest published ones have some hundred.
const maxClauses = 2000

// Parse reads a policy file. file names it in errors. Every problem is
// reported at once, joined, each a line with the file, what it is about and
// the mend; all are aup.ErrInvalid.
func Parse(data []byte, file string) (*Policy, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: %d bytes: a policy has at most %d: %w", file, len(data), maxFile, aup.ErrInvalid)
	}
	var p Policy
	if err := strictyaml.Decode(data, file, &p, aup.ErrInvalid); err != nil {
		return nil, err
	}
	if err := errors.Join(p.check(file)...); err != nil {
		return nil, err
	}
	return &p, nil
}

// check returns everything that is wrong with p.
func (p *Policy) check(file string) []error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s: %w", file, fmt.Sprintf(format, args...), aup.ErrInvalid))
	}
	if p.Name == "" {
		wrong("name: missing: give the policy a short name")
	} else if !policyName.MatchString(p.Name) {
		wrong("name %q: want a short word of lower-case letters, digits and hyphens", p.Name)
	}
	if len(p.Clauses) == 0 {
		wrong("clauses: missing: a policy needs at least one clause")
	}
	if len(p.Clauses) > maxClauses {
		wrong("clauses: there are %d: a policy has at most %d", len(p.Clauses), maxClauses)
		return errs
	}
	all := make(map[aup.ClauseID]bool)
	for i := range p.Clauses {
		all[p.Clauses[i].ID] = true
	}
	seen := make(map[aup.ClauseID]int)
	for i, c := range p.Clauses {
		where := fmt.Sprintf("clauses[%d] (%s)", i, c.ID)
		if !clauseID.MatchString(string(c.ID)) {
			wrong("clauses[%d]: id %q: want a number such as 1 or 1.2", i, c.ID)
		}
		if first, twice := seen[c.ID]; twice {
			wrong("%s: the id is clauses[%d]'s already: ids must differ", where, first)
		} else {
			seen[c.ID] = i
		}
		if parent := c.Parent(); parent != "" {
			if !all[parent] {
				wrong("%s: there is no clause %s that it could be a detail of: add it, or number this one anew", where, parent)
			}
		} else if c.Exception {
			wrong("%s: an exception permits what the clause above it prohibits: give it an id below that, such as %s.1", where, c.ID)
		}
		if c.Like != "" && !clauseID.MatchString(string(c.Like)) {
			wrong("%s: like %q: want the id of a clause of the built-in policy, such as 1.4", where, c.Like)
		}
		if c.Title == "" {
			wrong("%s: title: missing", where)
		}
		if !slices.Contains(aup.Severities, c.Severity) {
			wrong("%s: severity %q: want critical, high, medium or low", where, c.Severity)
		}
		for _, e := range c.Enforce {
			if !slices.Contains([]Enforcement{BlockDomain, BlockMailServer, BlockIP, RemoveContent, TerminateAccount}, e) {
				wrong("%s: enforcement %q: want block-domain, block-mail-server, block-ip, remove-content or terminate-account", where, e)
			}
		}
		if c.Wording != "" && c.Digest != Digest(c.Wording) {
			wrong("%s: digest: is not that of the wording: the wording was changed after the import; import the document again", where)
		}
	}
	for i, n := range p.Notices {
		if n.Text == "" && n.Wording == "" {
			wrong("notices[%d]: text: missing", i)
		}
	}
	return errs
}

// YAML returns p as a file that Parse reads back to an equal policy. A wording
// that the YAML writer does not quote as it must be is written as JSON, which
// is YAML too.
func (p *Policy) YAML() ([]byte, error) {
	out, err := yaml.MarshalWithOptions(p, yaml.Indent(2), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, err
	}
	if again, err := Parse(out, "policy"); err == nil && again.Version() == p.Version() {
		return out, nil
	}
	return json.MarshalIndent(p, "", "  ")
}
