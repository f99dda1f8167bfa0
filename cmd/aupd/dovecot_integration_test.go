//go:build integration

package main_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// TestDovecot takes the whole way with a real server: exactly what matches is
// recorded, a second pass records nothing, and new mail is there in a moment.
func TestDovecot(t *testing.T) {
	d, err := imaptest.StartDovecot(t.Context(), imaptest.DovecotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	config := configure(t, d.TLSAddr, d.Certificate.PEM, "http: {listen: \"\"}\nadmin: {listen: \"\"}\n")
	var raws [][]byte
	want := make(map[string]int)
	for i := range 4000 {
		raw := killMessage(3 * i) // does not match
		if i%20 == 0 {
			raw = killMessage(3*i + 1)
			want[aup.Hash(sha256.Sum256(raw)).String()] = 1
		}
		raws = append(raws, raw)
	}
	if err := d.Deliver("INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	bin := build(t)
	aupd := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), bin, append([]string{"--config", config}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("aupd %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, say := range []string{"200 recorded, 0 known already, 3800 not-selected", "0 recorded, 0 known already"} {
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
