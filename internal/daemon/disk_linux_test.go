package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/httpapi"
	"aupd/internal/search"
	"aupd/internal/store/storetest"
)

// health waits until the daemon answers with that status, and returns the rest
// of its answer.
func (r *running) health(t *testing.T, want int) string {
	t.Helper()
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		status, body := get(t, "http://"+r.at.Admin+"/readyz", "")
		if status == want {
			return body
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("after 20 s health is %d %s, want %d; the log:\n%s", status, body, want, r.log.String())
		}
	}
}

// A disk that turns read-only while the daemon serves: health says so and what
// to do, nothing is counted as recorded, what is there can be read, and all goes
// on by itself once the disk takes writes again.
func TestDiskFails(t *testing.T) {
	r := run(t)
	r.append(t, report)
	first := r.wait(t)
	r.health(t, 200)
	mend := storetest.FailWrites(t, r.cfg.Data)
	r.append(t, strings.Replace(report, "bulk", "junk", 1))

	const says = "the disk does not take what is written: look for its faults in the system's log"
	if body, want := r.health(t, 503), "data folder "+r.cfg.Data+": "+says; !strings.Contains(body, want) || strings.Count(body, "\n") != 1 {
		t.Errorf("health says %q, want one line with %q", body, want)
	}
	c, err := httpapi.Dial(t.Context(), r.at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Report(t.Context(), first.ID); err != nil {
		t.Errorf("what was recorded cannot be read: %v", err)
	}
	if _, err := c.Submit(t.Context(), "a.eml", strings.NewReader(report+"more")); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("Submit = %v, want one that says %q", err, says)
	}
	if _, metrics := get(t, "http://"+r.at.Admin+"/metrics", ""); !strings.Contains(metrics, `aupd_messages_total{outcome="violation"} 1`) ||
		!strings.Contains(metrics, `aupd_mailbox_messages_total{fate="recorded",folder="INBOX",mailbox="support"} 1`) {
		t.Errorf("what was not recorded is counted:\n%s", metrics)
	}
	mend()
	if got := r.wait(t); !got.New {
		t.Errorf("receipt %+v, want a new report", got)
	}
	r.health(t, 200)
	if a, err := c.Verify(t.Context()); err != nil || len(a.Faults) > 0 || a.Reports != 2 {
		t.Errorf("Verify = %+v, %v", a, err)
	}
}

// A disk that takes no search index for a while leaves the search behind, and
// does not end it.
func TestSearchGoesOn(t *testing.T) {
	r := run(t)
	files := filepath.Join(r.cfg.Data, search.FolderName, "store")
	if err := os.Rename(files, files+"-away"); err != nil {
		t.Fatal(err)
	}
	r.append(t, report)
	r.wait(t)
	for start := time.Now(); !strings.Contains(r.log.String(), "the search stands still"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("the log does not say that the search stands still:\n%s", r.log.String())
		}
	}
	if err := os.Rename(files+"-away", files); err != nil {
		t.Fatal(err)
	}
	c, err := httpapi.Dial(t.Context(), r.at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		page, err := c.Search(t.Context(), aup.Query{Text: "unsolicited"})
		if err == nil && len(page.Hits) == 1 {
			return
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("not found 20 s after the disk was mended: %v; the log:\n%s", err, r.log.String())
		}
	}
}
