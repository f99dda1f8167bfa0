//go:build integration

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestConsoleByKeyboard triages five reports without a mouse, meets a stale
// decision, and takes things back.
func TestConsoleByKeyboard(t *testing.T) {
	d := startDemo(t)
	b := openTab(t, d.base)
	b.open("/")
	b.leave("n")
	for range 5 {
		if at := b.at(); !strings.HasPrefix(at, "/reports/") {
			t.Fatalf("the next report is at %s", at)
		}
		b.says("Yours until", "What the reporter says")
		b.key("d")
		b.leave(kb.Enter)
	}
	b.says("Decided: violation", "Undo")
	b.open("/queue?q=state:decided")
	b.says("5 reports")
	b.key("jj")
	b.leave("o")
	b.says("as classified")
	b.leave("n")
	b.key("d")
	b.leave(kb.Enter)
	b.leave("u")
	b.says("Undone.")
	b.open("/queue?q=state:decided")
	b.says("5 reports")
	b.quiet("triage")

	search := func(text string) {
		b.key("/")
		// The driver types the slash as well, which a keyboard does not.
		eval[bool](b, `document.activeElement.select(), true`)
		b.key(text + kb.Enter)
	}
	search("state:nowhere")
	b.until(`document.body.innerText.includes('state "nowhere": want one of')`)
	search("clause:4 state:new")
	b.until(`document.readyState === "complete" && document.querySelector("#q").value === "clause:4 state:new" && document.querySelector("[name=was]").value === "clause:4 state:new"`)
	b.key(kb.Escape + "j")
	b.leave("c")
	b.says("Claimed.")
	b.key("?")
	if !eval[bool](b, `document.querySelector("#keys").open`) {
		t.Error("? shows no help")
	}
	b.quiet("queue")
}

