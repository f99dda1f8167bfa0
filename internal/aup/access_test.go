package aup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"aupd/internal/aup"
)

func TestSecretPrintsAsStars(t *testing.T) {
	const word = "correct horse"
	c := aup.UserChange{Password: word}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", c.Password)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", c.Password, "change", c)
	for _, got := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.Password, c.Password), log.String()} {
		if strings.Contains(got, word) || !strings.Contains(got, "***") {
			t.Errorf("printed as %s", got)
		}
	}
	if data, err := json.Marshal(c); err != nil || !strings.Contains(string(data), word) {
		t.Errorf("JSON is %s, %v; want the password in it", data, err)
	}
}

func TestNeedSaysWhat(t *testing.T) {
	for _, r := range []aup.Right{aup.RightRead, aup.RightTriage, aup.RightBulk, aup.RightPolicy, aup.RightAudit, aup.RightManage, aup.RightContent} {
		err := aup.Principal{Name: "lena"}.Need(r)
		if !errors.Is(err, aup.ErrForbidden) || !regexp.MustCompile(`^lena may not \w+ \w+.*: ask an admin`).MatchString(err.Error()) {
			t.Errorf("%s: %v", r, err)
		}
	}
}
