package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The view is what the log adds up to, in buckets of its own:
//
//	view/reports/<number>  = <number of the event with its findings, 8 bytes>
//	                         <the report as JSON without them, packed: see pack.go>
//	view/ids/<id>          = <number>        of each report
//	view/messages/<Message-ID>\0<number> = <id>
//	                                         the reports by the Message-ID that the sender wrote
//	view/terms/<number> = <…>, view/index/<…> = <…>
//	                                         the terms of each report, and the reports by their
//	                                         terms: see index.go, term.go
//	view/counts/<term>     = <8 bytes>       how many reports have the term; also "reports", "urgent"
//	view/queue/<number>    = <rank, 3 bytes><when it was received, 8 bytes><id>
//	                                         the open reports: see queue.go
//	view/decided/<number> = <decision>       the decisions that hold: see numbers.go
//	view/history/<number><number of the event> = ""
//	                                         the events of each report
//	view/policies/<number> = ""              the events that put a policy into force
//	view/trainings/<number> = ""             the events by which the classifier learned
//	view/tray/<…> = <…>                      how near misses were settled: see tray.go
//	view/state/applied     = <number>        the last event applied
//	view/state/version     = viewVersion
//
// A report's number is that of its received event: what comes one after another
// lies side by side.
//
// Everything in it follows from the events alone, so a view made again from
// the log is equal to the one kept.
const viewVersion = 9

var (
	bucketReports   = []byte("reports")
	bucketIDs       = []byte("ids")
	bucketMessages  = []byte("messages")
	bucketTerms     = []byte("terms")
	bucketIndex     = []byte("index")
	bucketCounts    = []byte("counts")
	bucketQueue     = []byte("queue")
	bucketDecided   = []byte("decided")
	bucketHistory   = []byte("history")
	bucketPolicies  = []byte("policies")
	bucketTrainings = []byte("trainings")
	bucketTray      = []byte("tray")
	bucketState     = []byte("state")
	keyApplied      = []byte("applied")
	keyVersion      = []byte("version")
)

// viewBuckets holds every bucket of the view.
var viewBuckets = [][]byte{bucketReports, bucketIDs, bucketMessages, bucketTerms, bucketIndex, bucketCounts, bucketQueue, bucketDecided, bucketHistory, bucketPolicies, bucketTrainings, bucketTray, bucketState}

// lists holds the buckets of the kinds of event that are looked up by kind.
var lists = map[aup.EventKind][]byte{aup.EventPolicy: bucketPolicies, aup.EventTrained: bucketTrainings}

// createView makes the empty view in place of the one there is.
func createView(tx *bbolt.Tx) (*bbolt.Bucket, error) {
	if err := tx.DeleteBucket(bucketView); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
		return nil, err
	}
	view, err := tx.CreateBucket(bucketView)
	if err != nil {
		return nil, err
	}
	for _, name := range viewBuckets {
		if _, err := view.CreateBucket(name); err != nil {
			return nil, err
		}
	}
	return view, view.Bucket(bucketState).Put(keyVersion, []byte(strconv.Itoa(viewVersion)))
}

// viewStale reports whether the view was made by another version, or is behind
// the log.
func viewStale(tx *bbolt.Tx) bool {
	view := tx.Bucket(bucketView)
	if view == nil {
		return true
	}
	state := view.Bucket(bucketState)
	last, _ := head(tx)
	return string(state.Get(keyVersion)) != strconv.Itoa(viewVersion) || applied(view) != last
}

func applied(view *bbolt.Bucket) aup.Seq {
	v := view.Bucket(bucketState).Get(keyApplied)
	if len(v) != 8 {
		return 0
	}
	return aup.Seq(binary.BigEndian.Uint64(v))
}

