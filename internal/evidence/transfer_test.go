package evidence

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDecoder(t *testing.T) {
	long := strings.Repeat("x", 3*transferBuffer)
	for name, tc := range map[string]struct{ encoding, in, want string }{
		"base64":                     {"base64", "YWJj\r\nZGVm\r\n", "abcdef"},
		"base64 in odd rows":         {"base64", "Y\r\nWJjZ\r\nGVm", "abcdef"},
		"base64 with padding within": {"base64", "YQ==YmM=", "abc"},
		"base64 without padding":     {"base64", "YWI", "ab"},
		"base64 with dirt":           {"base64", "Y!W\x00J j-", "abc"},
		"base64 with one too many":   {"base64", "YWJjZ", "abc"},
		"quoted":                     {"quoted-printable", "a=3Db =\r\nc\r\n", "a=b c\r\n"},
		"quoted in lower case":       {"quoted-printable", "=c3=a4", "\xc3\xa4"},
		"quoted with stray marks":    {"quoted-printable", "a=b=", "a=b="},
		"quoted with trailing space": {"quoted-printable", "a \t\r\nb", "a\r\nb"},
		"quoted soft end, spaces":    {"quoted-printable", "a=  \nb", "ab"},
		"quoted long line":           {"quoted-printable", long + "=3D" + long + "=\nx", long + "=" + long + "x"},
		"uuencode":                   {"x-uuencode", "text before\nbegin 644 f\n#86)C\n`\nend\nafter", "abc"},
		"uuencode cut off":           {"x-uuencode", "begin 644 f\n#86)C", "abc"},
		"none":                       {"7bit", "=3D", "=3D"},
		"unknown":                    {"x-nobody-knows", "=3D", "=3D"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tc.in), iotest.OneByteReader(strings.NewReader(tc.in)), iotest.HalfReader(strings.NewReader(tc.in))} {
				got, err := io.ReadAll(decoder(tc.encoding, r))
				if err != nil || string(got) != tc.want {
					t.Errorf("decoded %.60q, %v, want %.60q", got, err, tc.want)
				}
			}
		})
	}
}

func TestSniff(t *testing.T) {
	header := "Received: x\r\nFrom: a@x.example\r\nSubject: y\r\n\r\nz"
	for name, tc := range map[string]struct {
		kind contentType
		head string
		want format
	}{
		"empty":                 {contentType{}, "", formatEmpty},
		"log as octet-stream":   {contentType{mediaType: "application/octet-stream", name: "a.log"}, "10:00 x\n", formatText},
		"picture as text":       {contentType{mediaType: "text/plain", name: "a.txt"}, "\x89PNG\r\n\x1a\n\x00", formatImage},
		"message by content":    {contentType{mediaType: "application/octet-stream"}, header, formatMessage},
		"message by name":       {contentType{name: "a.eml"}, "Subject: y\n\nz", formatMessage},
		"message cut in a name": {contentType{name: "a.eml"}, "Received: x\nSubject: y\nX-Long-Na", formatMessage},
		"text named message":    {contentType{name: "a.eml"}, "just text\n", formatText},
		"header in a text":      {contentType{mediaType: "text/plain", name: "header.txt"}, header, formatText},
		"mbox":                  {contentType{}, "From a@x.example Tue Mar  3 09:00:00 2026\n" + header, formatMbox},
		"PDF by content":        {contentType{mediaType: "application/octet-stream"}, "%PDF-1.7\n", formatPDF},
		"office":                {contentType{name: "a.docx"}, "PK\x03\x04\x00\x00", formatDocument},
		"archive":               {contentType{name: "a.docx.zip"}, "PK\x03\x04\x00\x00", formatArchive},
		"text that starts MZ":   {contentType{mediaType: "text/plain"}, "MZ is a country code\n", formatText},
		"old office":            {contentType{name: "a.doc"}, oleMagic + "\x00", formatDocument},
		"Outlook":               {contentType{name: "a.MSG"}, oleMagic + "\x00", formatMSG},
		"UTF-16 text":           {contentType{}, "\xff\xfea\x00", formatText},
		"calendar":              {contentType{mediaType: "text/calendar"}, "BEGIN:VCALENDAR\n", formatText},
		"unknown":               {contentType{mediaType: "application/x-y"}, "\x00\x01\x02", formatBinary},
		"encrypted text":        {contentType{name: "a.asc"}, "-----BEGIN PGP MESSAGE-----\n", formatEncrypted},
		"feedback report":       {contentType{mediaType: "message/feedback-report"}, "Feedback-Type: abuse\n", formatMachine},
		"headers":               {contentType{mediaType: "text/rfc822-headers"}, header, formatHeaders},
		"international":         {contentType{mediaType: "message/global"}, header, formatMessage},
		"international status":  {contentType{mediaType: "message/global-delivery-status"}, "A: b\n", formatMachine},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sniff(tc.kind, []byte(tc.head)); got != tc.want {
				t.Errorf("sniff = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestUnpackRTF(t *testing.T) {
	// The example of [MS-OXRTFCP], 4.1.1.
	const packed = "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0"
	got, err := unpackRTF([]byte(packed))
	if want := "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"; err != nil || string(got) != want {
		t.Errorf("unpackRTF = %q, %v, want %q", got, err, want)
	}
	if text, page := readRTF(got); text != "hello world" || page {
		t.Errorf("readRTF = %q, %v", text, page)
	}
	for cut := range len(packed) - 2 {
		if _, err := unpackRTF([]byte(packed[:cut])); err == nil {
			t.Errorf("no error for the first %d bytes", cut)
		}
	}
}

func TestUnflow(t *testing.T) {
	for name, tc := range map[string]struct {
		in    string
		delsp bool
		want  string
	}{
		"joined":        {"a \nb\nc\n", false, "a b\nc\n"},
		"without space": {"a \nb\n", true, "ab\n"},
		"quoted":        {"> a \n> b\nc\n", false, "> a b\nc\n"},
		"depth changes": {"> a \n>> b \nc\n", false, "> a \n>> b \nc\n"},
		"spaced quotes": {"> > a \n> > b\n", false, ">> a b\n"},
		"signature":     {"a \n-- \nb\n", false, "a \n-- \nb\n"},
		"stuffed":       {" From\n  >x\n", false, "From\n >x\n"},
		"no line end":   {"a \nb", false, "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unflow(tc.in, tc.delsp); got != tc.want {
				t.Errorf("unflow = %q, want %q", got, tc.want)
			}
		})
	}
}
