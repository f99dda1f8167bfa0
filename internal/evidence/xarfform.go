package evidence

import (
	"encoding/base64"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// An xarfForm is what a value of an X-ARF report must be.
type xarfForm struct {
	name  string
	is    func(any) bool
	paths []string
}

// xarfForms are the forms of the fields that somebody acts on.
var xarfForms = []xarfForm{
	{"known version", textIn(`^4\.\d+\.\d+$`), strings.Fields("xarf_version")},
	{"known version", oneOf("0.1", "0.2", "alpha", "1", "2", "3", "3.0", "3.0.0", "development"), strings.Fields("Version")},
	{"known class", oneOf("Activity", "Content", "Vulnerability"), strings.Fields("Report.ReportClass")},
	{"known category", oneOf("messaging", "content", "copyright", "connection", "vulnerability", "infrastructure", "reputation"), strings.Fields("category")},
	{"object", isObject, strings.Fields("ReporterInfo OnBehalfOf Report Report.Account reporter sender")},
	{"UUID", textIn(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`), strings.Fields("report_id")},
	{"time of RFC 3339", isTime, strings.Fields("Report.Date Report.FirstSeen timestamp first_seen last_seen registration_date verified_at threshold_exceeded disclosure_date")},
	{"time", isDate, strings.Fields("Date")},
	{"IP address", isIP, strings.Fields("Report.SourceIp Report.DestinationIp Report.AttackerIp destination_ip")},
	{"port", within(0, maxPort), strings.Fields("Report.SourcePort")},
	{"port", listOf(within(0, maxPort)), strings.Fields("Report.DestinationPort Report.AttackerPort")},
	{"port", within(1, maxPort), strings.Fields("source_port destination_port service_port")},
	{"port", listOf(within(1, maxPort)), strings.Fields("targeted_ports")},
	{"number of a network", within(1, 4199999999), strings.Fields("Report.ASN asn")},
	{"count", within(0, math.MaxInt64), strings.Fields("Report.ByteCount Report.PacketCount Report.FileSize total_requests recipient_count")},
	{"share of one", isShare, strings.Fields("confidence")},
	{"mail address", isMailbox, strings.Fields("ReporterInfo.ReporterOrgEmail ReporterInfo.ReporterContactEmail OnBehalfOf.ComplainantOrgEmail OnBehalfOf.ComplainantContactEmail Report.SmtpMailFromAddress Report.SmtpRcptToAddress reporter.contact sender.contact smtp_from smtp_to")},
	{"host name", isHost, strings.Fields("ReporterInfo.ReporterOrgDomain OnBehalfOf.ComplainantOrgDomain Report.RpzDomain reporter.domain sender.domain")},
	{"URL", isURL, strings.Fields("Report.SourceUrl Report.InfringingUrl Report.CourtOrder url infringing_url target_url")},
	{"name", textIn(`...`), strings.Fields("ReporterInfo.ReporterOrg ReporterInfo.ReporterContactName ReporterInfo.ReporterContactPhone OnBehalfOf.ComplainantOrg OnBehalfOf.ComplainantContactName OnBehalfOf.ComplainantContactPhone")},
	{"text", isText, strings.Fields("Report.ReportType Report.ReportSubType Report.ReporterCaseID Report.ReporterNotes Report.InfringedMaterial Report.MaterialType Report.SharingProtocol Report.FileName Report.FileHash.HashValue " +
		"Report.TrademarkedMaterial Report.RegistrationOffice Report.RegistrationNumber Report.BotnetName Report.MalwareName Report.ServiceName Report.ServiceVersion Report.Harasser Report.HarassmentDescription Report.Account.AccountIdentifier Report.Account.AccountEmail " +
		"reporter.org sender.org source_identifier type protocol subject description")},
	{"flag", isFlag, strings.Fields("Disclosure Report.Ongoing")},
	{"known severity", oneOf("low", "medium", "high"), strings.Fields("Report.ReporterSeverity")},
	{"known protocol", oneOf("tcp", "udp"), strings.Fields("Report.TransportProtocol")},
	{"CVE number", textIn(`^CVE-\d{4}-\d{4,7}$`), strings.Fields("Report.CVE cve_id")},
	{"list of samples", isSamples, strings.Fields("Report.Samples")},
	{"list of evidence", isEvidence, strings.Fields("evidence")},
}

const maxPort = 65535

func isText(v any) bool   { _, ok := v.(string); return ok }
func isFlag(v any) bool   { _, ok := v.(bool); return ok }
func isObject(v any) bool { m, ok := v.(map[string]any); return ok && len(m) > 0 }

// ofText returns what reports whether a value is a text for which is holds.
func ofText(is func(string) bool) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && is(s) }
}

func textIn(form string) func(any) bool { return ofText(regexp.MustCompile(form).MatchString) }

func oneOf(words ...string) func(any) bool {
	return ofText(func(s string) bool { return slices.Contains(words, s) })
}

func within(least, most float64) func(any) bool {
	return func(v any) bool { n, ok := v.(float64); return ok && n == math.Trunc(n) && n >= least && n <= most }
}

// listOf returns what reports whether is holds for a value, or for each of a
// list of them.
func listOf(is func(any) bool) func(any) bool {
	return func(v any) bool {
		list, ok := v.([]any)
		return ok && !slices.ContainsFunc(list, func(one any) bool { return !is(one) }) || is(v)
	}
}

func isShare(v any) bool { n, ok := v.(float64); return ok && n >= 0 && n <= 1 }

func isTime(v any) bool {
	s, _ := v.(string)
	_, err := time.Parse(time.RFC3339, strings.ToUpper(s))
	return err == nil
}

func isDate(v any) bool {
	s, _ := v.(string)
	_, read := parseDate(s)
	return read
}

func isIP(v any) bool {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == ""
}

func isMailbox(v any) bool {
	s, _ := v.(string)
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && !strings.HasPrefix(s, "<")
}

// isHost reports whether v is a host name (RFC 1123, 2.1), in the letters of any
// script and with the underscores that names in the DNS have.
func isHost(v any) bool {
	const longest, longestLabel = 253, 63
	s, _ := v.(string)
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > longest {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > longestLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notOfHost) {
			return false
		}
	}
	return true
}

func notOfHost(r rune) bool {
	return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

func isURL(v any) bool {
	s, _ := v.(string)
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

// isSamples reports whether v is what versions 1 to 3 keep evidence in: samples
// with what they are and hold, or the names of files.
func isSamples(v any) bool {
	return isListOf(v, func(m map[string]any) bool {
		return isText(m["ContentType"]) && isText(m["Payload"]) || isText(m["FileName"])
	})
}

// isEvidence reports whether v is what version 4 keeps evidence in.
func isEvidence(v any) bool {
	return isListOf(v, func(m map[string]any) bool {
		data, ok := m["payload"].(string)
		_, err := base64.StdEncoding.DecodeString(data)
		return ok && err == nil && isText(m["content_type"])
	})
}

// isListOf reports whether v is a list, not empty, of objects for which is holds.
func isListOf(v any, is func(map[string]any) bool) bool {
	list, _ := v.([]any)
	for _, one := range list {
		if m, ok := one.(map[string]any); !ok || !is(m) {
			return false
		}
	}
	return len(list) > 0
}
