package web_test

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/web"
)

func TestDownloadsAreInert(t *testing.T) {
	d, id, _, _ := filled(t)
	b := browse(t, d, lead)
	for path, name := range map[string]string{"/raw": string(id) + ".eml", "/files/3/x": string(id) + "_script_img_src_x_onerror_alert_2_2J.bin"} {
		resp, body := b.get("/reports/" + string(id) + path)
		kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != name {
			t.Errorf("%s: disposition %q, want the name %s", path, resp.Header.Get("Content-Disposition"), name)
		}
		if !strings.HasPrefix(body, hostile) || resp.Header.Get("Content-Type") != "application/octet-stream" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q with header %v", path, body, resp.Header)
		}
	}
	for _, path := range []string{"/files/3", "/files/..%2F..%2Fetc%2Fpasswd", "/preview/1"} {
		if resp, _ := b.get("/reports/" + string(id) + path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, resp.StatusCode)
		}
	}
}

func TestFileNames(t *testing.T) {
	d := newWorld(t)
	b := browse(t, d, lead)
	for sent, want := range map[string]string{
		"":                         "attachment.bin",
		"report.pdf":               "report.pdf.bin",
		`C:\Users\x\evil.exe`:      "evil.exe.bin",
		"../../etc/passwd":         "passwd.bin",
		"..":                       "attachment.bin",
		".htaccess":                "htaccess.bin",
		"a\r\nSet-Cookie: x.txt":   "a_Set-Cookie_x.txt.bin",
		"invoice\u202egpj.exe":     "invoice_gpj.exe.bin",
		"größe 1.txt":              "größe_1.txt.bin",
		strings.Repeat("a", 10000): strings.Repeat("a", 80) + ".bin",
	} {
		doc := document("x")
		doc.Attachments = []aup.Attachment{{Path: "2", Name: sent, Size: int64(len(hostile))}}
		id := d.add(sent, doc, aup.Verdict{}, now)
		resp, _ := b.get("/reports/" + string(id) + "/files/2")
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
		if got := strings.TrimPrefix(params["filename"], string(id)+"_"); err != nil || got != want {
			t.Errorf("%q is saved as %q, want %q (%v)", sent, got, want, err)
		}
	}
}

func TestPreviewIsHarmless(t *testing.T) {
	d, id, _, _ := filled(t)
	b := browse(t, d, lead)
	resp, page := b.get("/reports/" + string(id) + "/preview/2")
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.HasSuffix(csp, "sandbox") {
		t.Errorf("policy %q", csp)
	}
	_, body, _ := strings.Cut(page, "<body>")
	if want := `<p>Hello <b>there</b></p>`; !strings.HasPrefix(body, want) {
		t.Errorf("preview %q, want it to begin with %q", body, want)
	}
	for _, bad := range []string{"script", "img", "href", "form", "iframe", "style", "svg", "onclick", "onload"} {
		if strings.Contains(body, "<"+bad) || strings.Contains(body, bad+"=") {
			t.Errorf("the preview holds %s: %s", bad, body)
		}
	}
	_, page = b.get("/reports/" + string(id))
	contains(t, page, `<iframe sandbox=""`)
}

func TestWithoutContents(t *testing.T) {
	d, id, _, _ := filled(t)
	b := browse(t, d, lead, func(o *web.Options) { o.Contents, o.Ledger = nil, nil })
	for path, status := range map[string]int{"/files/3/x": 404, "/preview/2": 404, "": 200} {
		if resp, _ := b.get("/reports/" + string(id) + path); resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, status)
		}
	}
	if _, page := b.get("/reports/" + string(id)); strings.Contains(page, "<iframe") || strings.Contains(page, "/files/") {
		t.Error("the page offers what cannot be read")
	}
	for _, path := range []string{"/search?q=words", "/mailboxes/abuse/INBOX/in"} {
		if resp, _ := b.get(path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestFilterForm(t *testing.T) {
	d, _, _, _ := filled(t)
	b := browse(t, d, lead)
	for name, tc := range map[string]struct{ form, want string }{
		"a field is set":            {"q=order:queue&was=order:queue&order=queue&clause=4", "order:queue clause:4"},
		"a field is changed":        {"q=clause:3 words order:queue&was=clause:3 words order:queue&clause=4&order=queue", "words order:queue clause:4"},
		"a field is taken out":      {"q=clause:4 since:7d&was=clause:4 since:7d&clause=&since=7d", "since:7d"},
		"a quoted value":            {"q=mailbox:\"a b\"&was=mailbox:\"a b\"&mailbox=c d", `mailbox:"c d"`},
		"the box was changed":       {"q=clause:5&was=clause:4&clause=4", "clause:5"},
		"an age stays an age":       {"q=&was=&since=24h", "since:24h"},
		"an age of one's own stays": {"q=since:3d&was=since:3d&since=3d", "since:3d"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, _ := b.get("/queue?" + strings.ReplaceAll(tc.form, " ", "%20"))
			at, err := url.Parse(resp.Header.Get("Location"))
			if err != nil || resp.StatusCode != http.StatusSeeOther || at.Query().Get("q") != tc.want {
				t.Errorf("led to %q, want the query %q (%v)", at, tc.want, err)
			}
		})
	}
	_, page := b.get("/queue?q=since:3d")
	contains(t, page, `<option value="3d" selected>since 3d`)
}
