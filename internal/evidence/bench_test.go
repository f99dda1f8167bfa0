package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
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
	src := pages(2000)
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
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".eml" {
				return err
			}
			raw, err := os.ReadFile(name)
			mails, size = append(mails, raw), size+int64(len(raw))
			return err
		})
		if err != nil {
			b.Fatal(err)
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

// BenchmarkParse and BenchmarkEnmime read the same messages: the first to the
// end, with whose words they are, indicators, hashes and offsets, the second as
// far as MIME goes. BenchmarkWalk is what of the first the second does as well.
func BenchmarkParse(b *testing.B) {
	readAll(b, func(raw []byte) { Parse(bytes.NewReader(raw), int64(len(raw)), Options{}) })
}

func BenchmarkWalk(b *testing.B) {
	readAll(b, func(raw []byte) { walked(raw) })
}

func BenchmarkEnmime(b *testing.B) {
	readAll(b, func(raw []byte) {
		// What enmime cannot read costs it time all the same.
		_, _ = enmime.ReadEnvelope(bytes.NewReader(raw))
	})
}

// readAll measures read on the messages of the benchmarks, and says how many a
// second it reads.
func readAll(b *testing.B, read func(raw []byte)) {
	b.Helper()
	mails, size := benchMail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range mails {
			read(raw)
		}
	}
	b.ReportMetric(float64(len(mails)*b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkHTMLBodies and BenchmarkEnmimeHTML turn the HTML of the same
// messages, each alone in a message, into text.
func BenchmarkHTMLBodies(b *testing.B) {
	readBodies(b, func(page []byte) { readHTML(string(page)) })
}

func BenchmarkEnmimeHTML(b *testing.B) {
	head := []byte("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n")
	readBodies(b, func(page []byte) {
		_, _ = enmime.ReadEnvelope(io.MultiReader(bytes.NewReader(head), bytes.NewReader(page)))
	})
}

// readBodies measures read on the pages of the benchmarks' messages.
func readBodies(b *testing.B, read func(page []byte)) {
	b.Helper()
	mails, _ := benchMail(b)
	var pages [][]byte
	size := int64(0)
	for _, raw := range mails {
		env, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		if err != nil || env.HTML == "" {
			continue
		}
		pages, size = append(pages, []byte(env.HTML)), size+int64(len(env.HTML))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, page := range pages {
			read(page)
		}
	}
}
