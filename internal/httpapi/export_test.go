package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/export"
	"aupd/internal/store/storetest"
)

func TestExports(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "=1+1", Source: "203.0.113.9"}, storetest.Letter{Subject: "two", Source: "203.0.113.8"},
		storetest.Letter{Subject: "not decided", Source: "203.0.113.7"}, storetest.Letter{Subject: "sealed", Source: "203.0.113.6", Sealed: true})
	for i, saw := range []string{"2", "4", "", "8"} {
		if saw != "" {
			o.ask(o.act(o.ids[i], strings.Replace(decide, "{", `{"saw":`+saw+`,`, 1)), 200, nil)
		}
	}
	reader := []aup.UserRole{aup.RoleReader}
	get := func(path, mediaType string, roles ...aup.UserRole) string {
		w := o.ask(call{path: path, roles: append(reader, roles...)}, 200, nil)
		if got := w.Header().Get("Content-Type"); got != mediaType {
			t.Errorf("%s: Content-Type %q, want %q", path, got, mediaType)
		}
		return w.Body.String()
	}
	rows, err := csv.NewReader(strings.NewReader(get("/reports.csv?clause=4", "text/csv"))).ReadAll()
	if err != nil || len(rows) != 5 || rows[4][4] != "'=1+1" || rows[1][4] != "" {
		t.Errorf("the table: %q, %v", rows, err)
	}
	var stix struct {
		Objects []struct{ Type, Pattern string }
	}
	if err := json.Unmarshal([]byte(get("/stix", "application/stix+json;version=2.1")), &stix); err != nil || len(stix.Objects) != 1+3+2 {
		t.Errorf("STIX: %+v, %v", stix, err)
	}
	const text = "text/plain; charset=utf-8"
	const head = " of 3 decided violations, as of event 11 of aupd's log.\n"
	if got := get("/blocklists/ips", text); got != "# ips"+head+"203.0.113.8/31\n" {
		t.Errorf("the list: %q", got)
	}
	if got := get("/blocklists/ips", text, aup.RoleCleared); got != "# ips"+head+"203.0.113.6/32\n203.0.113.8/31\n" {
		t.Errorf("the list for those who are cleared: %q", got)
	}
	if got := get("/blocklists/postfix?indicator=203.0.113.9", text); !strings.HasSuffix(got, "\n203.0.113.9 REJECT report "+string(o.ids[0])+"\n") {
		t.Errorf("the access map: %q", got)
	}
	o.ask(call{path: "/blocklists/hosts"}, 422, nil)
	o.ask(call{path: "/reports.csv?outcome=sung"}, 422, nil)
}

func TestBundleByTheAPI(t *testing.T) {
	o := newOffice(t, storetest.Letter{Subject: "one"}, storetest.Letter{Subject: "sealed", Sealed: true})
	path := "/reports/" + string(o.ids[0]) + "/bundle"
	o.ask(call{path: path}, 403, nil)
	auditor := []aup.UserRole{aup.RoleAuditor}
	w := o.ask(call{path: path, roles: auditor}, 200, nil)
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="`+string(o.ids[0])+`.zip"` {
		t.Errorf("Content-Disposition %q", got)
	}
	checks, err := export.Verify(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()), "")
	if err != nil || len(checks) < 10 {
		t.Fatalf("%d checks, %v", len(checks), err)
	}
	for _, c := range checks {
		if c.Fault != "" {
			t.Errorf("%s: %s", c.Name, c.Fault)
		}
	}
	var got bytes.Buffer
	c := serve(t, o.backend())
	if err := c.Bundle(t.Context(), o.ids[0][:4], &got); err != nil || !bytes.Equal(got.Bytes(), w.Body.Bytes()) {
		t.Errorf("the client has %d bytes, want %d, %v", got.Len(), w.Body.Len(), err)
	}
	if err := c.Bundle(t.Context(), "zzzz", &got); !errors.Is(err, aup.ErrNotFound) {
		t.Errorf("of no report: %v", err)
	}

	sealed := "/reports/" + string(o.ids[1]) + "/bundle"
	o.ask(call{path: sealed, roles: auditor}, 403, nil)
	o.ask(call{path: sealed, by: "carol", roles: append(auditor, aup.RoleCleared)}, 200, nil)
	var log aup.EventPage
	o.ask(call{path: "/reports/" + string(o.ids[1]) + "/events?after=4"}, 200, &log)
	if len(log.Events) != 1 || log.Events[0].Kind != aup.EventOpened || log.Events[0].By != "carol" {
		t.Errorf("the opening: %+v", log.Events)
	}
}
