package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/web"
)

var trayFolder = aup.Epoch{Mailbox: "abuse", Folder: "INBOX/in", UIDValidity: 1}

// settles is what the row of a near miss sends.
func settles(do, uid string) url.Values {
	return url.Values{"mailbox": {trayFolder.Mailbox}, "folder": {trayFolder.Folder}, "uidvalidity": {"1"}, "uid": {uid}, "do": {do}}
}

func TestSettleNearMisses(t *testing.T) {
	d, _, _, _ := filled(t)
	b := browse(t, d, lead)
	undo := `data-key="u"`
	for _, step := range []struct {
		do, uid string
		state   aup.TrayState
		open    int
		says    []string
	}{
		{"near-miss-taken", "5", aup.TrayTaken, 1, []string{"Taken: Usage policy complaint", undo, "1 to look at"}},
		{"near-miss-dismissed", "8000", aup.TrayDismissed, 0, []string{"Dismissed: &lt;script&gt;", undo, "Nothing to look at"}},
		{"near-miss-dismissed", "8000", aup.TrayDismissed, 0, []string{"Dismissed: &lt;script&gt;"}}, // the page was loaded again
		{"near-miss-restored", "8000", aup.TrayOpen, 1, []string{"Put back: &lt;script&gt;", "1 to look at"}},
		{"near-miss-dismissed", "5", aup.TrayDismissed, 1, []string{"Dismissed: Usage policy complaint", undo}},
	} {
		resp, page := b.post("/near-misses", settles(step.do, step.uid))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s: status %d", step.do, step.uid, resp.StatusCode)
		}
		contains(t, page, step.says...)
		if strings.Contains(page, undo) != (step.state != aup.TrayOpen) {
			t.Errorf("%s %s: undo is offered or is not:\n%s", step.do, step.uid, page)
		}
		if tray, err := d.NearMisses(t.Context(), true); err != nil || tray.Open != step.open {
			t.Errorf("%s %s: %d are open, want %d (%v)", step.do, step.uid, tray.Open, step.open, err)
		}
	}
	e := last(d.events())
	if e.Kind != aup.EventNearMissDismissed || e.By != "lena" || e.From != "console" {
		t.Errorf("on record is %+v", e)
	}
	_, page := b.get("/near-misses?all=1")
	contains(t, page, "Taken or dismissed", "dismissed", "lena", "Put back", `name="all" value="1"`)
	if _, page = b.get("/near-misses"); strings.Contains(page, "Usage policy complaint") {
		t.Error("the page shows what was dismissed, unasked")
	}
	_, page = b.get("/")
	contains(t, page, `<a href="/near-misses"><strong>1</strong> near misses`)
	if _, page = b.get("/mailboxes/abuse/INBOX/in"); strings.Contains(page, "Usage policy complaint") || !strings.Contains(page, ">8000</td>") {
		t.Errorf("a folder's page does not show what is to be looked at, and that alone:\n%s", page)
	}
	_, page = b.get("/mailboxes")
	contains(t, page, `<a href="/near-misses">Near misses: 1 to look at`)
}

// A message that was taken is a report a moment later: it can be put back no
// more, and the page leads to the report.
func TestTakenBecomesAReport(t *testing.T) {
	d, plain, _, _ := filled(t)
	b := browse(t, d, lead)
	b.post("/near-misses", settles("near-miss-taken", "5"))
	rows := []aup.LedgerRow{{First: 5, Last: 5, Fate: aup.Recorded, Report: plain}}
	if err := d.Account(t.Context(), trayFolder, rows, 9000); err != nil {
		t.Fatal(err)
	}
	_, page := b.get("/near-misses?all=1")
	contains(t, page, `<a href="/reports/`+string(plain)+`">`)
	if strings.Contains(page, "near-miss-restored") {
		t.Error("a report may be put back into the tray")
	}
	before := len(d.events())
	resp, page := b.post("/near-misses", settles("near-miss-restored", "5"))
	if resp.StatusCode != http.StatusConflict || len(d.events()) != before {
		t.Errorf("status %d, %d events, want 409 and %d", resp.StatusCode, len(d.events()), before)
	}
	contains(t, page, "it is report "+string(plain)+" already", "1 to look at")
}

func TestNearMissRefusals(t *testing.T) {
	d, _, _, _ := filled(t)
	b := browse(t, d, lead)
	before := len(d.events())
	for name, tc := range map[string]struct {
		form   url.Values
		status int
	}{
		"nothing":                {nil, 422},
		"another action":         {settles("decided", "5"), 422},
		"a UID of no number":     {settles("near-miss-taken", hostile), 422},
		"a UID out of range":     {settles("near-miss-taken", "4294967296"), 422},
		"a message of no match":  {settles("near-miss-taken", "8001"), 404},
		"a message not there":    {settles("near-miss-taken", "4294967295"), 404},
		"the folder made anew":   {url.Values{"mailbox": {"abuse"}, "folder": {"INBOX/in"}, "uidvalidity": {"2"}, "uid": {"5"}, "do": {"near-miss-taken"}}, 409},
		"a mailbox not of these": {url.Values{"mailbox": {hostile}, "folder": {"x"}, "uidvalidity": {"1"}, "uid": {"5"}, "do": {"near-miss-taken"}}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := b.post("/near-misses", tc.form)
			if resp.StatusCode != tc.status || strings.Contains(page, "<script>alert") {
				t.Errorf("status %d, want %d:\n%s", resp.StatusCode, tc.status, page)
			}
		})
	}
	if n := len(d.events()); n != before {
		t.Errorf("%d things are on record that were refused", n-before)
	}
	_, page := browse(t, d, reader).get("/near-misses")
	contains(t, page, "Usage policy complaint", "for those who may work on many reports")
	if strings.Contains(page, `action="/near-misses"`) {
		t.Error("a reader is offered to settle near misses")
	}
}

func TestFullTray(t *testing.T) {
	d := newWorld(t)
	rows := []aup.LedgerRow{{First: 1, Last: aup.MaxTray + 1, Fate: aup.Undecided}}
	if err := d.Account(t.Context(), trayFolder, rows, aup.MaxTray+1); err != nil {
		t.Fatal(err)
	}
	b := browse(t, d, lead)
	_, page := b.get("/near-misses")
	contains(t, page, "The first 500 of 501", ">could not be read<", "(no subject)")
	_, page = b.post("/near-misses", settles("near-miss-dismissed", "1"))
	contains(t, page, "Dismissed: (no subject)", "Undo")
	_, page = b.get("/near-misses?all=1")
	contains(t, page, "None has room here")
}

func TestWithoutTray(t *testing.T) {
	d, _, _, _ := filled(t)
	b := browse(t, d, lead, func(o *web.Options) { o.Tray = nil })
	if resp, _ := b.get("/near-misses"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d, want 404", resp.StatusCode)
	}
	for _, path := range []string{"/", "/mailboxes", "/mailboxes/abuse/INBOX/in"} {
		if _, page := b.get(path); strings.Contains(page, "/near-misses") {
			t.Errorf("%s leads to a page that is not there", path)
		}
	}
}
