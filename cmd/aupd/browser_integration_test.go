//go:build integration

package main_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	consoleAt = regexp.MustCompile(`^Console: +(http://\S+)/`)
	dataIn    = regexp.MustCompile(`^Command line: \S+ list --data (\S+)`)
)

// A demo is a running demo: the whole daemon on sample mail.
type demo struct {
	t          *testing.T
	bin        string
	base, data string // the console's address and the data folder
}

// startDemo runs the demo until the test ends, which must be clean.
func startDemo(t *testing.T) demo {
	t.Helper()
	d := demo{t: t, bin: build(t)}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), d.bin, "demo")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v after an interrupt", err)
		}
	})
	lines := bufio.NewScanner(out)
	for (d.base == "" || d.data == "") && lines.Scan() {
		if m := consoleAt.FindStringSubmatch(lines.Text()); m != nil {
			d.base = m[1]
		}
		if m := dataIn.FindStringSubmatch(lines.Text()); m != nil {
			d.data = m[1]
		}
	}
	if d.base == "" || d.data == "" {
		t.Fatal("the demo named no console")
	}
	go func() {
		for lines.Scan() { // so that the demo never waits for its reader
		}
	}()
	return d
}

// A tab is one page in Chromium, driven as a person would drive it.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu      sync.Mutex
	console []string // errors and warnings, and what should never happen
}

// openTab starts Chromium with a tab as wide as a desk has it.
func openTab(t *testing.T, base string) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, endBrowser := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(endBrowser)
	ctx, endTab := chromedp.NewContext(ctx)
	t.Cleanup(endTab)
	ctx, endTime := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(endTime)
	b := &tab{t: t, ctx: ctx, base: base}
	b.do(chromedp.EmulateViewport(1440, 900))
	b.watch()
	return b
}

// watch notes every complaint of the browser, every dialog, and every request
// that leaves the console.
func (b *tab) watch() {
	messages := chromedp.Console(b.ctx)
	dialogs := chromedp.Events(b.ctx, page.JavascriptDialogOpening)
	requests := chromedp.Events(b.ctx, network.RequestWillBeSent)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			// What the server answers to a wrong request is no fault of a page.
			if !strings.Contains(m.Text, "the server responded with a status of 4") || strings.Contains(m.URL, "/static/") {
				b.note(fmt.Sprintf("%s: %s", m.URL, m))
			}
		}
	}()
	go func() {
		for d, err := range dialogs {
			if err != nil {
				return
			}
			b.note("a dialog: " + d.Message)
		}
	}()
	go func() {
		for r, err := range requests {
			if err != nil {
				return
			}
			if !strings.HasPrefix(r.Request.URL, b.base+"/") {
				b.note("a request to " + r.Request.URL)
			}
		}
	}()
}

func (b *tab) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.console = append(b.console, s)
}

// quiet fails on whatever was noted since it was last asked.
func (b *tab) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.console {
		b.t.Errorf("%s: %s", where, s)
	}
	b.console = nil
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// key presses keys that stay on the page.
func (b *tab) key(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// leave presses keys that lead to another page, and waits for it.
func (b *tab) leave(keys string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.KeyEvent(keys))); err != nil {
		b.t.Fatalf("after %q at %s: %v", keys, b.at(), err)
	}
}

// press presses what a selector finds first, and waits for where that leads.
func (b *tab) press(selector string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`{ const e = document.querySelector(%q); e?.focus(); e !== null }`, selector)) {
		b.t.Fatalf("%s has no %s", b.at(), selector)
	}
	b.leave(kb.Enter)
}

// theme makes pages light or dark.
func (b *tab) theme(name string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	}))
}

// eval returns what a script says about the page.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", script, err)
	}
	return v
}

// until waits until a script finds true. The page may change under it.
func (b *tab) until(script string) {
	b.t.Helper()
	for {
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		switch {
		case found:
			return
		case b.ctx.Err() != nil:
			b.t.Fatalf("never true: %.200s: %v", script, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *tab) at() string { return eval[string](b, "location.pathname + location.search") }

// says fails unless the page shows the words.
func (b *tab) says(words ...string) {
	b.t.Helper()
	text := eval[string](b, "document.body.innerText")
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("%s does not say %q:\n%.2000s", b.at(), w, text)
		}
	}
}
