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

// A learned part is a linear model: each feature has a weight for each clause
// that it tells of, and for no violation.
type learned struct {
	clauses  []aup.ClauseID
	features *table
	weights  []weight // of all features, one after another
	ends     []uint32 // where those of each feature end
}

// A weight is what a feature speaks for a clause. There are hundreds of
// thousands of them, so they are kept small.
type weight struct {
	clause     uint8
	hundredths int16
}

func (w weight) value() float64 { return float64(w.hundredths) / 100 }

// weightOf returns a weight as near to value as can be kept.
func weightOf(clause int, value float64) weight {
	return weight{uint8(clause), int16(math.Round(min(max(value*100, math.MinInt16), math.MaxInt16)))}
}

// of returns the weights of a feature.
func (l *learned) of(feature int32) []weight {
	from := uint32(0)
	if feature > 0 {
		from = l.ends[feature-1]
	}
	return l.weights[from:l.ends[feature]]
}

// readLearned reads what write wrote: a line of clauses, then one for each
// feature with "clause number:hundredths" pairs, all separated by tabs. The
// features stay parts of data.
func readLearned(data string) (*learned, error) {
	lines := strings.Count(data, "\n")
	l := &learned{
		features: newTable(lines), ends: make([]uint32, 0, lines),
		weights: make([]weight, 0, strings.Count(data, "\t")),
	}
	n := 0
	for line := range strings.Lines(data) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if n++; n == 1 {
			for id := range strings.SplitSeq(name+"\t"+rest, "\t") {
				l.clauses = append(l.clauses, aup.ClauseID(id))
			}
			continue
		}
		for pair := range strings.SplitSeq(rest, "\t") {
			c, w, _ := strings.Cut(pair, ":")
			clause, err := strconv.Atoi(c)
			if err != nil || clause < 0 || clause >= min(len(l.clauses), math.MaxUint8) {
				return nil, fmt.Errorf("line %d: %q is no clause's weight", n, pair)
			}
			value, err := strconv.ParseInt(w, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			l.weights = append(l.weights, weight{uint8(clause), int16(value)})
		}
		l.add(name)
	}
	return l, nil
}

// add adds a feature with the given weights behind those that were appended since
// the last one.
func (l *learned) add(feature string, weights ...weight) {
	l.features.add(feature)
	l.weights = append(l.weights, weights...)
	l.ends = append(l.ends, uint32(len(l.weights)))
}

// write writes l, features in order.
func (l *learned) write(w io.Writer) error {
	var b strings.Builder
	for i, c := range l.clauses {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(string(c))
	}
	b.WriteByte('\n')
	order := make([]int32, len(l.ends))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return strings.Compare(l.features.names[i], l.features.names[j]) })
	for _, i := range order {
		b.WriteString(l.features.names[i])
		for _, x := range l.of(i) {
			fmt.Fprintf(&b, "\t%d:%d", x.clause, x.hundredths)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
