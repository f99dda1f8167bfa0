package aup_test

import (
	"testing"
	"time"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestOutline(t *testing.T) {
	d := aup.Document{
		Messages: []aup.Message{{Parent: -1}, {Parent: 0}, {Parent: 0}, {Parent: 1}},
		Parts: []aup.Part{
			{ID: "subject", Kind: aup.PartSubject}, {ID: "1", Kind: aup.PartText}, {ID: "2.1", Message: 1}, {ID: "3.1", Message: 2}, {ID: "2.2.1", Message: 3}, {ID: "2", Kind: aup.PartHTML},
		},
		Attachments: []aup.Attachment{{Path: "2", Message: 0}, {Path: "2.2", Message: 1}},
	}
	want := []aup.Branch{
		{Message: 0, Parts: []int{1, 5}, Attachments: []int{0}},
		{Message: 1, Depth: 1, Parts: []int{2}, Attachments: []int{1}},
		{Message: 3, Depth: 2, Parts: []int{4}},
		{Message: 2, Depth: 1, Parts: []int{3}},
	}
	if diff := cmp.Diff(want, d.Outline()); diff != "" {
		t.Errorf("outline (-want +got):\n%s", diff)
	}
}

func TestByRole(t *testing.T) {
	seen := time.Date(2026, 3, 4, 3, 51, 7, 0, time.UTC)
	in := func(value string, role aup.Role, port uint16, when time.Time) aup.Indicator {
		return aup.Indicator{Kind: aup.IndicatorIP, Value: value, Role: role, Port: port, Time: when}
	}
	d := aup.Document{Indicators: []aup.Indicator{
		in("192.0.2.1", aup.RoleMention, 0, time.Time{}), in("192.0.2.2", aup.RoleSource, 22, time.Time{}), in("192.0.2.1", aup.RoleTarget, 0, time.Time{}),
		in("192.0.2.2", aup.RoleSource, 22, seen), in("192.0.2.2", aup.RoleSource, 80, time.Time{}),
	}}
	want := []aup.Named{
		{Indicator: in("192.0.2.2", aup.RoleSource, 22, seen), Count: 2},
		{Indicator: in("192.0.2.2", aup.RoleSource, 80, time.Time{}), Count: 1},
		{Indicator: in("192.0.2.1", aup.RoleTarget, 0, time.Time{}), Count: 1},
		{Indicator: in("192.0.2.1", aup.RoleMention, 0, time.Time{}), Count: 1},
	}
	if diff := cmp.Diff(want, d.ByRole()); diff != "" {
		t.Errorf("by role (-want +got):\n%s", diff)
	}
}

func TestShown(t *testing.T) {
	for name, tc := range map[string]struct {
		part aup.Part
		want bool
	}{
		"text":        {aup.Part{Kind: aup.PartText, Text: "a"}, true},
		"empty":       {aup.Part{Kind: aup.PartText, Text: " \n"}, false},
		"alternative": {aup.Part{Kind: aup.PartHTML, Text: "a", Alternative: true}, false},
		"subject":     {aup.Part{Kind: aup.PartSubject, Text: "a"}, false},
	} {
		if got := tc.part.Shown(); got != tc.want {
			t.Errorf("%s: shown %v", name, got)
		}
	}
	p := aup.Part{Text: "ab"}
	if diff := cmp.Diff([]aup.Segment{{Range: aup.Range{End: 2}, Voice: aup.VoiceOwn}}, p.Voices()); diff != "" {
		t.Errorf("voices (-want +got):\n%s", diff)
	}
}
