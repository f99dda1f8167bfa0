package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aupd/testdata"
)

// BenchmarkParseMailbox reads what a mailbox of reports holds: some KB of text
// in many languages, half of it with an HTML alternative, one message in ten
// with a file of 50 to 200 KB. It counts the time of the processor, which a
// busy machine takes little from.
func BenchmarkParseMailbox(b *testing.B) {
	const messages = 500
	rng := rand.New(rand.NewPCG(1, 1))
	paragraphs := sampleParagraphs()
	raws := make([][]byte, 0, messages)
	for i := range messages {
		raws = append(raws, mailboxMessage(rng, i, paragraphs))
	}
	opt := Options{PolicyText: NewPolicyText(nil, paragraphs[:20]...)}
	b.ReportAllocs()
	start := processorTime(b)
	for b.Loop() {
		for _, raw := range raws {
			Parse(bytes.NewReader(raw), int64(len(raw)), opt)
		}
	}
	took := processorTime(b) - start
	b.ReportMetric(float64(took.Microseconds())/float64(messages*b.N), "processor-µs/message")
}

func mailboxMessage(rng *rand.Rand, i int, paragraphs []string) []byte {
	var text, b bytes.Buffer
	for size := 500 + rng.IntN(4500); text.Len() < size; {
		text.WriteString(paragraphs[rng.IntN(len(paragraphs))] + "\r\n\r\n")
	}
	fmt.Fprintf(&b, "From: Reporter %d <r%d@reporter.example>\r\nTo: support@provider.example\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n"+
		"Message-ID: <%d@reporter.example>\r\nSubject: Acceptable Use Policy, case %d\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"+
		"--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", i, i, i, i, &text)
	if i%2 == 0 {
		fmt.Fprintf(&b, "--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>%s</p></body></html>\r\n",
			strings.ReplaceAll(html.EscapeString(text.String()), "\r\n\r\n", "</p>\r\n<p>"))
	}
	b.WriteString("--inner--\r\n")
	if i%10 == 0 {
		data := make([]byte, 50_000+rng.IntN(150_000))
		for at := range data {
			data[at] = byte(rng.Uint32())
		}
		b.WriteString("--outer\r\nContent-Type: application/octet-stream; name=evidence.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for line := range slices.Chunk(base64.StdEncoding.AppendEncode(nil, data), 76) {
			b.Write(append(line, "\r\n"...))
		}
	}
	b.WriteString("--outer--\r\n")
	return b.Bytes()
}

// sampleParagraphs returns those of the sample mail.
func sampleParagraphs() (all []string) {
	for _, s := range testdata.Mail() {
		_, body, _ := strings.Cut(string(s.Raw), "\r\n\r\n")
		for p := range strings.SplitSeq(body, "\r\n\r\n") {
			if len(p) > 40 && len(p) < 2000 && !strings.Contains(p, "Content-") && !strings.Contains(p, "--") {
				all = append(all, strings.ToValidUTF8(p, "?"))
			}
		}
	}
	return all
}
