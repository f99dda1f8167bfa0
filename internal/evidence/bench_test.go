package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"
)

// pages returns n paragraphs of HTML as newsletters write it.
func pages(n int) string {
	var b strings.Builder
	b.WriteString(`<html><head><style>.c{color:#333;font-size:14px}</style></head><body bgcolor="#ffffff"><table width="600">`)
	for i := range n {
		fmt.Fprintf(&b, `<tr><td class="c" style="padding:4px;font-family:Arial,sans-serif;color:#333333"><p>Line %d: the host 192.0.2.%d was seen
 at <a href="http://bad.example/path/%d?x=1&amp;y=2">this address</a>, which is &quot;not&nbsp;good&quot; &mdash; please look.</p></td></tr>`+"\r\n", i, i%250, i)
	}
	b.WriteString(`</table></body></html>`)
	return b.String()
}

func BenchmarkHTML(b *testing.B) {
	src := []byte(pages(2000))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		readHTML(src)
	}
}

// benchMail returns the messages that the benchmarks read: those under
// AUPD_CORPUS where it is set, else two written here.
func benchMail(b *testing.B) (mails [][]byte, size int64) {
	b.Helper()
	if dir := os.Getenv("AUPD_CORPUS"); dir != "" {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*.eml"))
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			mails, size = append(mails, raw), size+int64(len(raw))
		}
		return mails, size
	}
	head := "From: a@reporter.example\r\nSubject: Acceptable Use Policy\r\nMIME-Version: 1.0\r\n"
	alternative := head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n" + strings.Repeat("The host 192.0.2.7 was seen again.\r\n", 300) +
		"--b\r\nContent-Type: text/html\r\n\r\n" + pages(100) + "\r\n--b--\r\n"
	var encoded strings.Builder
	data := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("\x89PNG\x00\x01\x02\x03"), 20<<10))
	for len(data) > 76 {
		encoded.WriteString(data[:76] + "\r\n")
		data = data[76:]
	}
	attached := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the picture.\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		encoded.String() + "--b--\r\n"
	for _, raw := range []string{alternative, attached} {
		mails, size = append(mails, []byte(raw)), size+int64(len(raw))
	}
	return mails, size
}

// BenchmarkWalk and BenchmarkEnmime read the same messages, the first with
// hashes, offsets and hidden text.
func BenchmarkWalk(b *testing.B) {
	mails, size := benchMail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range mails {
			walked(raw)
		}
	}
}

func BenchmarkEnmime(b *testing.B) {
	mails, size := benchMail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range mails {
			// What enmime cannot read costs it time all the same.
			_, _ = enmime.ReadEnvelope(bytes.NewReader(raw))
		}
	}
}
