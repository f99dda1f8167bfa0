package store

import (
	"bytes"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The index says which reports have a term (term.go):
//
//	view/terms/<number, 8 bytes>     = <when it was received, 8 bytes><id>\0<term>\0…<term>\0
//	view/index/<block, 4 bytes><term> = <the place of each report that has it, 2 bytes>…
//
// A block is blockSize numbers in a row, and a place is a number within it, in
// ascending order. Lists are made of a block at once, when the log has left it:
// what a record costs is one row, and neither that nor the lists grow with the
// store. A question is asked of the lists of every block, and of the rows of the
// block that has none yet. All reports are listed by their rows alone.
type index struct {
	rows, lists *bbolt.Bucket
	open        uint64 // the number that the block without lists begins with
}

// blockSize is how many numbers share a block: with fewer there are more lists to
// ask, with more there are more rows without a list.
const blockSize = 1 << 10

func indexOf(view *bbolt.Bucket) index {
	return index{view.Bucket(bucketTerms), view.Bucket(bucketIndex), uint64(applied(view)) / blockSize * blockSize}
}

// listKey returns the key of the list of a term, in the block of a number.
func listKey(number uint64, term string) []byte {
	k := make([]byte, 0, 4+len(term))
	return append(binary.BigEndian.AppendUint32(k, uint32(number/blockSize)), term...)
}

// row returns the row of a report; nil if there is none.
func (x index) row(seq []byte) []byte { return x.rows.Get(seq) }

// rowOf returns the row of a report with those terms.
func rowOf(r aup.Report, terms []string) []byte {
	row := append(binary.BigEndian.AppendUint64(nil, uint64(r.Received.UnixNano())), r.ID...)
	row = append(row, 0)
	for _, t := range terms {
		row = append(append(row, t...), 0)
	}
	return row
}

// receivedOf returns when the report with that row was received. It is there so
// that a scan for a stretch of time reads no report outside of it.
func receivedOf(row []byte) time.Time {
	if len(row) < 8 {
		return time.Time{} // which no report has
	}
	return nanoTime(row)
}

// idOf returns the id of the report with that row.
func idOf(row []byte) aup.ReportID {
	id, _, _ := bytes.Cut(row[min(8, len(row)):], []byte{0})
	return aup.ReportID(id)
}

// hasTerm reports whether the report with that row has a term.
func hasTerm(row []byte, term string) bool {
	t := append(append(append(make([]byte, 0, 64), 0), term...), 0)
	return len(row) > 8 && bytes.Contains(row[8:], t)
}

// termsOf yields the terms of the report with that row, in order.
func termsOf(row []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		_, terms, _ := bytes.Cut(row[min(8, len(row)):], []byte{0})
		for term := range strings.SplitSeq(strings.TrimSuffix(string(terms), "\x00"), "\x00") {
			if !yield(term) {
				return
			}
		}
	}
}

// between yields the numbers of the reports that have a term from one, included,
// up to another, of each block in turn; some of them more than once.
func (x index) between(from, to string) iter.Seq[[]byte] {
	return func(yield func(seq []byte) bool) {
		lists := x.lists.Cursor()
		for block := uint64(0); block < x.open; block += blockSize {
			last := listKey(block, to)
			for k, v := lists.Seek(listKey(block, from)); k != nil && bytes.Compare(k, last) < 0; k, v = lists.Next() {
				for place := range places(v) {
					if !yield(seqKey(aup.Seq(block + place))) {
						return
					}
				}
			}
		}
		rows := x.rows.Cursor()
		for k, v := rows.Seek(seqKey(aup.Seq(x.open))); k != nil; k, v = rows.Next() {
			for term := range termsOf(v) {
				if from <= term && term < to && !yield(k) {
					return
				}
			}
		}
	}
}

// of yields the numbers of the reports under one term, lower ones first.
func (x index) of(term string) iter.Seq[[]byte] { return x.between(term, term+"\x00") }

// latest yields the numbers and rows of the reports under a term, the highest
// number first, from below the number before on; nil for all.
func (x index) latest(term string, before []byte) iter.Seq2[[]byte, []byte] {
	if term == termAll {
		x.open = 0
	}
	return func(yield func(seq, row []byte) bool) {
		rows, open := x.rows.Cursor(), seqKey(aup.Seq(x.open))
		k, v := rows.Last()
		if before != nil {
			k, v = below(rows, before)
		}
		for ; k != nil && bytes.Compare(k, open) >= 0; k, v = rows.Prev() {
			if hasTerm(v, term) && !yield(k, v) {
				return
			}
		}
		for block := x.open; block > 0; {
			block -= blockSize
			list := x.lists.Get(listKey(block, term))
			for i := len(list) - 2; i >= 0; i -= 2 {
				seq := seqKey(aup.Seq(block + uint64(binary.BigEndian.Uint16(list[i:]))))
				if before != nil && bytes.Compare(seq, before) >= 0 {
					continue
				}
				// Under a term that most have it is the next row mostly.
				if k, v = rows.Prev(); !bytes.Equal(k, seq) {
					k, v = rows.Seek(seq)
				}
				if !yield(k, v) {
					return
				}
			}
		}
	}
}

// below returns the last row whose key is lower than key.
func below(c *bbolt.Cursor, key []byte) (k, v []byte) {
	if k, _ := c.Seek(key); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// places yields what a list holds.
func places(list []byte) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for ; len(list) >= 2; list = list[2:] {
			if !yield(uint64(binary.BigEndian.Uint16(list))) {
				return
			}
		}
	}
}

// set lists a report under a term, or no longer, where its block has lists.
func (x index) set(term string, seq []byte, listed bool) error {
	number := binary.BigEndian.Uint64(seq)
	if number >= x.open || term == termAll {
		return nil
	}
	key := listKey(number, term)
	all := slices.Collect(places(x.lists.Get(key)))
	i, is := slices.BinarySearch(all, number%blockSize)
	switch {
	case is == listed:
		return nil
	case listed:
		all = slices.Insert(all, i, number%blockSize)
	case len(all) == 1:
		return x.lists.Delete(key)
	default:
		all = slices.Delete(all, i, i+1)
	}
	var list []byte
	for _, place := range all {
		list = binary.BigEndian.AppendUint16(list, uint16(place))
	}
	return x.lists.Put(key, list)
}

// closeUpTo makes the lists of the blocks before that of the number last.
func (x index) closeUpTo(last aup.Seq) error {
	for ; x.open+blockSize <= uint64(last); x.open += blockSize {
		lists := make(map[string][]byte)
		c, end := x.rows.Cursor(), seqKey(aup.Seq(x.open+blockSize))
		for k, v := c.Seek(seqKey(aup.Seq(x.open))); k != nil && bytes.Compare(k, end) < 0; k, v = c.Next() {
			place := uint16(binary.BigEndian.Uint64(k) % blockSize)
			for term := range termsOf(v) {
				lists[term] = binary.BigEndian.AppendUint16(lists[term], place)
			}
		}
		delete(lists, termAll)
		x.lists.FillPercent = full
		for _, term := range slices.Sorted(maps.Keys(lists)) {
			if err := x.lists.Put(listKey(x.open, term), lists[term]); err != nil {
				return err
			}
		}
	}
	return nil
}
