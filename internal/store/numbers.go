package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The bucket decided holds the decision that holds on each report in a short
// row, so that numbers are made without reading the reports:
//
//	<when it was taken, 8 bytes><when the report was received, 8 bytes><1 if as classified, else 0><primary clause>

// maxReporters is how many reporters the numbers name.
const maxReporters = 20

// noteDecision keeps the row of r's decision, or drops it.
func noteDecision(view *bbolt.Bucket, r aup.Report, seq []byte) error {
	b, d := view.Bucket(bucketDecided), r.Decision
	if d == nil {
		return b.Delete(seq)
	}
	row := binary.BigEndian.AppendUint64(nil, uint64(d.At.UnixNano()))
	row = binary.BigEndian.AppendUint64(row, uint64(r.Received.UnixNano()))
	as, clause := byte(0), aup.None
	if d.AsClassified {
		as = 1
	}
	if len(d.Clauses) > 0 {
		clause = d.Clauses[0].Clause
	}
	return b.Put(seq, append(append(row, as), clause...))
}

// A counter makes numbers out of index rows.
type counter struct {
	aup.Numbers
	clauses   map[aup.ClauseID]*aup.ClauseNumbers
	took      []time.Duration
	tookOf    map[aup.ClauseID][]time.Duration
	reporters map[string]int
	blind     bool // who sent sealed reports is not told
}

// Numbers implements [aup.Triager]. It reads rows of indexes alone: some
// microseconds for each report there is, whatever it holds.
func (s *Store) Numbers(ctx context.Context, since time.Time) (aup.Numbers, error) {
	now := s.now().UTC()
	if oldest := now.AddDate(0, 0, 1-aup.MaxNumbersDays); since.Before(oldest) {
		since = oldest
	} else if since.After(now) {
		since = now
	}
	c := &counter{
		clauses: make(map[aup.ClauseID]*aup.ClauseNumbers), tookOf: make(map[aup.ClauseID][]time.Duration), reporters: make(map[string]int), blind: aup.Blind(ctx),
	}
	c.Since, c.ByOutcome = since.UTC(), make(map[aup.Outcome]int)
	c.Days = []aup.DayNumbers{}
	for d := c.Since.Truncate(day); !d.After(now); d = d.Add(day) {
		c.Days = append(c.Days, aup.DayNumbers{Day: d, ByClause: make(map[aup.ClauseID]int)})
	}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		view := tx.Bucket(bucketView)
		err := view.Bucket(bucketTerms).ForEach(func(_, row []byte) error {
			c.report(row)
			return ctx.Err()
		})
		return errors.Join(err, view.Bucket(bucketDecided).ForEach(c.decided))
	})
	c.finish()
	return c.Numbers, err
}

const day = 24 * time.Hour

// report counts the report with that row of the index.
func (c *counter) report(row []byte) {
	at := receivedOf(row)
	if at.Before(c.Since) {
		return
	}
	blind := c.blind && hasTerm(row, termSealed)
	for term := range termsOf(row) {
		i := strings.IndexByte(term, '/') + 1
		switch prefix, value := term[:i], term[i:]; prefix {
		case termOutcome:
			c.outcome(value, at)
		case termClause:
			c.clause(value, at)
		case termFrom:
			if !blind {
				c.from(value)
			}
		}
	}
}

// on returns the numbers of the day of a time; of a time still to come, as a
// clock that was put back leaves behind, those of the last day.
func (c *counter) on(at time.Time) *aup.DayNumbers {
	return &c.Days[min(int(at.Sub(c.Days[0].Day)/day), len(c.Days)-1)]
}

func (c *counter) of(id aup.ClauseID) *aup.ClauseNumbers {
	n := c.clauses[id]
	if n == nil {
		n = &aup.ClauseNumbers{Clause: id}
		c.clauses[id] = n
	}
	return n
}

// outcome counts the report itself too: each has one outcome.
func (c *counter) outcome(value string, at time.Time) {
	c.Received++
	c.ByOutcome[aup.Outcome(value)]++
	c.on(at).Received++
}

func (c *counter) clause(value string, at time.Time) {
	c.of(aup.ClauseID(value)).Received++
	c.on(at).ByClause[aup.ClauseID(value)]++
}

func (c *counter) from(value string) {
	if strings.Contains(value, "@") { // the rest are their domains
		c.reporters[value]++
	}
}

func (c *counter) decided(_, row []byte) error {
	if len(row) < 17 {
		return nil
	}
	at, received := nanoTime(row), nanoTime(row[8:])
	if at.Before(c.Since) {
		return nil
	}
	id, took := aup.ClauseID(row[17:]), max(at.Sub(received), 0)
	n := c.of(id)
	n.Decided++
	c.Decided++
	if row[16] == 1 {
		n.AsClassified++
		c.AsClassified++
	}
	c.on(at).Decided++
	c.took, c.tookOf[id] = append(c.took, took), append(c.tookOf[id], took)
	return nil
}

func nanoTime(b []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(b)))
}

// finish sorts what was counted.
func (c *counter) finish() {
	c.Median = aup.Median(c.took)
	c.Clauses = []aup.ClauseNumbers{}
	for id, n := range c.clauses {
		n.Median = aup.Median(c.tookOf[id])
		c.Clauses = append(c.Clauses, *n)
	}
	slices.SortFunc(c.Clauses, func(a, b aup.ClauseNumbers) int { return cmp.Compare(a.Clause, b.Clause) })
	c.Reporters = []aup.ReporterNumbers{}
	for address, n := range c.reporters {
		c.Reporters = append(c.Reporters, aup.ReporterNumbers{Address: address, Reports: n})
	}
	slices.SortFunc(c.Reporters, func(a, b aup.ReporterNumbers) int {
		return cmp.Or(-cmp.Compare(a.Reports, b.Reports), cmp.Compare(a.Address, b.Address))
	})
	c.Reporters = c.Reporters[:min(len(c.Reporters), maxReporters)]
}
