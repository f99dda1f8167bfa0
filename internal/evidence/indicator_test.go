package evidence

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRefang(t *testing.T) {
	for in, want := range map[string]string{
		"hxxp://evil[.]example/a":           "http://evil.example/a",
		"hXXps[:]//evil(.)example":          "https://evil.example",
		"h**p://evil{.}example":             "http://evil.example",
		"evil [dot] example":                "evil.example",
		"evil (dot) example":                "evil.example",
		"go to evil dot com now":            "go to evil.com now",
		"a[at]evil[.]example":               "a@evil.example",
		"write to bob at evil dot com":      "write to bob@evil.com",
		"203[.]0[.]113[.]9":                 "203.0.113.9",
		"203.0.113[.9 is bad":               "203.0.113.9 is bad",
		"hxxps[://]evil[.]example":          "https://evil.example",
		"ev\u200bil.exa\u00admple":          "evil.example",
		`evil\.example`:                     "evil.example",
		"evil。example。":                     "evil.example。",
		"fxp://evil.example":                "ftp://evil.example",
		"meet me at noon (dot your i)":      "meet me at noon (dot your i)",
		"a dot matrix printer":              "a dot matrix printer",
		"see [1] and (a)":                   "see [1] and (a)",
		"the exchange of xp at the hexagon": "the exchange of xp at the hexagon",
	} {
		t.Run(in, func(t *testing.T) {
			f := refang(in)
			if f.text != want {
				t.Errorf("refang = %q, want %q", f.text, want)
			}
			checkRefang(t, in)
		})
	}
}

// checkRefang checks that every stretch of the refanged text leads back to one
// within the text as written, in order, and that what was not edited is the
// same in both.
func checkRefang(t interface{ Fatalf(string, ...any) }, s string) {
	f := refang(s)
	last := 0
	for i := range f.text {
		r := f.written(aup.Range{Start: i, End: i + 1})
		if r.Start < last || r.End <= r.Start || r.End > len(s) {
			t.Fatalf("byte %d of %q leads to %v of %q, after %d", i, f.text, r, s, last)
		}
		last = r.Start
		if !f.edited(aup.Range{Start: i, End: i + 1}) && s[r.Start:r.End] != f.text[i:i+1] {
			t.Fatalf("byte %d of %q leads to %q", i, f.text, s[r.Start:r.End])
		}
	}
	if whole := f.written(aup.Range{End: len(f.text)}); whole.End > len(s) {
		t.Fatalf("the whole leads to %v of %d bytes", whole, len(s))
	}
}

func TestRefangLeadsBack(t *testing.T) {
	pieces := []string{"hxxp", "h**p", "://", "[.]", "(dot)", " dot ", " at ", "com", "evil", ".", "[", "\u200b", " ", "\n", "é", "。", "[at]", "203", "\\.", "[:]"}
	rapid.Check(t, func(r *rapid.T) {
		checkRefang(r, strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(r, "pieces"), ""))
	})
}

func FuzzRefang(f *testing.F) {
	f.Add("hxxp://a[.]b dot com [at] x\u200b")
	f.Add("http:// https://user@/ http://: [:80 http://]/x")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		checkRefang(t, s)
		tokens(s, func(at, end int) {
			for _, h := range scan(s, at, end) {
				if h.Start < at || h.End > end || h.Start >= h.End {
					t.Fatalf("indicator %+v lies outside of its token %q", h, s[at:end])
				}
			}
		})
	})
}

// found lists the indicators of doc as "kind value role".
func found(doc aup.Document) []string {
	var out []string
	for _, in := range doc.Indicators {
		s := fmt.Sprintf("%s %s %s", in.Kind, in.Value, in.Role)
		if in.Port > 0 {
			s += fmt.Sprintf(" port %d", in.Port)
		}
		out = append(out, s)
	}
	return out
}

