package evidence

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestMachines(t *testing.T) {
	for name, tc := range map[string]struct {
		header, body string
		want         string
	}{
		"ARF":                {"Content-Type: message/feedback-report\r\n", "Feedback-Type: abuse\r\nVersion: 1\r\n", "arf abuse"},
		"ARF, failed DKIM":   {"Content-Type: message/feedback-report\r\n", "Feedback-Type: auth-failure\r\nAuth-Failure: dkim\r\n", "arf auth-failure"},
		"delivery status":    {"Content-Type: message/delivery-status\r\n", "Reporting-MTA: dns; a\r\n\r\nAction: failed\r\n", "dsn failed"},
		"read receipt":       {"Content-Type: message/disposition-notification\r\n", "Disposition: manual-action/MDN-sent-manually; displayed\r\n", "mdn manual-action/mdn-sent-manually"},
		"X-ARF 4":            {"Content-Type: application/json\r\n", `{"xarf_version":"4.0.0","category":"connection","type":"port_scan"}`, "xarf connection/port_scan"},
		"X-ARF 3":            {"Content-Type: application/json\r\n", `{"ReporterInfo":{},"Report":{"ReportClass":"Activity","ReportType":"Spam"}}`, "xarf activity/spam"},
		"X-ARF, YAML":        {"Content-Type: text/plain\r\n", "---\r\nReported-From: a@b.example\r\nReport-Type: login-attack\r\nSource-Type: ip-address\r\nSource: 203.0.113.9\r\n", "xarf login-attack"},
		"other JSON":         {"Content-Type: application/json\r\n", `{"a":1}`, ""},
		"automatic answer":   {"Auto-Submitted: auto-replied\r\n", "I am away.", "auto-reply auto-replied"},
		"automatic, subject": {"Subject: Automatische Antwort: Acceptable Use Policy\r\n", "Bin weg.", "auto-reply automatische antwort"},
		"automatic, old":     {"Precedence: auto_reply\r\n", "I am away.", "auto-reply auto_reply"},
		"automatic report":   {"Auto-Submitted: auto-generated\r\n", "203.0.113.1 attacks us.", ""},
		"mailing list":       {"List-Id: <x.example>\r\n", "Hello.", "list <x.example>"},
		"DMARC":              {"Subject: Report Domain: a.example Submitter: b.example Report-ID: <c@b.example>\r\n", "x", "dmarc aggregate"},
		"fail2ban":           {"", "Reported by Fail2Ban on host a.", "fail2ban fail2ban"},
		"webiron":            {"", "This is the WebIron bot.\r\nOffending IP: 203.0.113.9", "notice webiron"},
		"takedown":           {"From: Netcraft <t@takedown.netcraft.com>\r\n", "A phishing site.", "notice netcraft"},
		"CSV":                {"Content-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n", "\"timestamp\",\"ip\",\"port\"\r\n2026-03-04,203.0.113.9,22\r\n", "csv "},
		"a letter":           {"", "Date: tomorrow.\r\nSource: a friend.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw := tc.header + "MIME-Version: 1.0\r\n\r\n" + tc.body
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			got := ""
			if len(doc.Machine) > 0 {
				got = strings.ToLower(doc.Machine[0].Format + " " + doc.Machine[0].Type)
			}
			if got != tc.want {
				t.Errorf("machine %q, want %q (%+v)", got, tc.want, doc.Machine)
			}
		})
	}
}

func TestMalformedMachines(t *testing.T) {
	for name, tc := range map[string][2]string{
		"ARF without fields": {"message/feedback-report", "nothing to see\r\n"},
		"ARF without a type": {"message/feedback-report", "Version: 1\r\nUser-Agent: x\r\n"},
		"broken JSON":        {"application/json", `{"xarf_version": "4.0.0", `},
		"X-ARF, no address":  {"application/json", `{"Report":{"ReportClass":"Activity","ReportType":"Spam","SourceIp":"300.1.2.3"},"ReporterInfo":{}}`},
		"X-ARF of nothing":   {"application/json", `{"xarf_version": "4.0.0"}`},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: " + tc[0] + "\r\n\r\n" + tc[1]
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			found := false
			for _, p := range doc.Problems {
				found = found || p.Kind == "machine"
			}
			if p, ok := doc.Part("1"); !found || !ok || strings.TrimSpace(p.Text) != strings.TrimSpace(strings.ReplaceAll(tc[1], "\r", "")) {
				t.Errorf("problems %v, parts %v", doc.Problems, doc.Parts)
			}
		})
	}
}

