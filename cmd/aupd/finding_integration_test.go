//go:build integration

package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestConsoleSearch finds reports by words of their text, with the words marked.
func TestConsoleSearch(t *testing.T) {
	d := startDemo(t)
	b := openTab(t, d.base)
	b.open("/search")
	b.key("booter catalogue")
	b.leave(kb.Enter)
	if at := b.at(); at != "/search?q=booter+catalogue" {
		t.Fatalf("the search is at %s", at)
	}
	b.says("1 report", "booter in your catalogue")
	marked := strings.ToLower(strings.Join(eval[[]string](b, `[...document.querySelectorAll(".snippet mark")].map((m) => m.textContent)`), " "))
	if !strings.Contains(marked, "booter") || !strings.Contains(marked, "catalogue") {
		t.Errorf("marked are the words %q", marked)
	}
	b.key("j")
	b.leave("o")
	if at := b.at(); !strings.HasPrefix(at, "/reports/") {
		t.Errorf("what was found is at %s", at)
	}
	b.open("/search?q=booter+outcome:none")
	b.says("No report matches")
	b.open(`/search?q="catalogue+booter"`)
	b.says("No report matches")
	b.quiet("search")
}

// TestConsoleNearMisses takes a near miss, which becomes a report, and
// dismisses another by mistake.
func TestConsoleNearMisses(t *testing.T) {
	d := startDemo(t)
	b := openTab(t, d.base)
	b.open("/")
	b.press(`.tiles a[href="/near-misses"]`)
	before := eval[int](b, nearMissRows)
	first := eval[string](b, `document.querySelector("table.tray .subject").textContent`)
	b.press(`table.tray [value=near-miss-dismissed]`)
	b.says("Dismissed: " + first)
	if n := eval[int](b, nearMissRows); n != before-1 {
		t.Errorf("%d near misses are left of %d", n, before)
	}
	b.leave("u")
	b.says("Put back: " + first)
	b.press(`table.tray [value=near-miss-taken]`)
	b.says("Taken: " + first)
	b.open("/near-misses?all=1")
	b.until(`fetch(location.href).then((r) => r.text()).then((s) => s.includes("/reports/"))`)
	b.open("/near-misses?all=1")
	b.press(`table.tray a[href^="/reports/"]`)
	b.says(first, "What the reporter says")
	b.quiet("near misses")
}

const nearMissRows = `document.querySelectorAll("table.tray tbody tr").length`
