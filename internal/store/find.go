package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// A finder finds what a query selects: by the terms that a report must have,
// of which the rarest is scanned and the others are looked up, and by sets of
// reports where one question stands for many terms.
type finder struct {
	view  *bbolt.Bucket
	index index
	q     aup.Query
	now   time.Time
	must  []string
	sets  []map[string]bool // of 8-byte numbers
	// blind leaves sealed reports out: the query asks for their content, and
	// whoever asks may not know it.
	blind bool
}

func newFinder(ctx context.Context, view *bbolt.Bucket, q aup.Query, now time.Time) *finder {
	f := &finder{view: view, index: indexOf(view), q: q, now: now, blind: aup.Blind(ctx) && q.AsksContent()}
	for _, t := range []struct{ prefix, value string }{
		{termGroup, string(q.Clause)}, {termOutcome, string(q.Outcome)}, {termSeverity, string(q.Severity)}, {termMailbox, q.Mailbox},
		{termFrom, strings.ToLower(q.Reporter)}, {termLanguage, strings.ToLower(q.Language)}, {termAssignee, q.Assignee},
		{termTag, q.Tag}, {termPriority, string(q.Priority)}, {termCase, string(q.Case)},
	} {
		if t.value != "" {
			f.must = append(f.must, t.prefix+t.value)
		}
	}
	switch q.State {
	case aup.StateDecided, aup.StateClosed, aup.StateClaimed:
		f.must = append(f.must, termState+string(q.State))
	case aup.StateOpen, aup.StateNew, aup.StateWaiting:
		f.must = append(f.must, termOpen)
	}
	if q.Urgent {
		f.must = append(f.must, termUrgent)
	}
	if q.Indicator != "" {
		f.sets = append(f.sets, f.indicator(strings.ToLower(q.Indicator)))
	}
	if q.Among != nil {
		f.sets = append(f.sets, f.among(q.Among))
	}
	return f
}

// among returns the reports with those ids; one that does not exist is none.
func (f *finder) among(ids []aup.ReportID) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seq := numberOf(f.view, id); seq != nil {
			set[string(seq)] = true
		}
	}
	return set
}

// indicator returns the reports that an indicator, a network or a domain with
// its subdomains is in.
func (f *finder) indicator(value string) map[string]bool {
	set := make(map[string]bool)
	f.collect(set, termTrace+value, termTrace+value+"\x00")
	if prefix, err := netip.ParsePrefix(value); err == nil {
		first, last := bounds(prefix)
		f.collect(set, termAddress+first, termAddress+last+"\x00")
	} else if ip, err := netip.ParseAddr(value); err == nil {
		f.collect(set, termAddress+hexAddress(ip), termAddress+hexAddress(ip)+"\x00")
	} else if !strings.ContainsAny(value, "/@: ") {
		host := termDomain + reversed(value)
		f.collect(set, host, host[:len(host)-1]+"/")
	}
	return set
}

// bounds returns the terms of the first and the last address of a network.
func bounds(p netip.Prefix) (first, last string) {
	p = p.Masked()
	b := p.Addr().As16()
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	end := b
	for i := bits; i < 128; i++ {
		end[i/8] |= 0x80 >> (i % 8)
	}
	return hex.EncodeToString(b[:]), hex.EncodeToString(end[:])
}

// collect adds the reports of all terms from one, included, to another.
func (f *finder) collect(set map[string]bool, from, to string) {
	for seq := range f.index.between(from, to) {
		set[string(seq)] = true
	}
}

// has reports whether the report with that number and row has every term, is in
// every set, and may be found.
func (f *finder) has(seq, row []byte) bool {
	if f.blind && hasTerm(row, termSealed) {
		return false
	}
	for _, set := range f.sets {
		if !set[string(seq)] {
			return false
		}
	}
	for _, t := range f.must {
		if !hasTerm(row, t) {
			return false
		}
	}
	return true
}

func (f *finder) between(received time.Time) bool {
	return (f.q.Since.IsZero() || !received.Before(f.q.Since)) && (f.q.Until.IsZero() || received.Before(f.q.Until))
}

// stands reports whether the report is in the state asked for: a claim may
// have run out, which no term says.
func (f *finder) stands(row []byte, id aup.ReportID) (bool, error) {
	if f.q.State != aup.StateNew && f.q.State != aup.StateClaimed && f.q.State != aup.StateWaiting {
		return true, nil
	}
	if !hasTerm(row, termState+string(aup.StateClaimed)) {
		return hasTerm(row, termState+string(f.q.State)), nil
	}
	r, _, err := readReport(f.view, id)
	return r.StateAt(f.now) == f.q.State, err
}

// A hit is a report that was found, not read yet.
type hit struct {
	seq []byte
	id  aup.ReportID
}

// hits yields what the query selects, the newest first, from behind the report
// with the number after on; nil starts with the newest.
func (f *finder) hits(ctx context.Context, after []byte) iter.Seq2[hit, error] {
	return func(yield func(hit, error) bool) {
		for seq, row := range f.scan(after) {
			if err := ctx.Err(); err != nil {
				yield(hit{}, err)
				return
			}
			if !f.between(receivedOf(row)) || !f.has(seq, row) {
				continue
			}
			id := idOf(row)
			ok, err := f.stands(row, id)
			if (ok || err != nil) && !yield(hit{seq, id}, err) {
				return
			}
		}
	}
}

// scan yields the rows of the fewest reports that hold all which are selected.
func (f *finder) scan(after []byte) iter.Seq2[[]byte, []byte] {
	if len(f.sets) > 0 {
		return f.scanSet(after)
	}
	return f.index.latest(f.rarest(), after)
}

func (f *finder) scanSet(after []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(seq, row []byte) bool) {
		var all []string
		for seq := range f.sets[0] {
			if after == nil || seq < string(after) {
				all = append(all, seq)
			}
		}
		slices.Sort(all)
		for _, seq := range slices.Backward(all) {
			row := f.index.row([]byte(seq))
			if row != nil && !yield([]byte(seq), row) {
				return
			}
		}
	}
}

// rarest returns the term of the query that the fewest reports have.
func (f *finder) rarest() string {
	counts := f.view.Bucket(bucketCounts)
	best := termAll
	for _, t := range f.must {
		if readCount(counts.Get([]byte(t))) <= readCount(counts.Get([]byte(best))) {
			best = t
		}
	}
	return best
}

// count returns how many reports the query selects, up to most.
func (f *finder) count(ctx context.Context, most int) (n int, more bool, err error) {
	whole := len(f.must) == 0 || len(f.must) == 1 && f.q.State != aup.StateNew && f.q.State != aup.StateClaimed && f.q.State != aup.StateWaiting
	if whole && !f.blind && len(f.sets) == 0 && f.q.Since.IsZero() && f.q.Until.IsZero() {
		return int(readCount(f.view.Bucket(bucketCounts).Get([]byte(f.rarest())))), false, nil
	}
	for _, err := range f.hits(ctx, nil) {
		if err != nil {
			return n, false, err
		}
		if n == most {
			return n, true, nil
		}
		n++
	}
	return n, false, nil
}

// after returns the number that a page continues behind.
func (f *finder) after() ([]byte, error) {
	if f.q.After == "" {
		return nil, nil
	}
	_, first, err := readReport(f.view, aup.ReportID(f.q.After))
	if err != nil {
		return nil, fmt.Errorf("continue after: %w", err)
	}
	return seqKey(first), nil
}
