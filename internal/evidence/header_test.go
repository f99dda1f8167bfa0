package evidence

import (
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeHeader(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain":                    {"Acceptable Use Policy", "Acceptable Use Policy"},
		"cut within a character":   {"=?UTF-8?B?w6TD?= =?UTF-8?B?tg==?=", "äö"},
		"two charsets":             {"=?utf-8?q?=C3=A4?= =?iso-8859-1?q?=F6?=", "äö"},
		"space between word, text": {"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"},
		"glued":                    {"x=?utf-8?q?a?=y=?utf-8?q?b?=", "xayb"},
		"spaces in Q":              {"=?utf-8?Q?a b_c?=", "a b c"},
		"question mark in Q":       {"=?utf-8?Q?why?=3D_not?=", "why?= not"},
		"padding missing":          {"=?utf-8?B?YWI?=", "ab"},
		"padding in the middle":    {"=?utf-8?B?YQ==Yg==?=", "ab"},
		"no end":                   {"=?utf-8?B?YWJj", "abc"},
		"language":                 {"=?utf-8*de?Q?=C3=A4?=", "ä"},
		"unknown charset":          {"=?nobody?Q?=C3=A4?=", "ä"},
		"unknown encoding":         {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
		"raw UTF-8":                {"na\xc3\xafve", "naïve"},
		"raw Latin-1":              {"na\xefve", "naïve"},
		"Japanese":                 {"=?ISO-2022-JP?B?GyRCTEJPRxsoQg==?=", "迷惑"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decodeHeader(tc.in); got != tc.want {
				t.Errorf("decodeHeader(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestParseAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []aup.Address
	}{
		"bare":            {"a@x.example", []aup.Address{{Addr: "a@x.example"}}},
		"comma in quotes": {`"Doe, J." <j@x.example>, k@x.example`, []aup.Address{{Name: "Doe, J.", Addr: "j@x.example"}, {Addr: "k@x.example"}}},
		"comment":         {"a@x.example (Ann (the first))", []aup.Address{{Name: "Ann (the first)", Addr: "a@x.example"}}},
		"name in comment": {"a@x.example (Ann)", []aup.Address{{Name: "Ann", Addr: "a@x.example"}}},
		"group":           {"team: a@x.example, b@x.example;", []aup.Address{{Addr: "a@x.example"}, {Addr: "b@x.example"}}},
		"empty group":     {"undisclosed-recipients:;", nil},
		"name alone":      {"Mailer", []aup.Address{{Name: "Mailer"}}},
		"open quote":      {`"Ann <a@x.example>, b@x.example`, []aup.Address{{Name: `Ann`, Addr: "a@x.example"}, {Addr: "b@x.example"}}},
		"encoded name":    {"=?utf-8?q?J=C3=B6rg?= <j@x.example>", []aup.Address{{Name: "Jörg", Addr: "j@x.example"}}},
		"posing name":     {`"bank@bank.example" <thief@x.example>`, []aup.Address{{Name: "bank@bank.example", Addr: "thief@x.example"}}},
		"open bracket":    {"Ann <a@x.example", []aup.Address{{Name: "Ann", Addr: "a@x.example"}}},
		"white space":     {"Ann < a @ x.example >", []aup.Address{{Name: "Ann", Addr: "a@x.example"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, parseAddresses(tc.in)); d != "" {
				t.Errorf("parseAddresses(%q) (-want +got):\n%s", tc.in, d)
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	want := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, s := range []string{
		"Wed, 4 Mar 2026 05:06:07 +0000", "Wed, 4 Mar 2026 07:06:07 +0200 (EET)", "4 Mar 2026 05:06:07 GMT", "Wed, 04 Mar 2026 05:06:07 -0000",
		"Wed, 4  Mar  2026\t05:06:07 +0000", "2026-03-04T05:06:07Z", "2026-03-04 05:06:07", "Wed Mar  4 05:06:07 2026", "Wed, 4 Mar 26 05:06:07 +0000",
		"Wed, 4 Mar 2026 06:06:07 +01:00", "Wednesday, 4 March 2026 05:06:07 +0000", "Wed, 4 Mar 2026 05:06:07",
		"Wed, 4 Mar 2026 00:06:07 EST", "Tue, 3 Mar 2026 23:06:07 CST", "4 Mar 2026 06:06:07 CET (Wien)", "Wed Mar  4 06:06:07 CET 2026", "Wed, 4 Mar 2026 05:06:07 XYZ",
	} {
		t.Run(s, func(t *testing.T) {
			if got, ok := parseDate(s); !ok || !got.Equal(want) {
				t.Errorf("parseDate = %v, %v, want %v", got, ok, want)
			}
		})
	}
	for _, s := range []string{"", "yesterday", "Tue, 23 Jul 0102 08:14:27 -0200", "Wed, 23 Sep 3610 21:58:04 +0200"} {
		t.Run("not "+s, func(t *testing.T) {
			if got, ok := parseDate(s); ok {
				t.Errorf("parseDate = %v, want none", got)
			}
		})
	}
}

func TestParseParams(t *testing.T) {
	for name, tc := range map[string]struct {
		in, value string
		params    map[string]string
	}{
		"plain":           {"Text/Plain; charset=UTF-8", "text/plain", map[string]string{"charset": "UTF-8"}},
		"quoted":          {`a/b; boundary="x;y\"z"; c = d`, "a/b", map[string]string{"boundary": `x;y"z`, "c": "d"}},
		"comment":         {"base64 (really); a=b (c)", "base64", map[string]string{"a": "b"}},
		"first counts":    {"a/b; c=1; C=2", "a/b", map[string]string{"c": "1"}},
		"open quote":      {`a/b; name="x; charset=y`, "a/b", map[string]string{"name": "x", "charset": "y"}},
		"stray semicolon": {"a/b;; ;c=d;", "a/b", map[string]string{"c": "d"}},
		"extended":        {"attachment; filename*=utf-8''na%C3%AFve", "attachment", map[string]string{"filename": "naïve"}},
		"continued":       {`attachment; filename*0="a b"; filename*1=".log"`, "attachment", map[string]string{"filename": "a b.log"}},
	} {
		t.Run(name, func(t *testing.T) {
			value, params := parseParams(tc.in)
			for key := range params {
				if _, wanted := tc.params[key]; !wanted && len(key) > 0 && key[len(key)-1] != '*' && key != "filename*0" && key != "filename*1" {
					t.Errorf("unexpected parameter %q", key)
				}
			}
			for key, want := range tc.params {
				if params[key] != want {
					t.Errorf("%s = %q, want %q", key, params[key], want)
				}
			}
			if value != tc.value {
				t.Errorf("value = %q, want %q", value, tc.value)
			}
		})
	}
}

func TestDecodeCharset(t *testing.T) {
	for name, tc := range map[string]struct{ raw, declared, text, used string }{
		"ASCII":                  {"abc", "", "abc", "us-ascii"},
		"UTF-8":                  {"\xc3\xa4", "utf-8", "ä", "utf-8"},
		"byte order mark":        {"\xef\xbb\xbf\xc3\xa4", "", "ä", "utf-8"},
		"UTF-16 by mark":         {"\xff\xfea\x00\xe4\x00", "utf-8", "aä", "utf-16le"},
		"Latin-1 is Windows":     {"\x80\xe4", "ISO-8859-1", "€ä", "windows-1252"},
		"lying Latin-1":          {"\xc3\xa4", "iso-8859-1", "ä", "utf-8"},
		"Cyrillic":               {"\xd3\xd0\xc1\xcd", "koi8-r", "спам", "koi8-r"},
		"alias":                  {"\xf1\xef\xe0\xec", "cp1251", "спам", "windows-1251"},
		"quoted name":            {"\xf1\xef\xe0\xec", ` "Windows-1251"`, "спам", "windows-1251"},
		"Greek":                  {"\xe1\xe2", "iso-8859-7", "αβ", "iso-8859-7"},
		"Korean":                 {"\xc7\xd1\xb1\xdb", "ks_c_5601-1987", "한글", "euc-kr"},
		"a little damaged":       {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xff", "utf-8", "äöüäöüäöüäö\ufffd", "utf-8"},
		"UTF-7":                  {"+AOQ-", "utf-7", "ä", "utf-7"},
		"unknown, 8-bit":         {"caf\xe9", "nobody-knows", "café", "windows-1252"},
		"Japanese, no charset":   {"\x1b$BLBOG\x1b(B", "", "迷惑", "iso-2022-jp"},
		"ASCII under its name":   {"abc", "KOI8-R", "abc", "koi8-r"},
		"ASCII, unknown charset": {"abc", "nobody-knows", "abc", "nobody-knows"},
	} {
		t.Run(name, func(t *testing.T) {
			text, used := decodeCharset([]byte(tc.raw), tc.declared)
			if text != tc.text || used != tc.used {
				t.Errorf("decodeCharset = %q, %q, want %q, %q", text, used, tc.text, tc.used)
			}
		})
	}
}
