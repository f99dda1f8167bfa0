package evidence

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

// machineProblems reads text as the body of a report and returns what is wrong
// with the machine's part of it.
func machineProblems(text string) (list []string) {
	raw := "Subject: x\r\nContent-Type: application/json\r\n\r\n" + text
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
	for _, p := range doc.Problems {
		if p.Kind == "machine" {
			list = append(list, strings.TrimPrefix(p.Detail, "an X-ARF report "))
		}
	}
	return list
}

// TestXARFRules changes one thing of a report that has nothing wrong.
func TestXARFRules(t *testing.T) {
	const (
		four = `{"xarf_version":"4.2.0","report_id":"7c1b5a52-6f0e-4a2b-8f34-2d9a1f6c0e11","timestamp":"2026-03-04T03:51:07Z",
			"reporter":{"org":"Watch","contact":"desk@watch.example","domain":"watch.example"},"sender":{"org":"Watch","contact":"desk@watch.example","domain":"watch.example"},
			"source_identifier":"203.0.113.9","source_port":4022,"category":"connection","type":"port_scan","protocol":"tcp","first_seen":"2026-03-04T03:40:00Z","confidence":0.5,
			"evidence":[{"content_type":"text/plain","payload":"bG9n"}]}`
		three = `{"Version":"3","Disclosure":true,"ReporterInfo":{"ReporterOrg":"Watch","ReporterOrgDomain":"watch.example","ReporterOrgEmail":"desk@watch.example"},
			"Report":{"ReportClass":"Content","ReportType":"Malware","Date":"2026-03-04T03:51:07Z","SourceIp":"203.0.113.9","SourcePort":0,"SourceUrl":"http://evil.example/",
			"DestinationPort":[22,80],"ByteCount":17,"Samples":[{"ContentType":"text/plain","Payload":"log"},{"FileName":"a.exe"}]}}`
		letter = "Reported-From: desk@watch.example\nReport-Type: login-attack\nSource-Type: ip-address\nSource: 203.0.113.9\nPort: 22\nDate: Wed, 04 Mar 2026 04:51:07 +0100\nVersion: 0.2\n"
	)
	for name, tc := range map[string]struct {
		report, from, to string
		want             []string
	}{
		"version 4":                 {four, "", "", nil},
		"version 5":                 {four, `"4.2.0"`, `"5.0.0"`, []string{"whose xarf_version is no known version"}},
		"no contact":                {four, `"contact":"desk@watch.example",`, ``, []string{"without reporter.contact, sender.contact"}},
		"contact without a domain":  {four, `desk@watch.example`, `desk`, []string{"whose reporter.contact is no mail address, sender.contact is no mail address"}},
		"numbered id":               {four, `"7c1b5a52-6f0e-4a2b-8f34-2d9a1f6c0e11"`, `"17"`, []string{"whose report_id is no UUID"}},
		"day only":                  {four, `"2026-03-04T03:51:07Z"`, `"2026-03-04"`, []string{"whose timestamp is no time of RFC 3339"}},
		"unused port":               {four, `4022`, `0`, []string{"whose source_port is no port"}},
		"half a port":               {four, `4022`, `40.5`, []string{"whose source_port is no port"}},
		"no port of an address":     {four, `"source_port":4022,`, ``, []string{"without source_port"}},
		"no port of the first 4":    {strings.Replace(four, "4.2.0", "4.0.0", 1), `"source_port":4022,`, ``, nil},
		"category":                  {four, `"connection"`, `"weather"`, []string{"whose category is no known category"}},
		"type that is new":          {four, `"port_scan"`, `"knocking"`, nil},
		"what its type needs":       {four, `"port_scan"`, `"vulnerability_scan"`, []string{"without scan_type"}},
		"spam without its sender":   {four, `"connection","type":"port_scan","protocol":"tcp"`, `"messaging","type":"spam","protocol":"smtp"`, []string{"without smtp_from"}},
		"one of two":                {four, `"connection","type":"port_scan"`, `"copyright","type":"p2p","p2p_protocol":"bittorrent"`, []string{"without swarm_info.info_hash or swarm_info.magnet_uri"}},
		"sure beyond doubt":         {four, `0.5`, `50`, []string{"whose confidence is no share of one"}},
		"evidence that is none":     {four, `bG9n`, `***`, []string{"whose evidence is no list of evidence"}},
		"version 3":                 {three, "", "", nil},
		"version 9":                 {three, `"3"`, `"9"`, []string{"whose Version is no known version"}},
		"null":                      {three, `"ByteCount":17`, `"ByteCount":null`, nil},
		"zone":                      {three, `"203.0.113.9"`, `"fe80::1%eth0"`, []string{"whose Report.SourceIp is no IP address"}},
		"address of a number":       {three, `"203.0.113.9"`, `3405803785`, []string{"whose Report.SourceIp is no IP address"}},
		"one port too high":         {three, `[22,80]`, `[22,70000]`, []string{"whose Report.DestinationPort is no port"}},
		"yes as a word":             {three, `true`, `"yes"`, []string{"whose Disclosure is no flag"}},
		"class of another type":     {three, `"Content"`, `"Vulnerability"`, []string{"whose class and type are none of its version's"}},
		"draft of another type":     {strings.Replace(three, `"3"`, `"development"`, 1), `"Malware"`, `"Weather"`, nil},
		"no host":                   {three, `"watch.example"`, `"-watch.example"`, []string{"whose ReporterInfo.ReporterOrgDomain is no host name"}},
		"no URL":                    {three, `http://evil.example/`, `evil.example`, []string{"whose Report.SourceUrl is no URL"}},
		"neither address nor URL":   {three, `"SourceIp":"203.0.113.9","SourcePort":0,"SourceUrl":"http://evil.example/",`, ``, []string{"without Report.SourceIp or Report.SourceUrl"}},
		"malware of version 2":      {strings.Replace(three, `"3"`, `"2"`, 1), `"SourceUrl":"http://evil.example/",`, ``, []string{"without Report.SourceUrl"}},
		"person":                    {three, `"ReporterOrgDomain":"watch.example","ReporterOrgEmail":"desk@watch.example"`, `"ReporterType":"Person"`, nil},
		"on nobody's behalf":        {three, `"Disclosure"`, `"OnBehalfOf":{},"Disclosure"`, []string{"without OnBehalfOf.ComplainantOrg, OnBehalfOf.ComplainantOrgDomain, OnBehalfOf.ComplainantOrgEmail", "whose OnBehalfOf is no object"}},
		"sample without a name":     {three, `{"FileName":"a.exe"}`, `{}`, []string{"whose Report.Samples is no list of samples"}},
		"account with a host":       {three, `"Content","ReportType":"Malware"`, `"Activity","ReportType":"PotentiallyCompromisedAccount","Account":{"AccountIdentifier":"x"}`, []string{"whose source is a host, where an account is reported"}},
		"envelope":                  {`{"Version":"3","Disclosure":true}`, "", "", []string{"without Report.ReportClass, Report.ReportType, Report.Date, ReporterInfo.ReporterOrg, ReporterInfo.ReporterOrgDomain, ReporterInfo.ReporterOrgEmail"}},
		"version of something else": {`{"Version":"3","items":[]}`, "", "", nil},
		"letter":                    {letter, "", "", nil},
		"letter without a source":   {letter, "Source: 203.0.113.9\n", "", []string{"without Source"}},
		"letter of no day":          {letter, "Wed, 04 Mar 2026 04:51:07 +0100", "then", []string{"whose Date is no time"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.from != "" && !strings.Contains(tc.report, tc.from) {
				t.Fatalf("nothing to change: %s", tc.from)
			}
			got := machineProblems(strings.ReplaceAll(tc.report, tc.from, tc.to))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
}

// TestXARFNames reads reports whose names are made to be kept again and again:
// with each value goes the way to it.
func TestXARFNames(t *testing.T) {
	const most = 16 << 20
	long := strings.Repeat("k", 100_000)
	var values strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&values, `"a%d":"",`, i)
	}
	for name, v := range map[string]string{
		"deep": strings.Repeat(`{"`+long[:100]+`":`, 2000) + "1" + strings.Repeat("}", 2000),
		"long": `{"` + long + `":{` + values.String() + `"z":""}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			raw := `Content-Type: application/json` + "\n\n" + `{"xarf_version":"4.2.0","a":` + v + `}`
			runtime.ReadMemStats(&before)
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("reading %d bytes allocated %d, want at most %d", len(raw), got, most)
			}
			for _, m := range doc.Machine {
				for _, f := range m.Fields {
					if len(f.Name) > maxJSONPath {
						t.Errorf("a name of %d bytes is kept", len(f.Name))
					}
				}
			}
		})
	}
}

// TestXARFSamples reads the evidence within reports.
func TestXARFSamples(t *testing.T) {
	spam := "Received: from a ([203.0.113.9]) by mx.watch.example; Wed, 04 Mar 2026 03:51:07 +0000\nFrom: x@evil.example\nSubject: You have won\n\nSee http://evil.example/prize\n"
	coded := base64.StdEncoding.EncodeToString([]byte(spam))
	plain, err := json.Marshal(spam)
	if err != nil {
		t.Fatal(err)
	}
	old := func(samples string) string {
		return `{"Version":"3","ReporterInfo":{},"Report":{"ReportClass":"Activity","ReportType":"Spam","Samples":` + samples + `}}`
	}
	for name, tc := range map[string]struct {
		report string
		want   []string // the attachments, then the originals
	}{
		"version 4":        {`{"xarf_version":"4.2.0","evidence":[{"content_type":"message/rfc822","payload":"` + coded + `"}]}`, []string{"1/xarf.1 message/rfc822", "You have won"}},
		"version 3":        {old(`[{"ContentType":"message/rfc822","Base64Encoded":true,"Payload":"` + coded + `"}]`), []string{"1/xarf.1 message/rfc822", "You have won"}},
		"plain":            {old(`[{"ContentType":"message/rfc822","Payload":` + string(plain) + `}]`), []string{"1/xarf.1 message/rfc822", "You have won"}},
		"program":          {old(`[{"ContentType":"application/octet-stream; x=y","Base64Encoded":true,"FileName":"a.exe","Payload":"TVqQAAMAAAA="}]`), []string{"1/xarf.1 application/octet-stream a.exe executable"}},
		"log that is seen": {old(`[{"ContentType":"text/plain","Payload":"203.0.113.9 knocks"}]`), nil},
		"of other types":   {old(`[{"ContentType":1,"Payload":[]},7,{"ContentType":"text/plain","Base64Encoded":true,"Payload":"bG9n"}]`), []string{"1/xarf.3 text/plain"}},
		"other JSON":       {`{"evidence":[{"content_type":"text/plain","payload":"bG9n"}]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse("x", tc.report)
			var got []string
			for _, a := range doc.Attachments {
				got = append(got, strings.TrimRight(fmt.Sprintf("%s %s %s", a.Path, a.MediaType, strings.TrimSpace(a.Name+" "+a.Unread)), " "))
			}
			for _, m := range doc.Messages[1:] {
				got = append(got, m.Subject)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("read (-want +got):\n%s", d)
			}
			source := slices.ContainsFunc(doc.Indicators, func(in aup.Indicator) bool { return in.Value == "203.0.113.9" && in.Role == aup.RoleSource })
			if source != (len(doc.Messages) > 1) {
				t.Errorf("the address is a source: %v; indicators %+v", source, doc.Indicators)
			}
		})
	}
}