// applyEvents brings the view up to the last of events, which follow the last
// one applied and each other, and are of one report, or of none. It returns the
// report as it is then. However many they are, the report is written once.
func applyEvents(view *bbolt.Bucket, events ...aup.Event) (after aup.Report, err error) {
	if len(events) == 0 {
		return after, nil
	}
	id, first, last := events[0].Report, events[0].Seq, applied(view)
	var before aup.Report
	switch {
	case id == "":
	case events[0].Kind != aup.EventReceived:
		before, first, err = readReport(view, id)
	case numberOf(view, id) != nil:
		err = fmt.Errorf("apply event %d: report %s was received before: %w", first, id, aup.ErrConflict)
	}
	if err != nil {
		return after, err
	}
	after = before
	for _, e := range events {
		if e.Seq != last+1 || e.Report != id {
			return after, fmt.Errorf("apply event %d, of report %q, to a view of event %d: %w", e.Seq, e.Report, last, aup.ErrConflict)
		}
		last = e.Seq
		if after, err = applyOne(view, after, first, e); err != nil {
			return after, err
		}
	}
	if id != "" {
		if after, err = writeReport(view, before, after, first, events); err != nil {
			return after, fmt.Errorf("apply event %d: %w", last, err)
		}
	}
	if err := indexOf(view).closeUpTo(last); err != nil {
		return after, err
	}
	return after, view.Bucket(bucketState).Put(keyApplied, seqKey(last))
}

// applyOne returns the report r with the number first as it is after e, and
// lists e where it is looked up.
func applyOne(view *bbolt.Bucket, r aup.Report, first aup.Seq, e aup.Event) (aup.Report, error) {
	if e.Report != "" {
		r, err := r.Apply(e)
		return r, errors.Join(err, view.Bucket(bucketHistory).Put(historyKey(first, e.Seq), nil))
	}
	if list := lists[e.Kind]; list != nil {
		if err := view.Bucket(list).Put(seqKey(e.Seq), nil); err != nil {
			return r, err
		}
	}
	return r, noteSettled(view, e)
}

// writeReport puts after in the place of before, from which events led to it, and
// returns it as it is read from there.
func writeReport(view *bbolt.Bucket, before, after aup.Report, first aup.Seq, events []aup.Event) (aup.Report, error) {
	for _, name := range [][]byte{bucketReports, bucketHistory, bucketQueue, bucketTerms} {
		view.Bucket(name).FillPercent = full
	}
	after, data, err := encodeReport(after)
	if err != nil {
		return after, err
	}
	seq, reports := seqKey(first), view.Bucket(bucketReports)
	row := pack(verdictOf(reports.Get(seq), events), data)
	if err := reports.Put(seq, row); err != nil {
		return after, err
	}
	if before.ID == "" {
		if err := name(view, after, seq); err != nil {
			return after, err
		}
	}
	return after, errors.Join(queueUp(view, after, seq), noteDecision(view, after, seq), enlist(view, before, after, seq))
}

// verdictOf returns the number of the event with the findings of a report: it is
// the last of events that has some, or else as in the report's row from before.
func verdictOf(row []byte, events []aup.Event) []byte {
	verdict := make([]byte, 8)
	copy(verdict, row)
	for _, e := range events {
		if e.Classified != nil {
			verdict = seqKey(e.Seq)
		}
	}
	return verdict
}

// name puts r where it is found by what it is called.
func name(view *bbolt.Bucket, r aup.Report, seq []byte) error {
	if key := messageKey(r.MessageID); key != nil {
		if err := view.Bucket(bucketMessages).Put(append(key, seq...), []byte(r.ID)); err != nil {
			return err
		}
	}
	return view.Bucket(bucketIDs).Put([]byte(r.ID), seq)
}

// messageKey returns what the keys of a Message-ID begin with; nil for one that
// no report is found by.
func messageKey(id string) []byte {
	if id == "" || len(id) >= maxTerm || strings.ContainsRune(id, 0) {
		return nil
	}
	return append([]byte(id), 0)
}

