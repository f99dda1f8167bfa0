//go:build integration

package main_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
)

// TestKill ends an ingest with SIGKILL at forty random moments. One clean run
// later every message that matches is a report, once, and the store is whole.
func TestKill(t *testing.T) {
	const messages, kills = 4500, 40
	server, err := imaptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	want := make(map[string]int)
	killMail(t, server, 0, messages, want, make(map[string]int))
	config := killConfig(t, server.Addr(), "")
	bin := build(t)

	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	took := 600 * time.Millisecond // a run, until one that nobody killed says it, for the kills to fall within
	hit := 0
	for range kills {
		cmd := exec.CommandContext(t.Context(), bin, "--config", config, "ingest")
		start := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(rng.Int64N(int64(took))), func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err == nil {
			took = time.Since(start)
		} else {
			hit++
		}
		kill.Stop()
	}
	t.Logf("%d of %d runs were killed at work", hit, kills)
	if hit < kills/4 {
		t.Errorf("only %d of %d kills met a running ingest", hit, kills)
	}

	if out, err := exec.CommandContext(t.Context(), bin, "--config", config, "ingest").CombinedOutput(); err != nil {
		t.Fatalf("the clean run: %v\n%s", err, out)
	}
	checkKilled(t, bin, config, want)
}

// checkKilled checks that the reports are those wanted, each once, and that the
// store and the mailbox agree.
func checkKilled(t *testing.T, bin, config string, want map[string]int) {
	t.Helper()
	got := make(map[string]int)
	for _, r := range listed(t, bin, config) {
		got[r.SHA256.String()]++
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%d reports, want %d (-want +got):\n%.2000s", len(slices.Collect(maps.Keys(got))), len(want), d)
	}
	for _, check := range []string{"verify", "reconcile"} {
		if out, err := exec.CommandContext(t.Context(), bin, "--config", config, check).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", check, err, out)
		}
	}
}

// killMail appends the messages from one to another to INBOX. It counts those that
// match in reports, by their hashes, and the others in rest.
func killMail(t *testing.T, server *imaptest.Server, from, to int, reports, rest map[string]int) {
	t.Helper()
	for i := from; i < to; i++ {
		raw := killMessage(i)
		if err := server.Append("INBOX", raw, time.Now()); err != nil {
			t.Fatal(err)
		}
		in := reports
		if i%3 == 0 {
			in = rest
		}
		in[aup.Hash(sha256.Sum256(raw)).String()] = 1
	}
}

// killMessage returns message i: two of three match, their sizes vary up to
// what is stored in several transactions.
func killMessage(i int) []byte {
	var b bytes.Buffer
	subject := "Acceptable Use Policy"
	if i%3 == 0 {
		subject = "Weekly figures"
	}
	fmt.Fprintf(&b, "From: r%d@reporter.example\r\nSubject: %s, case %d\r\nMessage-ID: <%d@reporter.example>\r\n\r\n", i, subject, i, i%100)
	fmt.Fprintf(&b, "Account %d on your service sends spam.\r\n", i)
	size := 2000
	if i%100 == 1 {
		size = 3 << 20
	}
	for b.Len() < size {
		fmt.Fprintf(&b, "line %d of message %d, %x\r\n", b.Len(), i, sha256.Sum256(b.Bytes()[b.Len()-20:]))
	}
	return b.Bytes()
}

// killConfig writes a configuration for the mailbox at addr, with more lines
// about it, and returns its file.
func killConfig(t *testing.T, addr, more string) string {
	t.Helper()
	dir := t.TempDir()
	yaml := fmt.Sprintf("data: %s/data\nmailboxes:\n  - name: support\n    url: imap://%s\n    username: %s\n    password_env: AUPD_TEST_PASSWORD\n%s",
		dir, addr, imaptest.Username, more)
	t.Setenv("AUPD_TEST_PASSWORD", imaptest.Password)
	file := filepath.Join(dir, "aupd.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// build returns the path of the program, built from this folder.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "aupd")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func listed(t *testing.T, bin, config string) []aup.Report {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), bin, "--config", config, "list", "--all", "--json").Output()
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	var reports []aup.Report
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r aup.Report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%v in %.200s", err, lines.Text())
		}
		reports = append(reports, r)
	}
	return reports
}
