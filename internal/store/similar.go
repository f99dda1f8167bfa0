package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// A shared term speaks for one campaign only while few reports have it: what
// everybody names says nothing.
const maxShared = 200

// maxLookup bounds the terms of one report that are looked up.
const maxLookup = 60

// A bond is why a report may belong with another.
type bond struct {
	seq    string
	weight int
	reason string
}

// Similar implements [aup.Triager]: an equal original outweighs any number of
// shared sources of abuse. What a sealed report has in common with another is
// for those who are cleared.
func (s *Store) Similar(ctx context.Context, id aup.ReportID, limit int) (out []aup.Similar, err error) {
	out = []aup.Similar{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		full, err := complete(view, id)
		if err != nil {
			return err
		}
		r, first, err := readReport(view, full)
		if err != nil {
			return err
		}
		if r.Sealed && aup.Blind(ctx) {
			return nil
		}
		for _, b := range bonds(view, r, string(seqKey(first)), aup.Blind(ctx)) {
			if limit > 0 && len(out) == limit {
				return nil
			}
			found, err := s.read(view, idOf(indexOf(view).row([]byte(b.seq))))
			if err != nil {
				return err
			}
			out = append(out, aup.Similar{Report: found, Reason: b.reason})
		}
		return nil
	})
	return out, err
}

// bonds returns what r shares with others, the strongest first; with sealed
// ones too unless it is for somebody blind.
func bonds(view *bbolt.Bucket, r aup.Report, self string, blind bool) []bond {
	found, index := make(map[string]bond), indexOf(view)
	look := func(term string, weight int, reason string) {
		var sharing []string
		for seq := range index.of(term) {
			if blind && hasTerm(index.row(seq), termSealed) {
				continue
			}
			if sharing = append(sharing, string(seq)); len(sharing) > maxShared {
				return
			}
		}
		for _, seq := range sharing {
			b := found[seq]
			if b.seq = seq; b.reason == "" {
				b.reason = reason
			}
			b.weight += weight
			found[seq] = b
		}
	}
	for _, o := range r.Originals {
		look(termOriginal+o, 1000, "passes on the same message")
	}
	for _, t := range r.Traces[:min(len(r.Traces), maxLookup)] {
		if t.Role == aup.RoleSource {
			look(termSource+t.Value, 1, fmt.Sprintf("names the same source, %s %s", t.Kind, t.Value))
		}
	}
	delete(found, self)
	var out []bond
	for _, b := range found {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b bond) int { return cmp.Or(-cmp.Compare(a.weight, b.weight), -cmp.Compare(a.seq, b.seq)) })
	return out
}

// Cases implements [aup.Triager].
func (s *Store) Cases(ctx context.Context, limit int) (out []aup.Case, err error) {
	out = []aup.Case{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		for id := range countsOf[aup.CaseID](view, termCase) {
			c, err := readCase(view, id)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return ctx.Err()
	})
	slices.SortFunc(out, func(a, b aup.Case) int { return cmp.Or(b.Newest.Compare(a.Newest), cmp.Compare(a.ID, b.ID)) })
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, err
}

func readCase(view *bbolt.Bucket, id aup.CaseID) (aup.Case, error) {
	out := aup.Case{ID: id}
	index := indexOf(view)
	for seq := range index.of(termCase + string(id)) {
		row := index.row(seq)
		if out.Reports++; out.Reports == 1 {
			r, _, err := readReport(view, idOf(row))
			if err != nil {
				return out, err
			}
			out.Subject, out.Sealed = r.Subject, r.Sealed
		}
		if hasTerm(row, termOpen) {
			out.Open++
		}
		if received := receivedOf(row); received.After(out.Newest) {
			out.Newest = received.UTC().Truncate(time.Microsecond)
		}
	}
	return out, nil
}
