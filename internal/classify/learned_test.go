package classify

import (
	"strings"
	"testing"

	"aupd/internal/policy"
)

// What is read is written as it was, in the order of the features, and found.
func TestLearned(t *testing.T) {
	const data = "feature\t1.1\t4\tnone\n#phishing\t210\t\t-35\nfull refund\t\t5\t\nrefu~\t-1\t\t-32768\n"
	l, err := readLearned(data)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := l.write(&b); err != nil || b.String() != data {
		t.Errorf("written %q, %v", b.String(), err)
	}
	f, ok := l.features.find([]byte("full refund"))
	if !ok || l.of(f)[1].value() != 0.05 {
		t.Errorf("full refund is %d, %t", f, ok)
	}
}

func TestLearnedRefused(t *testing.T) {
	for _, tc := range []struct{ name, data, want string }{
		{"too few cells", "feature\t1\t2\nx\t7\n", `feature "x": 1 weights, want 2`},
		{"too many cells", "feature\t1\nx\t7\t7\n", `feature "x": 2 weights, want 1`},
		{"no number", "feature\t1\nx\t1.5\n", "invalid syntax"},
		{"too large", "feature\t1\nx\t40000\n", "out of range"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := readLearned(tc.data); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// Concepts are found by their numbers, all else by name: of every kind of feature,
// what is found is what bears its name.
func TestFind(t *testing.T) {
	p, err := policy.Parse([]byte("{name: p, clauses: [{id: '4', title: Spam, severity: low}]}"), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	v, l := c.vocab, c.vocab.learned
	zones := []zone{{where: own, raw: "Your customer sends phishing mail from 192.0.2.7 for a bank, please block the account. " +
		"Is this spam allowed? We found no malware and no virus. 退款 and money laundering."}}
	z := &zones[0]
	z.folded = fold(z.raw)
	z.ends = z.folded.sentences()
	v.match(zones)
	known := make(map[kind]bool)
	for g := range groups {
		z.features(g, func(f feature) {
			name := z.appendName(nil, v, g, f)
			n, ok := l.find(v, z, g, f)
			if m, is := l.features.find(name); ok != is || ok && n != m {
				t.Errorf("%s is found as %d, %t and by its name as %d, %t", name, n, ok, m, is)
			}
			known[f.kind] = known[f.kind] || ok
		})
	}
	for k := aWord; k <= aShape; k++ {
		if !known[k] {
			t.Errorf("nothing of kind %d is found", k)
		}
	}
}