// TestXARFSampleFile reads one again, as whoever saves it does.
func TestXARFSampleFile(t *testing.T) {
	raw := "Content-Type: application/json\n\n" + `{"xarf_version":"4.2.0","evidence":[{"content_type":"text/plain","payload":"bG9n"}]}`
	var out strings.Builder
	if ok := File(strings.NewReader(raw), int64(len(raw)), "1/xarf.1", &out); !ok || out.String() != "log" {
		t.Errorf("read %q, %v; want log", out.String(), ok)
	}
}

// TestManyXARFSamples reads a report of samples, and one of reports in samples.
func TestManyXARFSamples(t *testing.T) {
	many := `{"xarf_version":"4.2.0","evidence":[` + strings.Repeat(`{"content_type":"text/plain","payload":"bG9n"},`, 2*maxSamples) + `{}]}`
	deep := `{"xarf_version":"4.2.0"}`
	for range 2 * maxOriginals {
		deep = `{"xarf_version":"4.2.0","evidence":[{"content_type":"application/json","payload":"` + base64.StdEncoding.EncodeToString([]byte(deep)) + `"}]}`
	}
	for text, most := range map[string]int{many: maxSamples, deep: 2 * maxOriginals} {
		doc := parse("x", text)
		if n := len(doc.Attachments); n > most || !slices.ContainsFunc(doc.Problems, func(p aup.Problem) bool { return p.Kind == "limit" || p.Kind == "parts" }) {
			t.Errorf("%d attachments, want at most %d, and a problem: %v", n, most, doc.Problems)
		}
	}
}
