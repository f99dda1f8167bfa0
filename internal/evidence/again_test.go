package evidence_test

import (
	"bytes"
	"strings"
	"testing"

	"aupd/internal/evidence"
)

func TestAgain(t *testing.T) {
	mail := strings.ReplaceAll(`Subject: x
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p onclick=3D"x()">caf=E9</p>
--b
Content-Type: application/octet-stream; name="a.bin"
Content-Transfer-Encoding: base64

aGVsbG8sIHdvcmxk
--b
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: text/plain

inner
--c
Content-Type: application/pdf; name=b.pdf

%PDF-1.4
--c--
--b--
`, "\n", "\r\n")
	r := strings.NewReader(mail)
	doc := evidence.Parse(r, r.Size(), evidence.Options{})
	got := make(map[string]string)
	for _, a := range doc.Attachments {
		var b bytes.Buffer
		if !evidence.File(r, r.Size(), a.Path, &b) || int64(b.Len()) != a.Size {
			t.Errorf("attachment %s of %d bytes: read again as %q", a.Path, a.Size, b.String())
		}
		got[a.Name] = b.String()
	}
	if got["a.bin"] != "hello, world" || got["b.pdf"] != "%PDF-1.4" {
		t.Errorf("files read again: %q", got)
	}
	if markup, ok := evidence.Markup(r, r.Size(), "1"); !ok || strings.TrimSpace(markup) != `<p onclick="x()">café</p>` {
		t.Errorf("HTML of part 1: %q, %v", markup, ok)
	}
	var b bytes.Buffer
	if evidence.File(r, r.Size(), "9", &b) || b.Len() > 0 {
		t.Errorf("an attachment that is not there gave %q", b.String())
	}
	if markup, ok := evidence.Markup(r, r.Size(), "2"); ok {
		t.Errorf("HTML of a file that is none: %q", markup)
	}
}
