package evidence

import (
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// TestBounds exceeds each bound and looks for the problem that says so: nothing
// is left out in silence.
func TestBounds(t *testing.T) {
	mixed := "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
	original := func(n int) string {
		return strings.Repeat("Subject: x\nContent-Type: message/rfc822\n\n", n) + "Subject: x\n\nx\n"
	}
	mbox := strings.Repeat("From a@x.example Tue Mar  3 09:00:00 2026\nSubject: x\n\nx\n\n", maxMessages+1)
	for name, tc := range map[string]struct {
		raw, kind string
		part      aup.PartID
	}{
		"header bytes":    {"Subject: x\nX: " + strings.Repeat("x", maxHeaderBytes) + "\n\nx", "header", ""},
		"header fields":   {"Subject: x\n" + strings.Repeat("A: b\n", maxHeaderFields+1) + "\nx", "header", ""},
		"all headers":     {mixed + strings.Repeat("--b\nX: "+strings.Repeat("x", maxHeaderBytes-10)+"\n\nx\n", maxHeaders/maxHeaderBytes+2) + "--b--\n", "header", "18"},
		"all fields":      {mixed + strings.Repeat("--b\nContent-Type: message/rfc822\n\n"+strings.Repeat("A: b\n", maxHeaderFields)+"\nx\n", maxAllFields/maxHeaderFields+1) + "--b--\n", "header", "20"},
		"field":           {"Subject: " + strings.Repeat("x ", maxFieldBytes) + "\n\nx", "header", ""},
		"body text":       {"Subject: x\n\n" + strings.Repeat("x", maxPartText+1), "truncated", "1"},
		"decoded text":    {"Subject: x\nContent-Type: text/html\n\n" + strings.Repeat("<b></b>", maxDecodedText/7+1), "truncated", "1"},
		"links":           {"Subject: x\nContent-Type: text/html\n\n" + strings.Repeat("<a href=x>y</a>", maxLinks+1), "truncated", "1"},
		"attached text":   {mixed + "--b\nContent-Disposition: attachment\n\n" + strings.Repeat("x\n", maxAttachmentText) + "--b--\n", "truncated", "1"},
		"all text":        {mixed + strings.Repeat("--b\n\n"+strings.Repeat("x\n", maxPartText/2)+"\n", 6) + "--b--\n", "truncated", "5"},
		"meaning":         {mixed + strings.Repeat("--b\n\n"+strings.Repeat("x\n", maxPartText/2)+"\n", 3) + "--b--\n", "limit", "2"},
		"parts":           {mixed + strings.Repeat("--b\n\nx\n", maxParts+1) + "--b--\n", "parts", ""},
		"originals":       {original(maxOriginals + 1), "depth", "1.1.1.1.1.1.1.1.1"},
		"messages":        {"Content-Type: application/mbox\n\n" + mbox, "depth", "1"},
		"original's size": {"Content-Type: application/octet-stream; name=a.eml\n\nSubject: x\n\n" + strings.Repeat("x\n", maxUnpacked/2), "over", "1"},
		"problems":        {mixed + strings.Repeat("--b\nContent-Type: text/plain; charset=utf-8\n\n\xe4\n", maxProblems+1) + "--b--\n", "problems", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := walked([]byte(tc.raw))
			b.bound()
			said := slices.ContainsFunc(b.doc.Problems, func(p aup.Problem) bool { return p.Kind == tc.kind && p.Part == tc.part })
			over := slices.ContainsFunc(b.doc.Attachments, func(a aup.Attachment) bool { return a.Unread == "over the bound" && a.Path == tc.part })
			if !said && (tc.kind != "over" || !over) {
				t.Errorf("no problem %q on part %q; there are %v", tc.kind, tc.part, b.doc.Problems)
			}
			if b.text > maxText || len(b.doc.Problems) > maxProblems || len(b.doc.Messages) > maxMessages || len(b.doc.Parts) > 2*maxParts {
				t.Errorf("%d bytes of text, %d problems, %d messages, %d parts", b.text, len(b.doc.Problems), len(b.doc.Messages), len(b.doc.Parts))
			}
		})
	}
}
