//go:build integration

package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/internal/imaptest"
	"aupd/testdata"
)

var backlog = flag.Int("backlog", 10_000, "how many reports TestAtRest has")

// watched is how many of them lie in each of the twenty mailboxes.
const watched = 300

// mostResident is what aupd may have in memory at rest beside the files that it
// maps: some 55 MB, of which more than half is the program, and what differs from
// one machine to the next.
const mostResident = 60 << 20

// TestAtRest watches twenty mailboxes in which nothing happens: it takes next
// to no time of the processor and little memory, and new mail is there in a
// moment, once, seen in twenty places.
func TestAtRest(t *testing.T) {
	const mailboxes, lasts = 20, 10 * time.Second
	d, err := imaptest.StartDovecot(t.Context(), imaptest.DovecotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range watched {
		if err := d.Deliver("INBOX", killMessage(3*i+2)); err != nil {
			t.Fatal(err)
		}
	}
	// One account, under twenty names: the mail is the same.
	var more strings.Builder
	admin := freeAddr(t)
	for i := range mailboxes - 1 {
		fmt.Fprintf(&more, "  - {name: m%d, url: \"imap://%s\", username: u%d, password_env: AUPD_TEST_PASSWORD}\n", i, d.Addr, i)
	}
	fmt.Fprintf(&more, "http: {listen: \"\"}\nadmin: {listen: \"%s\"}\n", admin)
	config := configure(t, d.TLSAddr, d.Certificate.PEM, more.String())
	bin := build(t)
	fill(t, bin, config, *backlog-watched)
	var cmd *exec.Cmd
	start := func(recorded int) {
		t.Helper()
		cmd = exec.CommandContext(t.Context(), bin, "--config", config, "serve")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		restDone(t, admin, mailboxes, recorded)
	}
	stop := func() {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve ended with %v after SIGTERM", err)
		}
	}
	start(mailboxes * watched)
	stop()
	start(0)                    // it knows all of it
	time.Sleep(6 * time.Second) // into IDLE, and what the start took is given back
	before := metrics(t.Context(), admin)
	time.Sleep(lasts)
	after := metrics(t.Context(), admin)
	used := (after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]) / lasts.Seconds()
	own, mapped := resident(t, cmd.Process.Pid, filepath.Dir(config))
	t.Logf("%d mailboxes, %d reports: %.2f %% of a processor, heap %.0f MB, resident %d MB and %d MB of mapped files, %.0f goroutines", mailboxes, *backlog, 100*used,
		after["go_memstats_heap_inuse_bytes"]/(1<<20), own>>20, mapped>>20, after["go_goroutines"])
	if own > mostResident {
		t.Errorf("%d MB resident at rest, want at most %d", own>>20, mostResident>>20)
	}
	if used > 0.005 {
		t.Errorf("%.1f %% of a processor at rest, want less than 0.5", 100*used)
	}
	if err := d.Deliver("INBOX", killMessage(100_000)); err != nil {
		t.Fatal(err)
	}
	restDone(t, admin, mailboxes, mailboxes)
	if n := len(listed(t, bin, config)); n != *backlog+1 {
		t.Errorf("%d reports, want %d", n, *backlog+1)
	}
	stop()
}

// fill records n messages from an archive: those of the samples that match, each
// a case of its own every time.
func fill(t *testing.T, bin, config string, n int) {
	t.Helper()
	var b bytes.Buffer
	samples := slices.DeleteFunc(testdata.Mail(), func(s testdata.Sample) bool { return s.Selected != "yes" })
	for i := range n {
		fmt.Fprintf(&b, "From r@reporter.example Thu Jan  1 00:00:00 2026\r\nX-Case: %d\r\n%s\r\nCase %d: our customer %d saw 198.51.%d.%d do it.\r\n\r\n",
			i, samples[i%len(samples)].Raw, i, i*7919%1000, i/250%100, i%250)
	}
	archive := filepath.Join(t.TempDir(), "archive.mbox")
	if err := os.WriteFile(archive, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ingest", archive}, {"search", "customer"}} { // who searches without a daemon makes the index
		if out, err := exec.CommandContext(t.Context(), bin, append([]string{"--config", config}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%.1000s", args[0], err, out)
		}
	}
}

// resident returns how many bytes of a process are in memory: its own, and those
// of files that it has mapped from a folder, which the system takes back when it
// needs room.
func resident(t *testing.T, pid int, folder string) (own, mapped int64) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	of := &own
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		switch {
		case fields[0] == "Rss:":
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			*of += kb << 10
		case strings.HasSuffix(fields[0], ":"):
		case len(fields) > 5 && strings.HasPrefix(fields[5], folder):
			of = &mapped
		default:
			of = &own
		}
	}
	return own, mapped
}

// restDone waits until every mailbox is known and so many messages, or sights
// of them, were recorded.
func restDone(t *testing.T, admin string, mailboxes, recorded int) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		m := metrics(t.Context(), admin)
		if m["aupd_mailbox_polls_total"] >= float64(mailboxes) && m["aupd_mailbox_connected"] == float64(mailboxes) &&
			m["aupd_messages_total"] == float64(recorded) && m["aupd_mailbox_waiting_messages"] == 0 {
			return
		}
		if time.Since(start) > 5*time.Minute {
			t.Fatalf("%v of %d recorded after %v", m["aupd_messages_total"], recorded, time.Since(start))
		}
	}
}