func TestXARFInNameOnly(t *testing.T) {
	raw := "Subject: x\r\nX-XARF: PLAIN\r\n\r\nReported-From: a@b.example\r\n"
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
	want := []aup.Problem{{Kind: "machine", Detail: "the header says that this is an X-ARF report, no part is one that can be read"}}
	if d := cmp.Diff(want, doc.Problems); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func TestNoticeFields(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []aup.Field
		seen string // of 203.0.113.9: its port and time
	}{
		"honey pot": {"Project Honey Pot Monitor Report\n\nIPs Engaged In Harvesting On Your Network:\n\n203.0.113.9 (H)\n  - Wed, 04 Mar 2026 11:00AM PDT\n\nOther Potentially Suspicious IPs On Your Network:\n\n203.0.113.10 (R)\n\n-----\n203.0.113.11\n",
			[]aup.Field{{Name: "harvesting", Value: "203.0.113.9"}, {Name: "other potentially suspicious", Value: "203.0.113.10"}}, "0 2026-03-04T18:00:00Z"},
		"copyright": {"Notice of Claimed Infringement\n\n<Infringement xmlns=\"http://www.acns.net/ACNS\">\n<Source>\n<TimeStamp>2026-03-04T05:45:49Z</TimeStamp>\n<IP_Address>203.0.113.9</IP_Address>\n<Port>58688</Port>\n</Source></Infringement>\n",
			[]aup.Field{{Name: "timestamp", Value: "2026-03-04T05:45:49Z"}, {Name: "ip_address", Value: "203.0.113.9"}, {Name: "port", Value: "58688"}}, "58688 2026-03-04T05:45:49Z"},
		"webiron": {"This is the WebIron bot.\nOffending IP: 203.0.113.9\nDate: Wed, 04 Mar 2026 05:45:49 +0000\n",
			[]aup.Field{{Name: "offending ip", Value: "203.0.113.9"}, {Name: "date", Value: "Wed, 04 Mar 2026 05:45:49 +0000"}}, "0 2026-03-04T05:45:49Z"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse("x", tc.text)
			if len(doc.Machine) != 1 {
				t.Fatalf("machine %+v", doc.Machine)
			}
			if d := cmp.Diff(tc.want, doc.Machine[0].Fields); d != "" {
				t.Errorf("fields (-want +got):\n%s", d)
			}
			for _, in := range doc.Indicators {
				if got := fmt.Sprintf("%d %s", in.Port, in.Time.Format(time.RFC3339)); in.Value == "203.0.113.9" && (got != tc.seen || in.Role != aup.RoleSource) {
					t.Errorf("%s %s, want source %s", in.Role, got, tc.seen)
				}
			}
		})
	}
}

