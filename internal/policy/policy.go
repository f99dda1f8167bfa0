// Package policy holds a policy version: its clauses in their order, found by
// id, read from YAML and checked, or imported from the policy's own document.
//
// A policy is data. Two files with the same content are the same version,
// however they are laid out; see [Policy.Version].
package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"aupd/internal/aup"
)

// Enforcement is a measure that the policy allows against a violation.
type Enforcement string

// The measures.
const (
	BlockDomain      Enforcement = "block-domain"
	BlockMailServer  Enforcement = "block-mail-server"
	BlockIP          Enforcement = "block-ip"
	RemoveContent    Enforcement = "remove-content"
	TerminateAccount Enforcement = "terminate-account"
)

// A Policy is one version of a policy. It is not modified after it was made,
// and so safe for concurrent use.
type Policy struct {
	Name      string `yaml:"name" json:"name"` // short, in lower case: "aup"
	Title     string `yaml:"title" json:"title"`
	Reporting string `yaml:"reporting,omitempty" json:"reporting,omitempty"` // how violations are reported
	// OwnIDs says that the clause ids are the policy's own and not those of the
	// built-in policy: its clauses are matched by their own text, or as the
	// built-in clause that they name in Like.
	OwnIDs  bool     `yaml:"own_ids,omitempty" json:"own_ids,omitempty"`
	Clauses []Clause `yaml:"clauses" json:"clauses"` // in the order of the document
	Notices []Notice `yaml:"notices,omitempty" json:"notices,omitempty"`
}

// A Clause is one numbered prohibition, detail or exception.
type Clause struct {
	ID aup.ClauseID `yaml:"id" json:"id"`
	// Title is a few words, Summary a few sentences, both our own; Wording is
	// the document's, kept by an import, and Digest its SHA-256.
	Title     string       `yaml:"title" json:"title"`
	Summary   string       `yaml:"summary,omitempty" json:"summary,omitempty"`
	Wording   string       `yaml:"wording,omitempty" json:"wording,omitempty"`
	Digest    string       `yaml:"digest,omitempty" json:"digest,omitempty"`
	Severity  aup.Severity `yaml:"severity" json:"severity"`
	Exception bool         `yaml:"exception,omitempty" json:"exception,omitempty"` // permits what its parent prohibits
	// Sealed says that reports on the clause show their content only to those
	// who are cleared for it.
	Sealed  bool          `yaml:"sealed,omitempty" json:"sealed,omitempty"`
	Enforce []Enforcement `yaml:"enforcement,omitempty" json:"enforcement,omitempty"`
	// Like names the clause of the built-in policy that this one means.
	Like aup.ClauseID `yaml:"like,omitempty" json:"like,omitempty"`
	// Cues are words by which an operator helps the classifier to match a
	// clause that it has no rules for.
	Cues []string `yaml:"cues,omitempty" json:"cues,omitempty"`
}

// A Notice is a paragraph of the document that prohibits nothing.
type Notice struct {
	Title   string `yaml:"title,omitempty" json:"title,omitempty"`
	Text    string `yaml:"text" json:"text"`
	Wording string `yaml:"wording,omitempty" json:"wording,omitempty"`
	Digest  string `yaml:"digest,omitempty" json:"digest,omitempty"`
}

// Clause returns the clause with that id, and whether there is one.
func (p *Policy) Clause(id aup.ClauseID) (Clause, bool) {
	for _, c := range p.Clauses {
		if c.ID == id {
			return c, true
		}
	}
	return Clause{}, false
}

// Means returns the clauses of p that are what the built-in policy calls id.
func (p *Policy) Means(id aup.ClauseID) []aup.ClauseID {
	var out []aup.ClauseID
	for _, c := range p.Clauses {
		if c.Like == id || c.Like == "" && !p.OwnIDs && c.ID == id {
			out = append(out, c.ID)
		}
	}
	return out
}

// Parent returns the id of the clause that c is a detail of, empty for one at
// the top.
func (c Clause) Parent() aup.ClauseID {
	i := strings.LastIndexByte(string(c.ID), '.')
	if i < 0 {
		return ""
	}
	return c.ID[:i]
}

// Version identifies the policy's content: "sha256:" and 16 hexadecimal digits
// over it in a canonical form. Comments, layout and the order of keys do not
// matter; every word of a clause does.
func (p *Policy) Version() string {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, booleans and slices of them always marshal
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:8])
}

// Digest returns the hash by which a wording is known: SHA-256 over its words
// with single spaces between them, 64 hexadecimal digits.
func Digest(wording string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(wording), " ")))
	return hex.EncodeToString(sum[:])
}

// Sentences returns the policy's texts, by which a message that quotes them is
// recognised: the wording of each clause and notice, or our own words for it.
func (p *Policy) Sentences() []string {
	var out []string
	add := func(texts ...string) {
		for _, t := range texts {
			if t != "" {
				out = append(out, t)
			}
		}
	}
	add(p.Reporting)
	for _, c := range p.Clauses {
		add(c.Wording, c.Summary)
	}
	for _, n := range p.Notices {
		add(n.Wording, n.Text)
	}
	return out
}

// Pin implements [aup.Pinner].
func (p *Policy) Pin(id aup.ClauseID) (aup.Pin, bool) {
	c, ok := p.Clause(id)
	pin := aup.Pin{Clause: id, Title: c.Title, Text: c.Wording, Digest: c.Digest}
	if pin.Text == "" {
		pin.Text = c.Summary
	}
	return pin, ok
}

// Sealed implements [aup.Pinner].
func (p *Policy) Sealed(id aup.ClauseID) bool {
	c, _ := p.Clause(id)
	return c.Sealed
}
