package classify

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// A learned part is a linear model: each feature has a weight for each clause,
// and for no violation.
type learned struct {
	clauses  []aup.ClauseID
	features *table
	weights  []weight // of all features, those of one after those of another
	// concepts holds the features that are concepts, which are found without their
	// names.
	concepts conceptTable
}

// numbered returns l, which is not modified, with its concepts as v numbers them.
func (l *learned) numbered(v *vocabulary) *learned {
	out := *l
	out.concepts = newConceptTable(v, l.features)
	return &out
}

// find returns the number of a feature of z in group g.
func (l *learned) find(v *vocabulary, z *zone, g int, f feature) (int32, bool) {
	switch f.kind {
	case aConcept, askedConcept, deniedConcept, twoConcepts:
		return l.concepts.find(g, f)
	}
	var room [2*maxWord + 8]byte
	return l.features.find(z.appendName(room[:0], v, g, f))
}

// A weight is what a feature speaks for a clause, in hundredths. There are more
// than a million of them, so they are kept small.
type weight int16

func (w weight) value() float64 { return float64(w) / 100 }

// weightOf returns a weight as near to value as can be kept.
func weightOf(value float64) weight {
	return weight(math.Round(min(max(value*100, math.MinInt16), math.MaxInt16)))
}

// of returns the weights of a feature, one for each clause.
func (l *learned) of(feature int32) []weight {
	k := len(l.clauses)
	return l.weights[int(feature)*k:][:k]
}

// weight returns the weight of a feature for a clause.
func (l *learned) weight(feature int32, clause int) weight {
	return l.weights[int(feature)*len(l.clauses)+clause]
}

// tells reports whether any of the weights is not 0.
func tells(weights []weight) bool {
	return slices.ContainsFunc(weights, func(w weight) bool { return w != 0 })
}

// add adds a feature with a weight for each clause.
func (l *learned) add(feature string, weights []weight) {
	l.features.add(feature)
	l.weights = append(l.weights, weights...)
}

// readLearned reads the table that write wrote: a header row with the clauses,
// then a row for each feature with its weights, in columns separated by tabs. A
// weight of 0 is an empty cell.
func readLearned(data string) (*learned, error) {
	header, rows, _ := strings.Cut(data, "\n")
	l := &learned{}
	for _, id := range strings.Split(header, "\t")[1:] {
		l.clauses = append(l.clauses, aup.ClauseID(id))
	}
	n := strings.Count(rows, "\n")
	l.features = newTable(n)
	l.weights = make([]weight, 0, n*len(l.clauses))
	weights := make([]weight, len(l.clauses))
	for row := range strings.Lines(rows) {
		name, cells, _ := strings.Cut(strings.TrimSuffix(row, "\n"), "\t")
		if err := readWeights(weights, cells); err != nil {
			return nil, fmt.Errorf("feature %q: %w", name, err)
		}
		l.add(name, weights)
	}
	return l, nil
}

// readWeights reads the cells of a row into weights.
func readWeights(weights []weight, cells string) error {
	if n := strings.Count(cells, "\t") + 1; n != len(weights) {
		return fmt.Errorf("%d weights, want %d", n, len(weights))
	}
	for i := range weights {
		var cell string
		cell, cells, _ = strings.Cut(cells, "\t")
		if weights[i] = 0; cell == "" {
			continue
		}
		w, err := strconv.ParseInt(cell, 10, 16)
		if err != nil {
			return err
		}
		weights[i] = weight(w)
	}
	return nil
}

// write writes l, features in order.
func (l *learned) write(w io.Writer) error {
	b := []byte("feature")
	for _, c := range l.clauses {
		b = append(append(b, '\t'), c...)
	}
	for _, f := range l.features.sorted() {
		b = append(append(b, '\n'), l.features.name(f)...)
		for _, x := range l.of(f) {
			if b = append(b, '\t'); x != 0 {
				b = strconv.AppendInt(b, int64(x), 10)
			}
		}
	}
	_, err := w.Write(append(b, '\n'))
	return err
}
