package cli_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// commands returns the names of the commands under args.
func commands(t *testing.T, args ...string) (names []string) {
	t.Helper()
	for line := range strings.Lines(string(run(t, append(append([]string{"__complete"}, args...), "")...))) {
		if name, _, described := strings.Cut(strings.TrimSpace(line), "\t"); described {
			names = append(names, name)
		}
	}
	return names
}

// TestHelpFits reads the help of every command as one reads it on a terminal of
// 80 columns.
func TestHelpFits(t *testing.T) {
	all := commands(t)
	if len(all) < 40 {
		t.Fatalf("there are only the commands %v", all)
	}
	fits := func(args ...string) {
		for line := range strings.Lines(string(run(t, append([]string{"help"}, args...)...))) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("aupd help %s: %d columns: %s", strings.Join(args, " "), n, line)
			}
		}
	}
	fits()
	for _, name := range all {
		if name == "completion" {
			continue // cobra's own
		}
		fits(name)
		for _, sub := range commands(t, name) {
			if strings.Contains(string(run(t, "help", name)), "\n  "+sub+" ") {
				fits(name, sub)
			}
		}
	}
}
