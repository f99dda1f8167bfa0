package export

import (
	"fmt"
	"slices"

	"aupd/internal/aup"
)

// spans checks that whatever points into the text of d lies within it, and that
// the words of a reason are those that stand there.
func spans(d *aup.Document, findings []aup.Finding) error {
	for _, f := range findings {
		for _, s := range f.Spans {
			text, err := at(d, s.Part, aup.Range{Start: s.Start, End: s.End})
			if err == nil && text != s.Text {
				err = fmt.Errorf("part %s: %d to %d is not what the reason says", s.Part, s.Start, s.End)
			}
			if err != nil {
				return fmt.Errorf("clause %s: %w", f.Clause, err)
			}
		}
	}
	for _, in := range d.Indicators {
		if _, err := at(d, in.Part, in.Range); err != nil && in.Part != "" {
			return fmt.Errorf("indicator %q: %w", in.Value, err)
		}
	}
	for _, p := range d.Parts {
		for _, r := range ranges(p) {
			if _, err := at(d, p.ID, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// at returns the text that stands at r of a part.
func at(d *aup.Document, id aup.PartID, r aup.Range) (string, error) {
	p, ok := d.Part(id)
	if !ok {
		return "", fmt.Errorf("there is no part %q", id)
	}
	if r.Start < 0 || r.Start > r.End || r.End > len(p.Text) {
		return "", fmt.Errorf("part %s: %d to %d lies outside of its %d bytes", id, r.Start, r.End, len(p.Text))
	}
	return p.Text[r.Start:r.End], nil
}

func ranges(p aup.Part) []aup.Range {
	all := slices.Clone(p.Hidden)
	for _, s := range p.Segments {
		all = append(all, s.Range)
	}
	for _, l := range p.Links {
		all = append(all, l.Range)
	}
	return all
}
