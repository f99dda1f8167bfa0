package testdata_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"aupd/testdata"
)

func TestSamples(t *testing.T) {
	selected := map[string]int{}
	var clauses []string
	for _, s := range slices.Concat(testdata.Mail(), testdata.Later()) {
		selected[s.Selected]++
		if s.Selected == "yes" && s.Primary == "" {
			t.Errorf("%s has no label", s.Name)
		}
		clauses = append(clauses, s.Primary)
		clauses = append(clauses, strings.Split(s.Required, ",")...)
		if bytes.Count(s.Raw, []byte("\n")) != bytes.Count(s.Raw, []byte("\r\n")) {
			t.Errorf("%s has a bare line feed: a checkout changed its line ends", s.Name)
		}
	}
	if selected["yes"] < 40 || selected["near"] < 4 || selected["no"] < 5 {
		t.Errorf("samples by selection: %v", selected)
	}
	for _, c := range strings.Fields("1 1.1 1.2 1.3 1.4 1.5 2 2.1 2.2 2.3 2.4 2.5 3 3.1 4 4.1 5 5.1 5.2 none") {
		if !slices.Contains(clauses, c) {
			t.Errorf("no sample has clause %s", c)
		}
	}
}
