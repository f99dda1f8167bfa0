//go:build integration

package main_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	consoleAt = regexp.MustCompile(`^Console: +(http://\S+/)`)
	reportAt  = regexp.MustCompile(`href="/(reports/[a-z0-9-]+)"`)
)

// TestBrowser opens the demo's pages in Chromium: they load whole, on a wide
// screen and on a phone's, with nothing refused by their own security policy.
func TestBrowser(t *testing.T) {
	demo := exec.CommandContext(t.Context(), build(t), "demo")
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	base := ""
	for lines := bufio.NewScanner(out); base == "" && lines.Scan(); {
		if m := consoleAt.FindStringSubmatch(lines.Text()); m != nil {
			base = m[1]
		}
	}
	if base == "" {
		t.Fatal("the demo named no console")
	}
	page := browse(t, base, "1440,900")
	link := reportAt.FindStringSubmatch(page)
	if !strings.Contains(page, "<h1>Backlog</h1>") || link == nil {
		t.Fatalf("the backlog's page:\n%.2000s", page)
	}
	for _, size := range []string{"1440,900", "390,844"} {
		for path, want := range map[string]string{"": "needs a look", link[1]: "What it says", "reports/nope": "There is no such report", "?clause=2.5": "Harmful content"} {
			if page := browse(t, base+path, size); !strings.Contains(page, want) {
				t.Errorf("/%s at %s does not say %q:\n%.2000s", path, size, want, page)
			}
		}
	}
	if err := demo.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := demo.Wait(); err != nil {
		t.Errorf("the demo ended with %v after an interrupt", err)
	}
}

// browse returns the page as Chromium has it, and fails on whatever its
// console complains about.
func browse(t *testing.T, url, size string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--v=0",
		"--user-data-dir="+filepath.Join(t.TempDir(), "chromium"), "--window-size="+size, "--dump-dom", url)
	var log strings.Builder
	cmd.Stderr = &log
	page, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium %s: %v\n%s", url, err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") && !strings.Contains(line, "404 (Not Found)") {
			t.Errorf("%s: %s", url, line)
		}
	}
	return string(page)
}
