package daemon_test

import (
	"testing"
	"time"

	"aupd/internal/aup"
)

// TestTakeNearMiss takes a near miss from a running daemon's tray: it becomes a
// report without anybody asking the mailbox, and the tray says so.
func TestTakeNearMiss(t *testing.T) {
	r := run(t)
	c := dial(t, r)
	r.append(t, "From: a@b.example\r\nSubject: AUP violation\r\n\r\nUnsolicited mail.\r\n")
	var page aup.TrayPage
	for deadline := time.Now().Add(20 * time.Second); page.Open == 0; time.Sleep(time.Millisecond) {
		var err error
		if page, err = c.NearMisses(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the tray stays empty; the log:\n%s", r.log.String())
		}
	}
	who := aup.Actor{Name: "ann"}
	item, err := c.Settle(t.Context(), who, aup.Settlement{Source: page.Items[0].Source, Do: aup.EventNearMissTaken})
	if err != nil || item.State != aup.TrayTaken {
		t.Fatalf("take = %+v, %v", item, err)
	}
	got := r.wait(t)
	page, err = c.NearMisses(t.Context(), true)
	if err != nil || page.Open != 0 || len(page.Items) != 1 || page.Items[0].Report != got.ID || page.Items[0].By != "ann" {
		t.Errorf("the tray then: %+v, %v; want report %s by ann", page, err, got.ID)
	}
	rep, err := c.Report(t.Context(), got.ID)
	if err != nil || rep.Subject != "AUP violation" || len(rep.Findings) == 0 {
		t.Errorf("the report: %+v, %v; want it classified", rep, err)
	}
}