func TestConsoleConflict(t *testing.T) {
	d := startDemo(t)
	b := openTab(t, d.base)
	b.open("/")
	b.leave("n")
	report := b.at()
	form := url.Values{"do": {"tagged"}, "add": {"seen-by-another"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.base+report+"/act", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	eval[bool](b, `document.querySelector(".decide textarea").focus(), true`)
	b.key("my own thoughts")
	eval[bool](b, `document.querySelector(".decide [value=next]").focus(), true`)
	b.leave(kb.Enter)
	b.says("This report changed while you were looking at it", "+seen-by-another")
	if got := eval[string](b, `document.querySelector(".decide textarea").value`); got != "my own thoughts" {
		t.Errorf("what was written is now %q", got)
	}
	b.key("d")
	b.leave(kb.Enter)
	b.says("Decided: violation")
	b.quiet("conflict")
}

func TestConsoleBulk(t *testing.T) {
	d := startDemo(t)
	b := openTab(t, d.base)
	b.open("/queue")
	b.key("jxjx")
	eval[bool](b, `document.querySelector("details.bulk").open = true, document.querySelector("button[value=closed]").focus(), true`)
	b.leave(kb.Enter)
	b.says("Before it is done", "2 of 2 reports would change")
	b.open("/queue?q=state:closed")
	b.says("No report matches")
	b.open("/queue")
	b.key("jxjx")
	eval[bool](b, `document.querySelector("details.bulk").open = true, document.querySelector("button[value=closed]").focus(), true`)
	b.leave(kb.Enter)
	b.leave("d")
	b.says("2 of 2 reports changed")
	b.leave("u")
	b.says("2 of 2 reports changed")
	b.open("/queue?q=state:closed")
	b.says("No report matches")
	b.quiet("bulk")
}

// hostileMail does in HTML and text whatever a mail could try.
func hostileMail() string {
	const evil = `<script>window.pwned=1</script><img src="http://evil.example/x.png" onerror="window.pwned=2">` +
		`<a href="javascript:window.pwned=3">click</a><style>body{display:none}@import "http://evil.example/x.css";</style>` +
		`<link rel="stylesheet" href="http://evil.example/y.css"><svg onload="window.pwned=4"><iframe src="http://evil.example/"></iframe>` +
		`<form action="http://evil.example/"><input name=x autofocus onfocus="window.pwned=5"></form><base href="http://evil.example/">`
	head := "From: \"" + strings.ReplaceAll(evil, `"`, "'") + "\" <x@evil.example>\r\nSubject: Acceptable Use Policy " + evil + "\r\nMIME-Version: 1.0\r\n"
	return head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>spam</p>" + evil + `<meta http-equiv="refresh" content="0;url=http://evil.example/">` +
		"\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + evil + "\r\n" + strings.Repeat("A", 10<<20) +
		"\r\n--b\r\nContent-Type: text/html; name=\"../../<script>.html\"\r\nContent-Disposition: attachment; filename=\"../../<script>.html\"\r\n\r\n" + evil + "\r\n--b--\r\n"
}

// ingest takes a message in by command.
func (d demo) ingest(mail string) {
	d.t.Helper()
	file := filepath.Join(d.t.TempDir(), "mail.eml")
	if err := os.WriteFile(file, []byte(mail), 0o600); err != nil {
		d.t.Fatal(err)
	}
	out, err := exec.CommandContext(d.t.Context(), d.bin, "ingest", "--data", d.data, file).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%v\n%s", err, out)
	}
}

// wideMail is longer in everything than a screen is wide.
func wideMail() string {
	mail := "From: \"أمن المعلومات\" <a@" + strings.Repeat("long-name.", 12) + "example>\r\nSubject: Acceptable Use Policy " + strings.Repeat("x", 900) +
		"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"صفحة تصيد https://" + strings.Repeat("login.", 20) + "example/ spam phishing malware\r\n"
	for i := range 60 {
		mail += fmt.Sprintf("203.0.113.%d sshd: Failed password for root\r\n", i)
	}
	for i := range 40 {
		mail += fmt.Sprintf("--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=%s-%d.txt\r\n\r\nseen\r\n", strings.Repeat("shot", 30), i)
	}
	return mail + "--b--\r\n"
}

func TestConsoleHostileMail(t *testing.T) {
	d := startDemo(t)
	d.ingest(hostileMail())
	b := openTab(t, d.base)
	b.open("/queue?q=reporter:evil.example")
	b.key("j")
	b.leave("o")
	b.says("<script>window.pwned=1</script>", "The text is longer than this page shows")
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), true`)
	b.until(`performance.getEntriesByType("resource").some((e) => e.name.includes("/preview/") && e.responseEnd > 0)`)
	for _, path := range []string{b.at(), "/", "/queue?q=", "/search?q=reporter:evil.example", "/numbers", "/cases"} {
		b.open(path)
		if eval[bool](b, `window.pwned !== undefined || getComputedStyle(document.body).display === "none"`) {
			t.Errorf("%s: the mail did something", path)
		}
		if at := b.at(); at != path {
			t.Errorf("%s led to %s", path, at)
		}
	}
	b.quiet("hostile mail")
}

var reportAt = regexp.MustCompile(`href="(/reports/[a-z0-9-]+)"`)

// sharedHash is what two reports of the demo name, a word that is longer than a
// telephone is wide.
const sharedHash = "5d1c0b7e2f9a4c3380aa71e2bb04d9f6e1c2a7738890aa1fd2c99be0417a6650"

// pages returns the address of one page of each kind, with something on it.
func (d demo) pages() []string {
	d.t.Helper()
	out := []string{"/", "/queue", "/queue?q=clause:99", "/queue?q=outcome:review+severity:critical+since:24h", "/queue?q=state:x", "/cases", "/search", "/policy", "/numbers", "/mailboxes", "/mailboxes/demo/INBOX", "/near-misses", "/near-misses?all=1", "/reports/nope"}
	out = append(out, d.listed("/queue")[:4]...)
	out = append(out, d.listed("/queue?q=indicator:203.0.113.7")[:1]...)
	return append(out, d.listed("/queue?q=indicator:" + sharedHash)[:2]...)
}

// listed returns the addresses of the reports that a page lists.
func (d demo) listed(path string) (out []string) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.base+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	list, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, m := range reportAt.FindAllSubmatch(list, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// TestConsolePages opens every page on a wide screen and on a phone's, light
// and dark: nothing is refused by the pages' own policy, nothing runs off the
// screen, and axe-core finds no serious fault.
func TestConsolePages(t *testing.T) {
	axe, err := os.ReadFile(os.Getenv("AUPD_AXE"))
	if err != nil {
		t.Fatalf("AUPD_AXE must name the file axe.min.js of axe-core 4.14.1 (npm pack axe-core@4.14.1): %v", err)
	}
	d := startDemo(t)
	d.ingest(wideMail())
	b := openTab(t, d.base)
	b.open("/near-misses")
	b.press("table.tray [value=near-miss-dismissed]")
	b.sound(string(axe), d.pages()...)
	d.addUser("ann", "lead") // the page to sign in on is for those who are not
	b.sound(string(axe), "/login")
}

// sound looks at pages in every size and theme.
func (b *tab) sound(axe string, paths ...string) {
	b.t.Helper()
	for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
		b.do(chromedp.EmulateViewport(size[0], size[1]))
		for _, theme := range []string{"light", "dark"} {
			b.theme(theme)
			for _, path := range paths {
				where := fmt.Sprintf("%s, %s, %d wide", path, theme, size[0])
				b.open(path)
				if at := b.at(); at != path {
					b.t.Errorf("%s led to %s", where, at)
				}
				if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					b.t.Errorf("%s: %d pixels run off the screen", where, over)
				}
				for _, field := range eval[[]string](b, cutOff) {
					b.t.Errorf("%s: %s is cut off", where, field)
				}
				b.quiet(where)
				eval[bool](b, axe+"\n;true")
				for _, fault := range eval[[]string](b, faults) {
					b.t.Errorf("%s: %s", where, fault)
				}
			}
		}
	}
}

// cutOff is a script that returns what is chosen in fields that do not show it
// whole.
const cutOff = `[...document.querySelectorAll("select")].filter((e) => {
	const s = getComputedStyle(e), pen = document.createElement("canvas").getContext("2d");
	pen.font = s.fontWeight + " " + s.fontSize + " " + s.fontFamily;
	const room = e.clientWidth - parseFloat(s.paddingLeft) - parseFloat(s.paddingRight);
	return e.checkVisibility() && pen.measureText(e.selectedOptions[0].text).width > room;
}).map((e) => e.name + ": " + e.selectedOptions[0].text)`

// faults is a script that returns what axe-core finds serious.
const faults = `axe.run().then((r) => r.passes.length < 10 ? ["axe-core looked at nothing"] : r.violations
	.filter((v) => v.impact === "serious" || v.impact === "critical")
	.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + ": " + n.html.slice(0, 200) + " " + n.failureSummary.slice(0, 300))))`
