//go:build integration

package main_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const consolePassword = "a password of many words"

// addUser makes a user by command: from then on the console asks who one is.
func (d demo) addUser(name, role string) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), d.bin, "user", "add", name, "--role", role, "--data", d.data)
	cmd.Stdin = strings.NewReader(consolePassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("user add: %v\n%s", err, out)
	}
}

// TestConsoleSignIn asks for a page, signs in at the second try, finds itself
// on that page, and signs out.
func TestConsoleSignIn(t *testing.T) {
	const asked = "/queue?q=clause:4"
	d := startDemo(t)
	d.addUser("ann", "lead")
	b := openTab(t, d.base)
	b.open(asked)
	b.says("Sign in", "Password")
	b.key("ann" + kb.Tab + "a wrong password")
	b.leave(kb.Enter)
	b.says("This name and this password do not belong together.")
	if at := b.at(); at != "/login" {
		t.Errorf("a wrong password leads to %s", at)
	}
	b.key(consolePassword) // the name still stands there
	b.leave(kb.Enter)
	if at := b.at(); at != asked {
		t.Errorf("signing in leads to %s, asked for was %s", at, asked)
	}
	b.says("ann", "Sign out")
	b.press(`form[action="/logout"] button`)
	b.says("Sign in", "Password")
	for _, path := range []string{asked, "/", "/near-misses"} {
		b.open(path)
		if at := b.at(); !strings.HasPrefix(at, "/login") {
			t.Errorf("signed out, %s still shows %s", path, at)
		}
	}
	b.quiet("sign in")
}
