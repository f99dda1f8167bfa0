//go:build integration

package main_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
)

// between stands between aupd and its server. Each line either says is shown to
// pass, which reports whether it goes on.
func between(t *testing.T, server string, pass func(line string, fromServer bool) bool) (addr string) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	relay := func(from, to net.Conn, fromServer bool) {
		defer func() { _, _ = from.Close(), to.Close() }() // the other direction ends as well
		r := bufio.NewReader(from)
		for {
			line, err := r.ReadString('\n')
			if err != nil || !pass(line, fromServer) {
				return
			}
			if _, err := to.Write([]byte(line)); err != nil {
				return
			}
		}
	}
	serving.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return // closed below
			}
			up, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
			if err != nil {
				_ = client.Close()
				return
			}
			serving.Go(func() { relay(client, up, false) })
			serving.Go(func() { relay(up, client, true) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

// The moments of marking at which a process is killed.
const (
	unsent     = iota // the server never sees the command
	unheard           // the server sees it, and nobody hears of it
	unanswered        // the server has done it, and its answer is lost
	moments
)

// A markKiller kills the process that marks at a moment.
type markKiller struct {
	mu     sync.Mutex
	moment int
	kill   func() // nil when it has been called
	sent   bool   // the command that marks
}

func (k *markKiller) arm(moment int, kill func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.moment, k.kill, k.sent = moment, kill, false
}

func (k *markKiller) armed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kill != nil
}

// pass is for between.
func (k *markKiller) pass(line string, fromServer bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	marks := !fromServer && (strings.Contains(line, " UID MOVE ") || strings.Contains(line, " UID STORE "))
	answers := fromServer && k.sent
	switch {
	case k.kill == nil || !marks && !answers:
		return true
	case marks && k.moment == unanswered:
		k.sent = true
		return true
	}
	k.kill()
	k.kill = nil
	return marks && k.moment == unheard
}

// killAt runs cmd until it is killed at a moment.
func (k *markKiller) killAt(t *testing.T, moment int, cmd *exec.Cmd) {
	t.Helper()
	started := make(chan struct{})
	k.arm(moment, func() {
		<-started
		_ = cmd.Process.Kill()
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); k.armed() {
		t.Errorf("moment %d: nothing was marked: %v", moment, err)
	}
}

// TestKillInMark ends processes with SIGKILL while they mark what they have
// recorded. In the end every message that matches is a report, once, and
// marked, once; no other is marked and none is gone from the server.
func TestKillInMark(t *testing.T) {
	const each = 30 // messages that arrive before each kill
	bin := build(t)
	for _, mark := range []string{"keyword: $Aupd", "move: Done"} {
		t.Run(mark, func(t *testing.T) {
			server, err := imaptest.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if err := server.Create("Done"); err != nil {
				t.Fatal(err)
			}
			var k markKiller
			config := killConfig(t, between(t, server.Addr(), k.pass), fmt.Sprintf("    mark: {%s}\n", mark))
			ingest := func() *exec.Cmd { return exec.CommandContext(t.Context(), bin, "--config", config, "ingest") }
			reports, rest := make(map[string]int), make(map[string]int)
			for moment := range moments {
				killMail(t, server, moment*each, (moment+1)*each, reports, rest)
				k.killAt(t, moment, ingest())
			}
			k.arm(unsent, nil)
			if out, err := ingest().CombinedOutput(); err != nil {
				t.Fatalf("the clean run: %v\n%s", err, out)
			}
			checkKilled(t, bin, config, reports)
			marked, unmarked := sorted(t, server.Addr())
			if d := cmp.Diff([]map[string]int{reports, rest}, []map[string]int{marked, unmarked}); d != "" {
				t.Errorf("marked and not (-want +got):\n%.2000s", d)
			}
		})
	}
}

// sorted returns how often each message is on the server with a mark, which is
// either to lie in Done or to bear the keyword, and how often without.
func sorted(t *testing.T, addr string) (marked, unmarked map[string]int) {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	marked, unmarked = make(map[string]int), make(map[string]int)
	section := &imap.FetchItemBodySection{Peek: true}
	for _, folder := range []string{"INBOX", "Done"} {
		if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
			t.Fatal(err)
		}
		mail, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mail {
			to := unmarked
			if folder == "Done" || slices.ContainsFunc(m.Flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), "$Aupd") }) {
				to = marked
			}
			to[aup.Hash(sha256.Sum256(m.FindBodySection(section))).String()]++
		}
	}
	return marked, unmarked
}
