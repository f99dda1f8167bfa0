package evidence

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHostile reads messages that are made to cost time: each grows what some
// step might do again and again. Linear work on any of them takes a fraction of
// a second, quadratic work takes minutes; the bound leaves room for the race
// detector.
func TestHostile(t *testing.T) {
	const size, whole, most = 4 << 20, 256 << 10, 10 * time.Second
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	count := func(n int, one func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(one(i))
		}
		return b.String()
	}
	page := "Subject: x\nContent-Type: text/html\n\n"
	nested := count(maxDepth, func(i int) string {
		return fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	})
	for name, raw := range map[string]string{
		"delimiters that are none": nested + "\n" + fill("--b\n"),
		"long delimiter":           nested + "\n--" + fill("b"),
		"parts":                    "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\n\nx\n"),
		"parts with long headers":  "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\n"+strings.Repeat("A: b\n", 1000)+"\nx\n"),
		"guessed boundaries":       count(maxParts, func(int) string { return "Content-Type: multipart/mixed\n\n--b\n" }) + fill("-- x\n"),
		"messages in messages":     fill("Content-Type: message/rfc822\n\n"),
		"one header":               fill("A: b\n"),
		"one field":                "Subject: " + fill("x\n "),
		"no field":                 "Subject: x\n" + fill("none\nA: b\n"),
		"encoded words":            "Subject: " + fill("=?utf-8?q?x?= "),
		"beginnings of words":      "Subject: " + fill("=?a?x?"),
		"unended words":            "Subject: " + fill("=?a?q?=?="),
		"addresses":                "From: " + fill("a@b.example, "),
		"quotes":                   "From: " + fill(`"a, `),
		"parameters":               "Content-Type: text/plain" + fill("; a*0*=b"),
		"open elements":            page + fill("<div>"),
		"stray ends":               page + strings.Repeat("<b>", maxElements) + fill("</i>"),
		"attributes":               page + "<p " + fill("a=b "),
		"less than":                page + fill("<"),
		"ampersands":               page + fill("&#"),
		"comments":                 page + fill("<!--"),
		"links":                    page + fill("<a href=http://a.example/>x"),
		"styles":                   page + "<style>" + count(500, func(i int) string { return fmt.Sprintf(".c%d{color:#fff;%s}", i, strings.Repeat("left:0;", 400)) }) + "</style>" + fill("<b class='c1 c2 c3 c4 c5 c6 c7'>x</b>"),
		"style sheets":             page + fill("<style>.a{color:red}/*</style>"),
		"selectors":                page + "<style>" + count(maxRules, func(int) string { return ".a .a .a .a .a .a .a .b{color:red}" }) + "</style>" + fill("<i class=a><b class=b>x</b>"),
		"at-rules":                 page + "<style>" + fill("@media all{") + "</style>x",
		"comments for some":        page + fill("<!--[if mso]>"),
		"pages for some":           page + fill("<!--[if mso]>x<![endif]-->"),
		"drawings":                 page + fill("<svg><style><p>x"),
		"late styles":              page + fill("x<style>.a{color:red}</style>"),
		"uuencode":                 "\n" + fill("begin 644 x\nM\n"),
		"yEnc":                     "\nbegin \n=yend\n" + fill("=ybegin name=x\n"),
		"flowed":                   "Content-Type: text/plain; format=flowed\n\n" + fill("> x \n"),
		"8-bit":                    "\n" + fill("\xe4\xf6 \xfc"),
		"mbox":                     "Content-Type: application/mbox\n\n" + fill("From a 2026\n\nSubject: x\n\n"),
		"groups of RTF":            "Content-Type: application/rtf\n\n{\\rtf" + fill("{") + fill("}"),
		"characters of RTF":        "Content-Type: application/rtf\n\n{\\rtf\\ansicpg99999 " + fill(`\'e4{}`),
		"code pages of RTF":        "Content-Type: application/rtf\n\n{\\rtf" + fill(`\ansicpg1251\'e4`),
		"carriage returns":         "Subject: x\r\rA\r" + fill("\r"),
		"zeros":                    "Subject: x\n\n" + fill("\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			start := processorTime(t)
			b := walked([]byte(raw))
			took := processorTime(t) - start
			t.Logf("%v, %d parts, %d problems", took.Round(time.Millisecond), len(b.doc.Parts), len(b.doc.Problems))
			if took > most {
				t.Errorf("took %v, want less than %v", took, most)
			}
			raw = raw[:min(len(raw), whole)]
			start = processorTime(t)
			Parse(strings.NewReader(raw), int64(len(raw)), Options{})
			if took := processorTime(t) - start; took > most {
				t.Errorf("the beginning with all its meaning took %v, want less than %v", took, most)
			}
		})
	}
}

// TestHostilePieces reads headers of many pieces whose charset is not known: to
// guess it costs much more than to read them.
func TestHostilePieces(t *testing.T) {
	const most = 384 << 20
	piece := strings.Repeat("\xe4 =?x?q?=E4?= ", 1000)
	addresses, params := "", ""
	for _, name := range []string{"From", "Sender", "Reply-To", "To", "Cc"} {
		addresses += name + ": " + strings.Repeat("=?x?q?=E4?= <a@b.example>, ", maxAddresses) + "\n"
	}
	for i := range maxParams {
		params += fmt.Sprintf("; p%d*=%%E4", i)
	}
	part := "--b\nContent-Type: %s\n\n\x00\n"
	mixed := "Content-Type: multipart/mixed; boundary=b\n\n"
	for name, raw := range map[string]string{
		"fields":     mixed + strings.Repeat("--b\nContent-Type: message/rfc822\n\n"+strings.Repeat("A: "+piece+"\n", 15)+"\nx\n", 16),
		"few fields": mixed + strings.Repeat("--b\nContent-Type: message/rfc822\n\n"+strings.Repeat("A: \xe4\n", 999)+"\nx\n", 150),
		"addresses":  mixed + strings.Repeat("--b\nContent-Type: message/rfc822\n\n"+addresses+"\nx\n", 150),
		"names":      mixed + strings.Repeat(fmt.Sprintf(part, "application/x; name=\""+piece[:4000]+"\""), 900),
		"parameters": mixed + strings.Repeat(fmt.Sprintf(part, "application/x"+params), 900),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b := walked([]byte(raw))
			runtime.ReadMemStats(&after)
			got := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d bytes, %d allocated, %d entities", len(raw), got, b.tally.entities)
			if got > most {
				t.Errorf("reading %d bytes allocated %d, want at most %d", len(raw), got, most)
			}
		})
	}
}
