package evidence_test

import (
	"strings"
	"testing"
)

// TestGuessedCharset reads bytes that two charsets are as likely for: the
// answer is the same every time.
func TestGuessedCharset(t *testing.T) {
	raw := []byte("Subject: x\r\n\r\n" + strings.Repeat("\xa1\xa1", 20))
	for range 20 {
		if got := parse(raw).Parts[1].Charset; got != "euc-jp" {
			t.Fatalf("read as %q, want euc-jp", got)
		}
	}
}
