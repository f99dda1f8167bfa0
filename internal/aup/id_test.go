package aup_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"
)

func TestReportID(t *testing.T) {
	h := aup.Hash(sha256.Sum256([]byte("a message")))
	id := aup.NewReportID(h, 0)
	if want := aup.ReportID("ymy0-kjhs-e5x1"); id != want {
		t.Errorf("NewReportID = %q, want %q: ids are stored, they must never change", id, want)
	}
	longer := aup.NewReportID(h, 1)
	if len(longer) != len(id)+5 || !strings.HasPrefix(string(longer), string(id[:13])) {
		t.Errorf("longer id %q does not extend %q", longer, id)
	}
	for _, s := range []string{string(id), strings.ToUpper(string(id)), strings.ReplaceAll(string(id), "-", "")} {
		if got, err := aup.ParseReportID(s); err != nil || got != id {
			t.Errorf("ParseReportID(%q) = %q, %v", s, got, err)
		}
	}
}

// Every single wrong character must be found: a typing error never opens
// another report.
func TestParseReportIDFindsEveryWrongCharacter(t *testing.T) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	id := string(aup.NewReportID(aup.Hash(sha256.Sum256([]byte("x"))), 0))
	for i := range id {
		for _, c := range alphabet {
			if wrong := id[:i] + string(c) + id[i+1:]; wrong != id && id[i] != '-' {
				if _, err := aup.ParseReportID(wrong); !errors.Is(err, aup.ErrInvalid) {
					t.Errorf("ParseReportID(%q) = %v, want ErrInvalid (true id %s)", wrong, err, id)
				}
			}
		}
	}
	for _, s := range []string{"", "7k3m", "7k3m-9qxt-2fh!", "ü", strings.Repeat("0", 400)} {
		if _, err := aup.ParseReportID(s); err != nil && !errors.Is(err, aup.ErrInvalid) {
			t.Errorf("ParseReportID(%q) = %v, want ErrInvalid", s, err)
		}
	}
}