func TestIndicators(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"attack":        {"203.0.113.7 attacks our server 198.51.100.9.", []string{"ip 203.0.113.7 source", "ip 198.51.100.9 target"}},
		"port":          {"From 203.0.113.7:4022 to our 198.51.100.9:22.", []string{"ip 203.0.113.7 source port 4022", "ip 198.51.100.9 target port 22"}},
		"IPv6":          {"It comes from 2001:db8:5::17, and [2001:db8::1]:443.", []string{"ip 2001:db8:5::17 source", "ip 2001:db8::1 source port 443"}},
		"block":         {"All of 203.0.113.0/24 scans us.", []string{"cidr 203.0.113.0/24 source"}},
		"disarmed":      {"hxxps://login[.]evil[.]example/a?b=c", []string{"url https://login.evil.example/a?b=c source", "domain login.evil.example source"}},
		"mail address":  {"Spam from Sales@Evil.EXAMPLE again", []string{"email Sales@evil.example source"}},
		"mail server":   {"It was sent by mx3.evil.example.", []string{"mailserver mx3.evil.example source"}},
		"reporter":      {"You reach me at abuse@reporter.example.", []string{"email abuse@reporter.example reporter"}},
		"international": {"The site bücher.example copies us.", []string{"domain xn--bcher-kva.example source"}},
		"page":          {"They sell it on https://x.evil.example/a since May, as on https://www.youtube.com/v.", []string{"url https://x.evil.example/a source", "domain x.evil.example source", "url https://www.youtube.com/v mention", "domain www.youtube.com mention"}},
		"far from our":  {"It hit our customers in the north and west, all on evil.example/a", []string{"url http://evil.example/a source", "domain evil.example source"}},
		"sent to":       {"Spam from own.example, by 203.0.113.4.own.example", []string{"domain own.example mention", "domain 203.0.113.4.own.example source"}},
		"leads to":      {"It redirects to evil.example/a and beacons to 203.0.113.4.", []string{"url http://evil.example/a source", "domain evil.example source", "ip 203.0.113.4 source"}},
		"famous":        {"The page https://www.w3.org/TR and the spam from microsoft.com", []string{"url https://www.w3.org/TR mention", "domain www.w3.org mention", "domain microsoft.com mention"}},
		"never":         {"The spam comes from host9.never.example and 192.0.2.77.", []string{"domain host9.never.example mention", "ip 192.0.2.77 mention"}},
		"private":       {"An attack from 10.1.2.3", []string{"ip 10.1.2.3 mention"}},
		"log":           {"Mar  4 03:51:07 host sshd[20117]: Failed password for root from 203.0.113.44 port 41022 ssh2", []string{"ip 203.0.113.44 source port 41022"}},
		"firewall":      {"Mar  4 03:51:07 fw kernel: DROP SRC=203.0.113.44 DST=198.51.100.2 PROTO=TCP DPT=23", []string{"ip 203.0.113.44 source", "ip 198.51.100.2 target"}},
		"hash":          {"The sample d41d8cd98f00b204e9800998ecf8427e is ours.", []string{"hash d41d8cd98f00b204e9800998ecf8427e source"}},
		"wallet":        {"They want 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.", []string{"wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa source", "wallet bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 source"}},
		"no host":       {"http:// and https://@/x", nil},
		"no wallet":     {"Ticket 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", nil},
		"no indicators": {"I said so before.The invoice.zip and e.g. version 2.10 at 10:30, see 3.4.", nil},
		"pasted header": {"Received: from mx.reporter.example (mx.reporter.example [198.51.100.3]) by in.reporter.example; Mon, 2 Mar 2026 01:00:02 +0000\n" +
			"Received: from liar.example (host.evil.example [203.0.113.5]) by mx.reporter.example; Mon, 2 Mar 2026 01:00:01 +0000\n" +
			"Received: from x (x [192.0.2.8]) by host.evil.example; Mon, 2 Mar 2026 01:00:00 +0000\nSubject: offer",
			[]string{"mailserver mx.reporter.example reporter", "ip 198.51.100.3 relay", "domain in.reporter.example reporter", "domain liar.example mention", "domain host.evil.example mention", "ip 203.0.113.5 source", "ip 192.0.2.8 mention"}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "From: R <r@reporter.example>\r\nTo: abuse@own.example\r\nDate: Thu, 5 Mar 2026 10:00:00 +0000\r\nSubject: Acceptable Use Policy\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + tc.text
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{Never: []string{"never.example", "192.0.2.64/26"}})
			if d := cmp.Diff(tc.want, found(doc)); d != "" {
				t.Errorf("indicators (-want +got):\n%s", d)
			}
			for _, in := range doc.Indicators {
				if in.Why == "" {
					t.Errorf("%s: no reason for its role", in.Value)
				}
				p, ok := doc.Part(in.Part)
				if !ok || in.Start >= in.End || in.End > len(p.Text) {
					t.Errorf("%s: range %v lies outside of its part", in.Value, in.Range)
				}
			}
		})
	}
}

