package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
)

// A raw message lies in chunks:
//
//	bodies/<number, 8 bytes><hash, 32 bytes><number from 0, 4 bytes> = <zstd of a chunk>
//
// The first number counts up, so that what is recorded one after another lies
// side by side; it stands in the row of the hash (record.go). By their hash alone
// each message would lie between others, which are written anew with it. Those of
// a store of format 2 do, and stay where they are:
//
//	raw/<hash, 32 bytes><number from 0, 4 bytes> = <the same>
//
// A message of up to maxWhole bytes is one chunk and written with its report. A
// larger one is written ahead in chunks of chunkSize, many in a transaction, so
// that memory stays flat however large it is; pending/<hash> = <number> stands
// until its report is written. Chunks left pending by a process that was killed
// are swept when the store is opened. Earlier chunks may have other sizes.
const (
	maxWhole  = 512 << 10
	chunkSize = 128 << 10
)

// A body is where the chunks of a message lie.
type body struct {
	number []byte // nil in the bucket raw
	hash   aup.Hash
}

func (b body) bucket(tx *bbolt.Tx) *bbolt.Bucket {
	if b.number == nil {
		return tx.Bucket(bucketRaw)
	}
	bodies := tx.Bucket(bucketBodies)
	bodies.FillPercent = full
	return bodies
}

// prefix is what the keys of all its chunks begin with.
func (b body) prefix() []byte {
	return append(append(make([]byte, 0, len(b.number)+len(b.hash)+4), b.number...), b.hash[:]...)
}

func (b body) key(n int) []byte { return binary.BigEndian.AppendUint32(b.prefix(), uint32(n)) }

// newBody returns where a message that is not there yet is to lie.
func newBody(tx *bbolt.Tx, h aup.Hash) (body, error) {
	n, err := tx.Bucket(bucketBodies).NextSequence()
	return body{seqKey(aup.Seq(n)), h}, err
}

// pendingBody returns where the chunks lie that were written ahead.
func pendingBody(tx *bbolt.Tx, h aup.Hash) (body, bool) {
	number := tx.Bucket(bucketPending).Get(h[:])
	return body{bytes.Clone(number), h}, len(number) == 8
}

// putRaw writes a message of one chunk within tx; a larger one was written
// ahead and is pending no more. It returns where the message lies.
func putRaw(tx *bbolt.Tx, m *aup.Mail) (body, error) {
	if m.Size > maxWhole {
		b, ok := pendingBody(tx, m.Hash)
		if !ok {
			return b, fmt.Errorf("message %s was not written ahead: %w", m.Hash, aup.ErrDamaged)
		}
		return b, tx.Bucket(bucketPending).Delete(m.Hash[:])
	}
	b, err := newBody(tx, m.Hash)
	if err != nil {
		return b, err
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = slices.Grow((*buf)[:0], int(m.Size))[:m.Size]
	if _, err := io.ReadFull(m.Reader(), *buf); err != nil {
		return b, unread(m, err)
	}
	return b, b.bucket(tx).Put(b.key(0), compress(*buf))
}

// unread says that a message could not be read to its end. Less than it should
// be is no end of a file: a caller must not take it for one.
func unread(m *aup.Mail, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read message %s of %d bytes: %w", m.Hash, m.Size, err)
}

// sweep removes the chunks of messages whose report was never written.
func (s *Store) sweep() error {
	var left []aup.Hash
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketPending).ForEach(func(k, _ []byte) error {
			left = append(left, aup.Hash(k))
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, h := range left {
		if err := s.db.Update(func(tx *bbolt.Tx) error { return dropChunks(tx, h) }); err != nil {
			return err
		}
	}
	return nil
}

func dropChunks(tx *bbolt.Tx, h aup.Hash) error {
	left, numbered := pendingBody(tx, h)
	if !numbered {
		left.number = nil
	}
	if row := tx.Bucket(bucketHashes).Get(h[:]); row == nil || !bytes.Equal(placed(row, h).number, left.number) {
		c, prefix := left.bucket(tx).Cursor(), left.prefix()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
			if err := c.Delete(); err != nil {
				return err
			}
		}
	}
	return tx.Bucket(bucketPending).Delete(h[:])
}

// Raw implements [aup.Backlog]. The message is read a chunk at a time, each in
// a transaction of its own, so that a slow reader holds nothing up.
func (s *Store) Raw(ctx context.Context, id aup.ReportID) (io.ReadCloser, error) {
	r, err := s.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	return &rawReader{ctx: ctx, s: s, hash: r.SHA256, left: r.Size}, nil
}

type rawReader struct {
	ctx  context.Context // of the call that asked for the message
	s    *Store
	hash aup.Hash
	next int
	buf  []byte
	left int64
}

func (r *rawReader) Read(p []byte) (int, error) {
	if len(r.buf) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

func (r *rawReader) fill() error {
	return r.s.view(r.ctx, func(tx *bbolt.Tx) (err error) {
		r.buf, err = readChunk(tx, r.hash, r.next, r.left)
		r.left -= int64(len(r.buf))
		r.next++
		return err
	})
}

// readChunk returns chunk n of a message of which left bytes are still to come.
func readChunk(tx *bbolt.Tx, h aup.Hash, n int, left int64) ([]byte, error) {
	b := placed(tx.Bucket(bucketHashes).Get(h[:]), h)
	v := b.bucket(tx).Get(b.key(n))
	if v == nil {
		return nil, fmt.Errorf("message %s: chunk %d is not there: %w", h, n, aup.ErrDamaged)
	}
	data, err := decompress(v)
	if err != nil {
		return nil, fmt.Errorf("message %s, chunk %d: %w", h, n, err)
	}
	if len(data) == 0 || int64(len(data)) > left {
		return nil, fmt.Errorf("message %s, chunk %d: %d bytes, at most %d expected: %w", h, n, len(data), left, aup.ErrDamaged)
	}
	return data, nil
}

func (r *rawReader) Close() error { return nil }
