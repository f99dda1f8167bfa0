package evidence

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"aupd/internal/aup"
)

// attachedTo returns the content of the first attachment of a sample message.
func attachedTo(f *testing.F, name string) []byte {
	f.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	text := string(raw)
	_, text, _ = strings.Cut(text[strings.LastIndex(text, "Content-Transfer-Encoding: base64"):], "\n\n")
	text, _, _ = strings.Cut(text, "--")
	return decodeBase64(text)
}

func FuzzHTML(f *testing.F) {
	for _, name := range []string{"html-hidden", "html-structure"} {
		raw, err := os.ReadFile("testdata/mail/" + name + ".eml")
		if err != nil {
			f.Fatal(err)
		}
		_, page, _ := strings.Cut(string(raw), "\n\n")
		f.Add(page)
	}
	f.Add("<p style=display:none>a<table><td><font color=#fff>b</table>c<a href=x>d")
	f.Fuzz(func(t *testing.T, src string) {
		h := readHTML(strings.ToValidUTF8(src, "?"))
		if !utf8.ValidString(h.text) {
			t.Error("the text is not valid UTF-8")
		}
		ranges := append(append(h.hidden, h.markup.quotes...), h.markup.signatures...)
		for _, l := range h.links {
			ranges = append(ranges, l.Range)
		}
		for _, r := range ranges {
			checkRange(t, r, h.text)
		}
		for i := 1; i < len(h.hidden); i++ {
			if h.hidden[i].Start < h.hidden[i-1].End {
				t.Errorf("hidden ranges %v and %v are not in order", h.hidden[i-1], h.hidden[i])
			}
		}
	})
}

func checkRange(t *testing.T, r aup.Range, text string) {
	t.Helper()
	if r.Start < 0 || r.Start > r.End || r.End > len(text) ||
		r.Start < len(text) && !utf8.RuneStart(text[r.Start]) || r.End < len(text) && !utf8.RuneStart(text[r.End]) {
		t.Errorf("range %v lies outside of %d bytes of text or cuts a character", r, len(text))
	}
}

// checkFile reads data as the only file of a message and checks what comes of
// it.
func checkFile(t *testing.T, name string, data []byte) {
	t.Helper()
	b := walked([]byte("Subject: x\n\n"))
	b.file(file{kind: contentType{name: name}, r: strings.NewReader(string(data))}, 0, "2")
	for _, p := range b.doc.Parts {
		if !utf8.ValidString(p.Text) {
			t.Errorf("part %s is not valid UTF-8", p.ID)
		}
		for _, r := range p.Hidden {
			checkRange(t, r, p.Text)
		}
	}
	for _, m := range b.doc.Messages {
		if !utf8.ValidString(m.Subject) {
			t.Errorf("subject %q is not valid UTF-8", m.Subject)
		}
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(attachedTo(f, "testdata/mail/tnef.eml"))
	f.Add(attachedTo(f, "testdata/mail/tnef-rtf.eml"))
	f.Fuzz(func(t *testing.T, data []byte) { checkFile(t, "winmail.dat", data) })
}

func FuzzMSG(f *testing.F) {
	f.Add(attachedTo(f, "testdata/mail/msg.eml"))
	f.Fuzz(func(t *testing.T, data []byte) { checkFile(t, "x.msg", data) })
}

func FuzzCMS(f *testing.F) {
	f.Add(attachedTo(f, "testdata/mail/smime-opaque.eml"))
	f.Fuzz(func(t *testing.T, data []byte) { checkFile(t, "smime.p7m", data) })
}

func FuzzEmbedded(f *testing.F) {
	for _, name := range []string{"uuencode", "yenc"} {
		raw, err := os.ReadFile("testdata/mail/" + name + ".eml")
		if err != nil {
			f.Fatal(err)
		}
		_, text, _ := strings.Cut(string(raw), "\n\n")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rest, files := cutEmbedded([]byte(text))
		size := len(rest)
		for _, e := range files {
			size += len(e.data)
		}
		// A uuencoded line may have lost the spaces at its end.
		if len(files) > maxEmbedded || size > 64*len(text) || len(files) == 0 && string(rest) != text {
			t.Errorf("%d bytes of text gave %d and %d files", len(text), size, len(files))
		}
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Caf\'e9 \u8211 - spam\par}`), false)
	f.Add([]byte(`{\rtf1\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Stop\htmlrtf\par}\htmlrtf0}`), false)
	f.Add([]byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0"), true)
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		if packed {
			data, _ = unpackRTF(data)
		}
		if text, _ := readRTF(data); !utf8.ValidString(text) || len(text) > 4*len(data)+16 {
			t.Errorf("%d bytes of RTF gave %d of text", len(data), len(text))
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("=?UTF-8?B?QWNjZXB0YWJsZSBVc2Ug4oA=?= =?UTF-8?B?kyBQb2xpY3k=?= =?x?q?a_=3D?b?=")
	f.Add(`"Doe, J." <j@d.example> (c), group: a@b.example, <x@y.example>;`)
	f.Add(`attachment; filename*0*=utf-8'de'a%20b; filename*1="c;d"; name==?utf-8?q?x?=`)
	f.Fuzz(func(t *testing.T, s string) {
		if text := decodeHeader(s); !utf8.ValidString(text) {
			t.Errorf("%q is not valid UTF-8", text)
		}
		for _, a := range parseAddresses(s) {
			if !utf8.ValidString(a.Name) || !utf8.ValidString(a.Addr) || a.Name == "" && a.Addr == "" {
				t.Errorf("address %+v", a)
			}
		}
		parseDate(s)
		_, params := parseParams(s)
		if len(params) > maxParams+1 {
			t.Errorf("%d parameters", len(params))
		}
	})
}