func TestTable(t *testing.T) {
	for name, tc := range map[string]struct {
		table string
		want  []string
	}{
		"shadowserver": {"\"timestamp\",\"ip\",\"port\",\"hostname\",\"cc\",\"cc_port\"\n\"2026-03-02 00:45:59\",\"203.0.113.6\",2005,\"a.evil.example\",\"198.51.100.4\",80\n",
			[]string{"ip 203.0.113.6 source 2005 2026-03-02T00:45:59Z", "domain a.evil.example source", "ip 198.51.100.4 mention 80 2026-03-02T00:45:59Z"}},
		"two columns of time": {"event_date;event_time;src_ip;src_port;dst_ip;dst_port\n2026-03-02;01:45:59;203.0.113.6;4022;198.51.100.9;22\n;;2001:db8::7;;;\n",
			[]string{"ip 203.0.113.6 source 4022 2026-03-02T01:45:59Z", "ip 198.51.100.9 target 22 2026-03-02T01:45:59Z", "ip 2001:db8::7 source"}},
		"disarmed": {"date\turl\treporter_email\n2026-03-02T01:00:00Z\thxxp://evil[.]example/a\ta@b.example\n",
			[]string{"url http://evil.example/a source", "domain evil.example source", "email a@b.example reporter"}},
		"quoted lines": {"ip,note,target\n203.0.113.6,\"one\ntwo \"\"three\"\"\",198.51.100.9\n", []string{"ip 203.0.113.6 source", "ip 198.51.100.9 target"}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "From: r@reporter.example\r\nSubject: x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n" + tc.table
			doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			var got []string
			for _, in := range doc.Indicators {
				s := fmt.Sprintf("%s %s %s", in.Kind, in.Value, in.Role)
				if in.Port > 0 {
					s += fmt.Sprintf(" %d", in.Port)
				}
				if !in.Time.IsZero() {
					s += " " + in.Time.Format(time.RFC3339)
				}
				got = append(got, s)
				if p, _ := doc.Part(in.Part); in.Kind == aup.IndicatorIP && p.Text[in.Start:in.End] != in.Value {
					t.Errorf("%s stands at %q", in.Value, p.Text[in.Start:in.End])
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("indicators (-want +got):\n%s", d)
			}
		})
	}
}

func TestIndicatorAsWritten(t *testing.T) {
	doc := parse("x", "See hxxp://evil[.]example/a, please: 203[.]0[.]113[.]9!")
	var got []string
	for _, in := range doc.Indicators {
		p, _ := doc.Part(in.Part)
		got = append(got, p.Text[in.Start:in.End])
	}
	if d := cmp.Diff([]string{"hxxp://evil[.]example/a", "evil[.]example", "203[.]0[.]113[.]9"}, got); d != "" {
		t.Errorf("as written (-want +got):\n%s", d)
	}
}

func TestTimeIn(t *testing.T) {
	ref := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for line, want := range map[string]string{
		"2026-01-04T03:51:07+01:00 x":           "2026-01-04T02:51:07Z",
		"2026-01-04 03:51:07,120 UTC x":         "2026-01-04T03:51:07.12Z",
		`a - - [04/Jan/2026:03:51:07 +0100] "G`: "2026-01-04T02:51:07Z",
		"Jan  4 03:51:07 host":                  "2026-01-04T03:51:07Z",
		"Dec 31 23:00:00 host":                  "2025-12-31T23:00:00Z",
		"on 4 Jan 2026, 03:51 UTC":              "2026-01-04T03:51:00Z",
		"at 03:51 today":                        "0001-01-01T00:00:00Z",
	} {
		if got := timeIn(line, ref).Format(time.RFC3339Nano); got != want {
			t.Errorf("timeIn(%q) = %s, want %s", line, got, want)
		}
	}
}

func TestHopsOfOriginal(t *testing.T) {
	raw := "From: r@reporter.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" +
		"Delivered-To: r@reporter.example\r\nReceived: by 2002:a05::1 with SMTP id x; Mon, 2 Mar 2026 01:00:05 +0000\r\n" +
		"Received: from out.evil.example (out.evil.example. [203.0.113.25])\r\n\tby mx.mailhost.example with ESMTPS id 1; Mon, 2 Mar 2026 01:00:04 +0000\r\n" +
		"Received: from [192.0.2.200] (port=1) by out.evil.example; Mon, 2 Mar 2026 01:00:00 +0000\r\n" +
		"From: Shop <shop@evil.example>\r\nTo: r@reporter.example\r\nSubject: offer\r\n\r\nhttp://evil.example/buy\r\n"
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
	want := []string{"email shop@evil.example source", "email r@reporter.example target", "ip 203.0.113.25 source", "ip 192.0.2.200 mention", "url http://evil.example/buy source", "domain evil.example mention"}
	if d := cmp.Diff(want, found(doc)); d != "" {
		t.Errorf("indicators (-want +got):\n%s", d)
	}
	for _, in := range doc.Indicators {
		if in.Value == "203.0.113.25" && in.Time.Format(time.RFC3339) != "2026-03-02T01:00:04Z" {
			t.Errorf("seen at %v", in.Time)
		}
	}
}
