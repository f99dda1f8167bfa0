package store

import (
	"bytes"
	"encoding/binary"
	"iter"
	"time"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// The index says which reports have a term (term.go). It lies in blocks, each
// for the reports whose numbers are some thousand in a row:
//
//	view/index/<block, 4 bytes><term>\0<number, 8 bytes> = <when it was received, 8 bytes><id>
//
// Whatever reports say, those that come one after another are written to one
// stretch of the file that way and not all over it, and what a record costs
// does not grow with the store. A question is asked of every block.
type index struct{ *bbolt.Bucket }

// blockBits is the binary logarithm of how many numbers share a block: with
// fewer there are more blocks to ask, with more a block is too large to be
// written to in full by one batch.
const blockBits = 11

func indexOf(view *bbolt.Bucket) index { return index{view.Bucket(bucketIndex)} }

func blockOf(seq []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(binary.BigEndian.Uint64(seq)>>blockBits))
}

func indexKey(term string, seq []byte) []byte {
	k := make([]byte, 0, 4+len(term)+1+len(seq))
	return append(append(append(append(k, blockOf(seq)...), term...), 0), seq...)
}

// row returns what the index has of a report under a term; nil if nothing.
func (x index) row(term string, seq []byte) []byte { return x.Get(indexKey(term, seq)) }

func (x index) has(term string, seq []byte) bool { return x.row(term, seq) != nil }

// rows yields the numbers and rows of the reports under the terms from one,
// included, up to another, of each block in turn; within a block in the order
// of the terms.
func (x index) rows(from, to string) iter.Seq2[termed, []byte] {
	return func(yield func(termed, []byte) bool) {
		c := x.Cursor()
		for at, _ := c.First(); len(at) > 4; {
			block := bytes.Clone(at[:4])
			for k, v := c.Seek(append(block[:4:4], from...)); bytes.HasPrefix(k, block) && string(k[4:]) < to; k, v = c.Next() {
				if end := len(k) - 8; end > 4 && !yield(termed{string(k[4 : end-1]), k[end:]}, v) {
					return
				}
			}
			at, _ = c.Seek(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(block)+1))
		}
	}
}

// A termed is a report under a term.
type termed struct {
	term string
	seq  []byte // valid for as long as the transaction
}

// of yields the reports under one term, those with lower numbers first.
func (x index) of(term string) iter.Seq2[termed, []byte] { return x.rows(term+"\x00", term+"\x01") }

// latest yields the numbers and rows of the reports under a term, the highest
// number first, from below the number before on; nil for all.
func (x index) latest(term string, before []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(seq, row []byte) bool) {
		c := x.Cursor()
		end := []byte{0xff, 0xff, 0xff, 0xff}
		if before != nil {
			end = indexKey(term, before)
		} else if k, _ := c.Last(); len(k) > 4 {
			end = append(bytes.Clone(k[:4]), term+"\x01"...)
		}
		for {
			prefix := append(append(end[:4:4], term...), 0)
			k, v := below(c, end)
			for ; bytes.HasPrefix(k, prefix); k, v = c.Prev() {
				if !yield(k[len(prefix):], v) {
					return
				}
			}
			if k, _ = below(c, end[:4]); len(k) <= 4 {
				return
			}
			end = append(bytes.Clone(k[:4]), term+"\x01"...)
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

// indexValue returns the value of r's keys in the index. The time is there so
// that a scan for a stretch of time reads no report outside of it.
func indexValue(r aup.Report) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(r.Received.UnixNano())), r.ID...)
}

func parseIndexValue(v []byte) (received time.Time, id aup.ReportID) {
	if len(v) < 8 {
		return time.Time{}, "" // which no report has
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(v))), aup.ReportID(v[8:])
}
