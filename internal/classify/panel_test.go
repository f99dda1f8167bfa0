package classify_test

import (
	"slices"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/policy"
)

const conduct = `
name: conduct
own_ids: true
clauses:
- {id: "1", title: Harassment in the community, severity: high, like: "1.4"}
- {id: "2", title: Squatting of subdomains, summary: No third-level domain is taken to be sold., severity: low, cues: ["name parking"]}
`

func TestPanel(t *testing.T) {
	further, err := policy.Parse([]byte(conduct), "conduct")
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.NewSet(shippedPolicy(t), further)
	if err != nil {
		t.Fatal(err)
	}
	panel, err := classify.NewPanel(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, text string
		primary    aup.ClauseID
		with       aup.ClauseID
	}{
		{"by the rules of a built-in clause", "A member keeps threatening me and my colleague in the forum, he stalks and defames us.", "1.4", "conduct:1"},
		{"of the further policy alone", "This is name parking.", "conduct:2", "conduct:2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc := document("Acceptable Use Policy", tc.text)
			v := panel.Classify(doc)
			if v.Primary != tc.primary || !slices.Contains(v.Clauses, tc.with) || v.Policy != set.Version() {
				t.Errorf("primary %s, clauses %v, policy %s", v.Primary, v.Clauses, v.Policy)
			}
			for _, f := range v.Findings {
				if _, ok := set.Clause(f.Clause); !ok || len(f.Spans) == 0 {
					t.Errorf("finding %s of no loaded policy, or without a reason", f.Clause)
				}
				if (f.Policy == "conduct") != (f.Clause[0] == 'c') {
					t.Errorf("finding %s says policy %q", f.Clause, f.Policy)
				}
			}
		})
	}
}
