// Package testdata holds the sample mail that the demo shows and several
// packages test with. All of it was written for this project.
package testdata

import (
	"bufio"
	"bytes"
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed mail
var files embed.FS

// A Sample is one labelled message.
type Sample struct {
	Name string // its file, without the ending
	Raw  []byte // as it would lie in a mailbox, with CRLF line ends
	// Selected is yes when the subject contains the words of the default
	// selection rule, near for a near miss, and no otherwise.
	Selected string
	// Primary is the clause that fits best, or "none"; empty without a label.
	// Required and Acceptable hold further clauses, separated by commas.
	Primary, Required, Acceptable string
}

// Mail returns the samples that lie in the demo's mailbox from the start.
func Mail() []Sample { return load(func(file string) bool { return path.Dir(file) == "." }) }

// Later returns the samples that arrive one by one, in their order.
func Later() []Sample { return load(func(file string) bool { return path.Dir(file) == "later" }) }

// load reads labels.tsv and the files that it names. What is wrong with them
// is our own bug and found by this package's test.
func load(want func(file string) bool) []Sample {
	table, err := fs.ReadFile(files, "mail/labels.tsv")
	if err != nil {
		panic(err)
	}
	var out []Sample
	lines := bufio.NewScanner(bytes.NewReader(table))
	for n := 0; lines.Scan(); n++ {
		col := strings.Split(lines.Text(), "\t")
		if n == 0 || !want(col[0]) {
			continue
		}
		raw, err := fs.ReadFile(files, path.Join("mail", col[0]))
		if err != nil {
			panic(err)
		}
		out = append(out, Sample{
			Name: strings.TrimSuffix(col[0], ".eml"), Raw: raw,
			Primary: col[1], Required: col[2], Acceptable: col[3], Selected: col[7],
		})
	}
	return out
}
