package export

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"aupd/internal/aup"
)

// STIX writes one bundle of STIX 2.1 (OASIS, part 3 and 4): who says it, and
// for each report that was decided to be a violation a report object and an
// indicator object for each source in it. Ids are UUIDs of version 5, so that
// the same report has the same id whenever and wherever it is exported.
// Nothing that the reporter wrote is in it.
func STIX(w io.Writer, reports Selection) error {
	b := bufio.NewWriter(w)
	whole := sha1.New()
	add := func(before string, o object) error {
		data, err := json.Marshal(o)
		whole.Write(data)
		fmt.Fprintf(b, "%s%s", before, data)
		return err
	}
	if err := add(`{"type":"bundle","objects":[`+"\n", identity()); err != nil {
		return err
	}
	for r, err := range violations(reports) {
		if err != nil {
			return err
		}
		for _, o := range objects(r) {
			if err := add(",\n", o); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(b, "\n],\"id\":%q}\n", stixID("bundle", hex.EncodeToString(whole.Sum(nil))))
	return b.Flush()
}

// An object is a STIX domain object.
type object struct {
	Type           string     `json:"type"`
	SpecVersion    string     `json:"spec_version"`
	ID             string     `json:"id"`
	CreatedBy      string     `json:"created_by_ref,omitempty"`
	Created        string     `json:"created"`
	Modified       string     `json:"modified"`
	Name           string     `json:"name"`
	IdentityClass  string     `json:"identity_class,omitempty"`
	ReportTypes    []string   `json:"report_types,omitempty"`
	Published      string     `json:"published,omitempty"`
	ObjectRefs     []string   `json:"object_refs,omitempty"`
	IndicatorTypes []string   `json:"indicator_types,omitempty"`
	Pattern        string     `json:"pattern,omitempty"`
	PatternType    string     `json:"pattern_type,omitempty"`
	ValidFrom      string     `json:"valid_from,omitempty"`
	Labels         []string   `json:"labels,omitempty"`
	References     []external `json:"external_references,omitempty"`
}

// An external reference names a report as aupd does.
type external struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id"`
}

// began is when the identity came to be; it never changes.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func identity() object {
	o := newObject("identity", "aupd", began, began)
	o.CreatedBy, o.Name, o.IdentityClass = "", "aupd", "system"
	return o
}

func newObject(kind, name string, created, modified time.Time) object {
	const format = "2006-01-02T15:04:05.000Z"
	return object{
		Type: kind, SpecVersion: "2.1", ID: stixID(kind, name), CreatedBy: stixID("identity", "aupd"),
		Created: created.UTC().Format(format), Modified: modified.UTC().Format(format),
	}
}

// objects returns the report object of r, with its indicators before it.
func objects(r aup.Report) []object {
	report := newObject("report", string(r.ID), r.Received, r.Decision.At)
	report.Name, report.Published = "Abuse report "+string(r.ID), report.Modified
	report.ReportTypes = []string{"indicator"}
	report.References = []external{{"aupd", string(r.ID)}}
	titles := make([]string, 0, len(r.Decision.Clauses))
	for _, c := range r.Decision.Clauses {
		titles = append(titles, c.Title)
		report.Labels = append(report.Labels, "clause-"+string(c.Clause))
	}
	if len(titles) > 0 {
		report.Name += ": " + strings.Join(titles, "; ")
	}
	var out []object
	for _, t := range r.Traces {
		p := pattern(t)
		if t.Role != aup.RoleSource || p == "" {
			continue
		}
		o := newObject("indicator", string(r.ID)+"/"+p, r.Received, r.Decision.At)
		o.Name, o.Pattern, o.PatternType, o.ValidFrom = t.Value, p, "stix", o.Created
		o.IndicatorTypes = []string{"malicious-activity"}
		out = append(out, o)
		report.ObjectRefs = append(report.ObjectRefs, o.ID)
	}
	if len(out) == 0 {
		report.ObjectRefs = []string{report.CreatedBy} // the list may not be empty
	}
	return append(out, report)
}

// pattern returns the STIX pattern of a trace, empty for what has none or may
// stand in no block list.
func pattern(t aup.Trace) string {
	path, op, value := "", "=", t.Value
	switch t.Kind {
	case aup.IndicatorIP, aup.IndicatorCIDR:
		p, ok := network(value)
		if !ok {
			return ""
		}
		path = "ipv6-addr:value"
		if p.Addr().Is4() {
			path = "ipv4-addr:value"
		}
		if value = p.Addr().String(); !p.IsSingleIP() {
			op, value = "ISSUBSET", p.String()
		}
	case aup.IndicatorDomain, aup.IndicatorMailServer:
		if value = strings.ToLower(value); isHost(value) {
			path = "domain-name:value"
		}
	case aup.IndicatorURL:
		path = "url:value"
	case aup.IndicatorEmail:
		path = "email-addr:value"
	case aup.IndicatorFileHash:
		path = map[int]string{32: "file:hashes.MD5", 40: "file:hashes.'SHA-1'", 64: "file:hashes.'SHA-256'"}[len(value)]
	}
	if path == "" {
		return ""
	}
	return fmt.Sprintf("[%s %s '%s']", path, op, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value))
}

// stixID returns a UUID of version 5 (RFC 9562, 5.5) in the namespace of URLs,
// of which urn:aupd: is ours. Its hash protects nothing.
func stixID(kind, name string) string {
	namespace := []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	sum := sha1.Sum(append(namespace, "urn:aupd:"+kind+":"+name...))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%s--%x-%x-%x-%x-%x", kind, u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
