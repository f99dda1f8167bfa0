package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"aupd/internal/aup"
)

// A Set is the policies that reports are held against: one main policy and
// further ones, such as a code of conduct. A clause of a further policy is known
// by that policy's name, a colon and its own id: "conduct:2.1". A Set is not
// modified after it was made, and so safe for concurrent use.
type Set struct {
	*Policy // with the clauses of all, by the ids under which they are known
	Main    *Policy
	Further []*Policy
}

// NewSet returns the set of main and further. Two policies of one name, and a
// further policy that does not say own_ids, are aup.ErrInvalid.
func NewSet(main *Policy, further ...*Policy) (*Set, error) {
	whole := *main
	whole.Clauses = slices.Clone(main.Clauses)
	names := map[string]bool{main.Name: true}
	for _, p := range further {
		if names[p.Name] {
			return nil, fmt.Errorf("two policies are called %q: give each a name of its own: %w", p.Name, aup.ErrInvalid)
		}
		names[p.Name] = true
		if !p.OwnIDs {
			return nil, fmt.Errorf("policy %s: it is held beside another: set own_ids: true in it, and like: in the clauses that mean a built-in one: %w", p.Name, aup.ErrInvalid)
		}
		for _, c := range p.Clauses {
			c.ID = p.Qualify(c.ID)
			whole.Clauses = append(whole.Clauses, c)
		}
	}
	return &Set{&whole, main, further}, nil
}

// Qualify returns the id under which a clause of p is known beside another
// policy.
func (p *Policy) Qualify(id aup.ClauseID) aup.ClauseID {
	return aup.ClauseID(p.Name + ":" + string(id))
}

// Version implements [aup.Pinner]: that of the main policy where it is alone,
// else one over all versions.
func (s *Set) Version() string {
	if len(s.Further) == 0 {
		return s.Main.Version()
	}
	h := sha256.New()
	fmt.Fprintln(h, s.Main.Version())
	for _, p := range s.Further {
		fmt.Fprintln(h, p.Name, p.Version())
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:8])
}

// AllSentences returns the texts of every policy of the set, as
// [Policy.Sentences] does.
func (s *Set) AllSentences() []string {
	out := s.Main.Sentences()
	for _, p := range s.Further {
		out = append(out, p.Sentences()...)
	}
	return out
}
