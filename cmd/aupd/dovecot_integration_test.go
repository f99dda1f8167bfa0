//go:build integration

package main_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
)

// configure writes a configuration for the mailbox at addr and returns its file.
func configure(t *testing.T, addr string, ca []byte, more string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "aupd.yaml")
	yaml := fmt.Sprintf("data: %s/data\nmailboxes:\n  - name: support\n    url: imaps://%s\n    ca_file: %s\n    username: %s\n    password_env: AUPD_TEST_PASSWORD\n%s",
		dir, addr, filepath.Join(dir, "ca.pem"), imaptest.Username, more)
	t.Setenv("AUPD_TEST_PASSWORD", imaptest.Password)
	for name, data := range map[string][]byte{filepath.Join(dir, "ca.pem"): ca, file: []byte(yaml)} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// mixture returns n messages, one in twenty of which matches, in every form of
// subject in turn; one in fifty nearly matches. Message-IDs repeat. wanted holds
// the hashes of the matching ones.
func mixture(n int) (raws [][]byte, wanted map[string]int) {
	forms := imaptest.Subjects()
	names := slices.Sorted(maps.Keys(forms))
	wanted = make(map[string]int)
	for i := range n {
		subject := fmt.Sprintf(" Weekly figures %d", i)
		switch {
		case i%20 == 0:
			subject = forms[names[i/20%len(names)]]
		case i%50 == 1:
			subject = " Acceptable Usage Policy"
		}
		raw := fmt.Appendf(nil, "From: r%d@reporter.example\r\nMessage-ID: <%d@reporter.example>\r\nSubject:%s\r\n\r\nAccount %d sends spam.\r\n%s",
			i, i%100, subject, i, strings.Repeat("line after line\r\n", i%200))
		raws = append(raws, raw)
		if i%20 == 0 {
			wanted[aup.Hash(sha256.Sum256(raw)).String()] = 1
		}
	}
	return raws, wanted
}

// maildir returns the names in a Maildir, which hold the flags.
func maildir(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(n string) bool { return filepath.Base(filepath.Dir(n)) == "tmp" })
}

// TestDovecot takes the whole way with a real server: exactly what matches is
// recorded, whatever its form, a second pass records nothing, the mailbox is
// as it was, and new mail is there in a moment.
func TestDovecot(t *testing.T) {
	d, err := imaptest.StartDovecot(t.Context(), imaptest.DovecotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	config := configure(t, d.TLSAddr, d.Certificate.PEM, "http: {listen: \"\"}\nadmin: {listen: \"\"}\n")
	raws, want := mixture(4000)
	if err := d.Deliver("INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	before := maildir(t, d.Maildir("INBOX"))
	bin := build(t)
	aupd := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), bin, append([]string{"--config", config}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("aupd %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, say := range []string{"200 recorded, 0 known already, 3720 not-selected, 80 near-miss", "0 recorded, 0 known already"} {
		if out := aupd("ingest"); !strings.HasPrefix(out, say) {
			t.Errorf("ingest said %q, want %q", out, say)
		}
	}
	got := make(map[string]int)
	for _, r := range listed(t, bin, config) {
		got[r.SHA256.String()]++
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
	aupd("reconcile")
	aupd("verify")
	if d := cmp.Diff(before, maildir(t, d.Maildir("INBOX"))); d != "" || len(before) != len(raws) {
		t.Errorf("the mailbox changed:\n%s", d)
	}

	serve := exec.CommandContext(t.Context(), bin, "--config", config, "serve")
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return strings.Contains(aupd("status"), "connected") })
	time.Sleep(time.Second) // into IDLE
	start := time.Now()
	if err := d.Deliver("INBOX", killMessage(100_000)); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return strings.Contains(aupd("status", "--json"), `"reports":201,`) })
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("new mail was recorded after %v, want 2s at most", took)
	}
	if out := aupd("ingest"); !strings.HasPrefix(out, "0 recorded") {
		t.Errorf("ingest through the daemon said %q", out)
	}
	aupd("reconcile")
	aupd("verify")
	if out := aupd("backup", filepath.Join(t.TempDir(), "copy.db")); !strings.Contains(out, "201 reports, verified") {
		t.Errorf("backup through the daemon said %q", out)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("serve ended with %v after SIGTERM", err)
	}
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 30s")
		}
	}
}
