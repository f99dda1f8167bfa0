package evidence

import (
	"slices"
	"strings"
)

// What X-ARF reports have: of version 4 by its specification (xarf.org), of 1 to
// 3 by their schemas (github.com/abusix/xarf). A path is names apart by points;
// of two apart by a bar one is enough.

// These are the paths that every report of a version has, letters those that
// are told by the names of their lines.
var (
	xarfAlways   = strings.Fields("xarf_version report_id timestamp reporter.org reporter.contact reporter.domain sender.org sender.contact sender.domain source_identifier category type")
	plainAlways  = strings.Fields("ReporterInfo.ReporterOrg ReporterInfo.ReporterOrgEmail Report.ReportClass Report.ReportType Report.Date") // of 3.0, as version 4 describes it
	oldAlways    = strings.Fields("Disclosure Report.ReportClass Report.ReportType Report.Date")
	letterAlways = strings.Fields("Reported-From Report-Type Source-Type Source Date")
)

// xarfByType are the paths that reports of a category, or of a type, of version
// 4 have beyond those.
var xarfByType = map[string]string{
	"messaging":                         "protocol",
	"messaging/bulk_messaging":          "recipient_count",
	"connection":                        "protocol",
	"connection/infected_host":          "bot_type",
	"connection/reconnaissance":         "probed_resources",
	"connection/scraping":               "total_requests",
	"connection/vulnerability_scan":     "scan_type",
	"content":                           "url",
	"content/brand_infringement":        "infringement_type legitimate_site",
	"content/csam":                      "classification detection_method",
	"content/csem":                      "exploitation_type detection_method",
	"content/exposed_data":              "data_types exposure_method",
	"content/fraud":                     "fraud_type",
	"content/remote_compromise":         "compromise_type",
	"content/suspicious_registration":   "registration_date suspicious_indicators",
	"copyright/copyright":               "infringing_url",
	"copyright/cyberlocker":             "infringing_url hosting_service",
	"copyright/link_site":               "infringing_url site_name",
	"copyright/p2p":                     "p2p_protocol swarm_info.info_hash|swarm_info.magnet_uri",
	"copyright/ugc_platform":            "infringing_url platform_name",
	"copyright/usenet":                  "newsgroup",
	"vulnerability":                     "service",
	"vulnerability/cve":                 "cve_id service_port",
	"infrastructure/botnet":             "compromise_evidence",
	"infrastructure/compromised_server": "compromise_method",
	"reputation":                        "threat_type",
}

// oldByType are the classes and types of versions 1 to 3 with the paths that
// they have beyond those of all.
var oldByType = map[string]string{
	"activity/dos":                           "Report.SourceIp",
	"activity/exploit":                       "Report.SourceIp",
	"activity/harassment":                    "Report.SourceIp|Report.SourceUrl Report.Harasser Report.HarassmentDescription",
	"activity/loginattack":                   "Report.SourceIp",
	"activity/malware":                       "Report.SourceIp",
	"activity/portscan":                      "Report.SourceIp",
	"activity/potentiallycompromisedaccount": "Report.Account",
	"activity/spam":                          "Report.SourceIp",
	"activity/webcrawler":                    "Report.SourceIp|Report.SourceUrl",
	"content/botnet":                         "Report.SourceIp|Report.SourceUrl",
	"content/childabuse":                     "Report.SourceIp|Report.SourceUrl",
	"content/copyright":                      "Report.SourceIp|Report.SourceUrl Report.InfringedMaterial Report.FileName",
	"content/malware":                        "Report.SourceIp|Report.SourceUrl",
	"content/phishing":                       "Report.SourceUrl",
	"content/trademark":                      "Report.SourceIp|Report.SourceUrl Report.TrademarkedMaterial",
	"vulnerability/openservice":              "Report.SourceIp|Report.SourceUrl Report.ServiceName",
}

// xarfNeeds returns the paths that a report in JSON of that type must have.
func xarfNeeds(kind string, v map[string]any) []string {
	if v["xarf_version"] != nil {
		category, _, _ := strings.Cut(kind, "/")
		return slices.Concat(xarfAlways, strings.Fields(xarfByType[category]), strings.Fields(xarfByType[kind]), xarfBySource(kind, v))
	}
	version := xarfText(v, "Version")
	if strings.HasPrefix(version, "3.0") {
		return plainAlways
	}
	needs := slices.Concat(oldAlways, strings.Fields(oldByType[kind]))
	if xarfText(v, "ReporterInfo.ReporterType") != "Person" {
		needs = append(needs, "ReporterInfo.ReporterOrg", "ReporterInfo.ReporterOrgDomain", "ReporterInfo.ReporterOrgEmail")
	}
	if v["OnBehalfOf"] != nil && xarfText(v, "OnBehalfOf.ComplainantType") != "Person" {
		needs = append(needs, "OnBehalfOf.ComplainantOrg", "OnBehalfOf.ComplainantOrgDomain", "OnBehalfOf.ComplainantOrgEmail")
	}
	if kind == "content/malware" && version != "3" && version != "development" {
		needs = append(needs, "Report.SourceUrl")
	}
	return needs
}

// xarfBySource returns what the way of the abuse asks for in version 4: the
// sender of mail, when an attack began, and its port, as many may share the
// address. The first edition asked for less.
func xarfBySource(kind string, v map[string]any) (needs []string) {
	if strings.HasPrefix(xarfText(v, "xarf_version"), "4.0.") {
		return nil
	}
	if strings.HasPrefix(kind, "connection/") {
		needs = append(needs, "first_seen")
	}
	switch kind {
	case "connection/login_attack", "connection/port_scan", "connection/ddos":
		if isIP(v["source_identifier"]) {
			needs = append(needs, "source_port")
		}
	case "messaging/spam", "messaging/bulk_messaging":
		if v["protocol"] == "smtp" {
			needs = append(needs, "smtp_from", "source_port")
		}
	}
	return needs
}

// oldUnknown reports whether a report before version 4 has a class and type that
// its version does not know; drafts may have others.
func oldUnknown(kind string, v map[string]any) bool {
	version := xarfText(v, "Version")
	if version == "development" || strings.HasPrefix(version, "3.0") || !xarfHas(v, "Report.ReportClass") || !xarfHas(v, "Report.ReportType") {
		return false
	}
	_, known := oldByType[kind]
	return !known
}