// TestSourceOfXARF looks for the roles that the names of an X-ARF report's
// fields give: who reports is never who is reported.
func TestSourceOfXARF(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"version 4": {`{"xarf_version":"4.2.0","report_id":"7c1b5a52-6f0e-4a2b-8f34-2d9a1f6c0e11","timestamp":"2026-03-04T03:51:07Z","category":"content","type":"phishing",
			"reporter":{"org":"Watch","contact":"desk@watch.example","domain":"watch.example"},"sender":{"org":"Watch","contact":"desk@watch.example","domain":"watch.example"},
			"source_identifier":"203.0.113.9","source_port":4022,"url":"http://evil.example/login","legitimate_site":"https://bank.example/","evidence":[{"content_type":"text/uri-list","payload":"","url":"https://shots.example/1"}]}`,
			[]string{"email desk@watch.example reporter", "domain watch.example reporter", "ip 203.0.113.9 source port 4022", "url http://evil.example/login source", "domain evil.example source",
				"url https://bank.example/ target", "domain bank.example target", "url https://shots.example/1 mention", "domain shots.example mention"}},
		"version 3": {`{"Version":"3","Disclosure":true,"ReporterInfo":{"ReporterOrg":"Watch","ReporterOrgDomain":"watch.example","ReporterOrgEmail":"desk@watch.example"},"Report":{"ReportClass":"Activity","ReportType":"LoginAttack",
			"Date":"2026-03-04T03:51:07Z","SourceIp":"203.0.113.9","SourcePort":4022,"DestinationIp":"198.51.100.9"}}`,
			[]string{"domain watch.example reporter", "email desk@watch.example reporter", "ip 203.0.113.9 source port 4022", "ip 198.51.100.9 target"}},
		"YAML": {"Reported-From: desk@watch.example\nReport-Type: login-attack\nSource-Type: ip-address\nSource: 203.0.113.9\nPort: 22\nDate: Wed, 04 Mar 2026 04:51:07 +0100\n",
			[]string{"email desk@watch.example reporter", "ip 203.0.113.9 source port 22"}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "From: r@reporter.example\r\nSubject: x\r\nContent-Type: application/octet-stream; name=xarf\r\n\r\n" + tc.text
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			if d := cmp.Diff(tc.want, found(doc)); d != "" {
				t.Errorf("indicators (-want +got):\n%s", d)
			}
			for _, in := range doc.Indicators {
				if in.Value == "203.0.113.9" && in.Time.Format(time.RFC3339) != "2026-03-04T03:51:07Z" {
					t.Errorf("seen at %v", in.Time)
				}
			}
			if len(doc.Problems) > 1 || len(doc.Problems) == 1 && doc.Problems[0].Kind != "no-text" {
				t.Errorf("problems %v", doc.Problems)
			}
		})
	}
}

// checkMachine reads text as a part of that type.
func checkMachine(t *testing.T, mediaType, text string) {
	text = strings.ToValidUTF8(text, "?")
	b := &builder{doc: aup.Document{Messages: []aup.Message{{}}, Parts: []aup.Part{{ID: "1", Kind: aup.PartMachine, MediaType: mediaType, Text: text}}}}
	b.bound()
	b.machines()
	b.indicators()
	for _, in := range b.doc.Indicators {
		checkRange(t, in.Range, text)
	}
	for _, m := range b.doc.Machine {
		if len(m.Fields) > maxMachineFields {
			t.Errorf("%d fields", len(m.Fields))
		}
		for _, f := range m.Fields {
			if !utf8.ValidString(f.Name) || !utf8.ValidString(f.Value) {
				t.Errorf("field %q is not valid UTF-8", f)
			}
		}
	}
}

func FuzzARF(f *testing.F) {
	f.Add("Feedback-Type: abuse\nVersion: 1\nSource-IP: 203.0.113.9\nReceived-Date: x\n y\n")
	f.Fuzz(func(t *testing.T, s string) { checkMachine(t, "message/feedback-report", s) })
}

func FuzzXARF(f *testing.F) {
	f.Add(`{"xarf_version":"4.0.0","category":"connection","type":"port_scan","a":[1,{"b":true}]}`)
	f.Add(`{"ReporterInfo":{},"Report":{"ReportClass":"Activity","ReportType":"Spam"}}`)
	f.Add("---\nReported-From: a@b.example\nReport-Type: login-attack\nSource-Type: ip-address\n")
	f.Fuzz(func(t *testing.T, s string) { checkMachine(t, "application/json", s) })
}

func FuzzTable(f *testing.F) {
	f.Add("timestamp,ip,port\n2026-03-04 01:02:03,203.0.113.9,22\n")
	f.Add("a;b;src_ip\n\"x\ny\";hxxp://a[.]b.example/;\"203[.]0.113.9\"\"\"\n")
	f.Fuzz(func(t *testing.T, s string) {
		text := cleanText(strings.ToValidUTF8(s, "?"))
		b := &builder{doc: aup.Document{Messages: []aup.Message{{}}, Parts: []aup.Part{{ID: "1", Kind: aup.PartAttachment, Text: text}}}}
		b.bound()
		b.machines()
		b.indicators()
		for _, in := range b.doc.Indicators {
			checkRange(t, in.Range, text)
		}
	})
}