// enlist puts after into the index and the counts in the place of before.
func enlist(view *bbolt.Bucket, before, after aup.Report, seq []byte) error {
	index := indexOf(view)
	was, is := terms(before), terms(after)
	for _, t := range was {
		if !slices.Contains(is, t) {
			if err := errors.Join(index.set(t, seq, false), count(view, t, -1)); err != nil {
				return err
			}
		}
	}
	for _, t := range is {
		if !slices.Contains(was, t) {
			if err := errors.Join(index.set(t, seq, true), count(view, t, +1)); err != nil {
				return err
			}
		}
	}
	return index.rows.Put(seq, rowOf(after, is))
}

// encodeReport returns r without its findings, as JSON, and as it is read from
// that. The two differ where r has bytes that are no UTF-8: of those the log keeps
// as little.
func encodeReport(r aup.Report) (aup.Report, []byte, error) {
	r.Findings = nil
	data, err := json.Marshal(r)
	if err != nil || !bytes.Contains(data, []byte(`\ufffd`)) {
		return r, data, err
	}
	var read aup.Report
	if err := json.Unmarshal(data, &read); err != nil {
		return r, nil, err
	}
	data, err = json.Marshal(read)
	return read, data, err
}

// count changes how many reports have a term. Terms that reports are not counted
// by have no count.
func count(view *bbolt.Bucket, term string, by int64) error {
	if !counted(term) {
		return nil
	}
	counts := view.Bucket(bucketCounts)
	n := int64(readCount(counts.Get([]byte(term)))) + by
	if n == 0 {
		return counts.Delete([]byte(term))
	}
	return counts.Put([]byte(term), binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func readCount(v []byte) uint64 {
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

// numberOf returns the number of the report with exactly that id, as in keys;
// nil if there is none.
func numberOf(view *bbolt.Bucket, id aup.ReportID) []byte {
	return view.Bucket(bucketIDs).Get([]byte(id))
}

// readReport returns the report with exactly that id, without its findings, and
// its number.
func readReport(view *bbolt.Bucket, id aup.ReportID) (aup.Report, aup.Seq, error) {
	seq := numberOf(view, id)
	if seq == nil {
		return aup.Report{}, 0, fmt.Errorf("report %s: %w", id, aup.ErrNotFound)
	}
	if len(seq) != 8 {
		return aup.Report{}, 0, fmt.Errorf("report %s: a number of %d bytes: %w", id, len(seq), aup.ErrDamaged)
	}
	r, err := decodeReport(view.Bucket(bucketReports).Get(seq))
	if err == nil && r.ID != id {
		err = fmt.Errorf("it is report %q: %w", r.ID, aup.ErrDamaged)
	}
	if err != nil {
		return r, 0, fmt.Errorf("report %s: %w", id, err)
	}
	return r, aup.Seq(binary.BigEndian.Uint64(seq)), nil
}

// readFindings returns the findings of the report with that number.
func readFindings(view *bbolt.Bucket, first aup.Seq) ([]aup.Finding, error) {
	row := view.Bucket(bucketReports).Get(seqKey(first))
	if len(row) < 8 || binary.BigEndian.Uint64(row) == 0 {
		return nil, nil
	}
	e, _, err := decodeEvent(view.Tx().Bucket(bucketLog).Get(row[:8]))
	switch {
	case err != nil:
		return nil, fmt.Errorf("event %d: %w", binary.BigEndian.Uint64(row), err)
	case e.Classified == nil:
		return nil, fmt.Errorf("event %d has no findings: %w", binary.BigEndian.Uint64(row), aup.ErrDamaged)
	}
	return e.Classified.Verdict.Findings, nil
}

// decodeReport reads a row of view/reports.
func decodeReport(row []byte) (r aup.Report, err error) {
	data, err := unpack(row[min(8, len(row)):])
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%v: %w", err, aup.ErrDamaged)
	}
	return r, nil
}

// countsOf returns the counts of the terms with a prefix, by what follows it.
func countsOf[K ~string](view *bbolt.Bucket, prefix string) map[K]int {
	m := make(map[K]int)
	c := view.Bucket(bucketCounts).Cursor()
	for k, v := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		m[K(strings.TrimPrefix(string(k), prefix))] = int(readCount(v))
	}
	return m
}
