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

// TestLongCharset declares a charset by a name of some KB.
func TestLongCharset(t *testing.T) {
	for _, text := range []string{"plain", "caf\xe9"} {
		doc := parse([]byte("Subject: x\r\nContent-Type: text/plain; charset=" + strings.Repeat("x", 10_000) + "\r\n\r\n" + text))
		for _, p := range doc.Problems {
			if len(p.Detail) > 200 {
				t.Errorf("a problem of %d bytes", len(p.Detail))
			}
		}
		if n := len(doc.Parts[1].Charset); n > 100 {
			t.Errorf("a charset of %d bytes", n)
		}
	}
}
