package policy_test

import (
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/policy"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	mainText    = "name: aup\nclauses:\n- {id: \"4\", title: Spam, summary: No bulk mail., severity: medium}\n"
	conductText = "name: conduct\nown_ids: true\nclauses:\n- {id: \"1\", title: Be polite, severity: low, like: \"1.4\", sealed: true}\n- {id: \"2\", title: No impostors, severity: low}\n"
)

func TestSet(t *testing.T) {
	main, conduct := mustParse(t, mainText), mustParse(t, conductText)
	s, err := policy.NewSet(main, conduct)
	if err != nil {
		t.Fatal(err)
	}
	var ids []aup.ClauseID
	for _, c := range s.Clauses {
		ids = append(ids, c.ID)
	}
	if d := cmp.Diff([]aup.ClauseID{"4", "conduct:1", "conduct:2"}, ids); d != "" {
		t.Errorf("clauses (-want +got):\n%s", d)
	}
	if pin, ok := s.Pin("conduct:1"); !ok || pin.Title != "Be polite" || !s.Sealed("conduct:1") || s.Sealed("4") {
		t.Errorf("pin %+v, %v", pin, ok)
	}
	if _, ok := s.Pin("conduct:4"); ok {
		t.Error("a clause of the main policy was found in another")
	}
	if len(main.Clauses) != 1 {
		t.Error("the set changed the main policy")
	}
	alone, err := policy.NewSet(main)
	if err != nil || alone.Version() != main.Version() || s.Version() == main.Version() {
		t.Errorf("versions: alone %s of %s, both %s, %v", alone.Version(), main.Version(), s.Version(), err)
	}
	if _, err := policy.NewSet(main, main); !errors.Is(err, aup.ErrInvalid) || !strings.Contains(err.Error(), "two policies") {
		t.Errorf("two of one name: %v", err)
	}
	foreign := mustParse(t, strings.Replace(mainText, "name: aup", "name: other", 1))
	if _, err := policy.NewSet(main, foreign); !errors.Is(err, aup.ErrInvalid) || !strings.Contains(err.Error(), "own_ids") {
		t.Errorf("without own_ids: %v", err)
	}
}

func TestMeans(t *testing.T) {
	main, conduct := mustParse(t, mainText), mustParse(t, conductText)
	for _, tc := range []struct {
		p    *policy.Policy
		id   aup.ClauseID
		want []aup.ClauseID
	}{
		{main, "4", []aup.ClauseID{"4"}},
		{main, "1.4", nil},
		{conduct, "1.4", []aup.ClauseID{"1"}},
		{conduct, "1", nil},
	} {
		if d := cmp.Diff(tc.want, tc.p.Means(tc.id)); d != "" {
			t.Errorf("%s, %s (-want +got):\n%s", tc.p.Name, tc.id, d)
		}
	}
}
