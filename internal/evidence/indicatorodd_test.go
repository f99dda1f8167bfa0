package evidence

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOddIndicators reads addresses as they are written to be overlooked, and as
// gateways and logs write them.
func TestOddIndicators(t *testing.T) {
	const page, domain, ip = "url http://evil.example/x", "domain evil.example", "ip 203.0.113.9"
	for text, want := range map[string][]string{
		"http://3405803785/x":                                     {"url http://203.0.113.9/x", ip},
		"http://0xCB007109/x":                                     {"url http://203.0.113.9/x", ip},
		"http://0313.0.0161.011/x":                                {"url http://203.0.113.9/x", ip},
		"http://203.0.28937/x":                                    {"url http://203.0.113.9/x", ip},
		"http://203.0.113.9./x":                                   {"url http://203.0.113.9/x", ip},
		"http://2026/x":                                           nil,
		"http://203.0.113.256/x":                                  nil,
		"http://evil%2eexample/x":                                 {page, domain},
		"http://evil.example:99999/x":                             {page, domain},
		"http://evil.example:8080/x":                              {"url http://evil.example:8080/x port 8080", domain + " port 8080"},
		"meow://evil.example/x":                                   {domain},
		"smb://evil.example/x":                                    {"url smb://evil.example/x", domain},
		"fe80::1%eth0":                                            {"ip fe80::1"},
		"[2001:db8::1%2]:80":                                      {"ip 2001:db8::1 port 80"},
		"http://[2001:db8::1%25eth0]/x":                           {"url http://[2001:db8::1]/x", "ip 2001:db8::1"},
		"2001[:]db8[:][:]1":                                       {"ip 2001:db8::1"},
		"bob@[203.0.113.9]":                                       {ip},
		"client 203.0.113.9#4022 (a query)":                       {ip + " port 4022"},
		"client 2001:db8::1#53: a query":                          {"ip 2001:db8::1 port 53"},
		"https://urldefense.com/v3/__http://evil.example/x__;!!a": {page, domain},
		"https://urldefense.proofpoint.com/v2/url?u=http-3A__evil.example_x&d=a":                                       {page, domain},
		"https://eur02.safelinks.protection.outlook.com/?url=http%3A%2F%2Fevil.example%2Fx&data=0":                     {page, domain},
		"https://eur02.safelinks.protection.outlook.com/?data=0&amp;URL=http%3A%2F%2Fevil.example%2Fx":                 {page, domain},
		"https://www.google.com/url?sa=D&q=http://evil.example/x&ust=1":                                                {page, domain},
		"https://www.google.com/url?q=http%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttp%253A%252F%252Fevil.example%252Fx": {page, domain},
		"https://secure-web.cisco.com/1a/http%3A%2F%2Fevil.example%2Fx":                                                {page, domain},
		"https://www.google.com/search?q=evil":                                                                         {"url https://www.google.com/search?q=evil", "domain www.google.com"},
		"http://evil.example/?url=https%3A%2F%2Fbank.example%2F":                                                       {"url http://evil.example/?url=https%3A%2F%2Fbank.example%2F", domain},
	} {
		t.Run(text, func(t *testing.T) {
			var got []string
			for _, in := range parse("x", "See\n"+text+"\n").Indicators {
				s := fmt.Sprintf("%s %s", in.Kind, in.Value)
				if in.Port > 0 {
					s += fmt.Sprintf(" port %d", in.Port)
				}
				got = append(got, s)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("indicators (-want +got):\n%s", d)
			}
		})
	}
}
