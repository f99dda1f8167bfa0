package store

import (
	"context"
	"io"
	"sync"

	"aupd/internal/aup"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

// aheadChunks is how many chunks one transaction writes ahead at least, those that
// do not shrink; of others, as many as take no more room. A sync of the disk takes
// as long as writing some of them, and each transaction writes again the three or
// four that lie on one page with its first. They are in memory twice, and the next
// as well.
const aheadChunks = 26

// putAhead writes the chunks of a large message, some in a transaction, and
// compresses the next ones while the disk is busy with those.
func (s *Store) putAhead(ctx context.Context, m *aup.Mail) error {
	space := aheads.Get().(*[2][]byte)
	defer aheads.Put(space)
	g, ctx := errgroup.WithContext(ctx)
	packed := make(chan [][]byte)
	g.Go(func() error {
		defer close(packed)
		return packAhead(ctx, m, space, packed)
	})
	g.Go(func() error {
		n := 0
		for chunks := range packed {
			if err := s.update(ctx, func(tx *bbolt.Tx) error { return putChunks(tx, m.Hash, n, chunks) }); err != nil {
				return err
			}
			n += len(chunks)
		}
		return nil
	})
	return g.Wait()
}

// largestChunk is how long a chunk is at most when it is compressed.
var largestChunk = aheadEncoder.MaxEncodedSize(chunkSize)

// aheads holds memory for what is written and what is compressed meanwhile: bbolt
// needs that of the chunks until the end of a transaction.
var aheads = sync.Pool{New: func() any {
	size := aheadChunks * largestChunk
	return &[2][]byte{make([]byte, 0, size), make([]byte, 0, size)}
}}

// packAhead sends the compressed chunks of m, those of one transaction at a time.
// They lie in one half of space until the next are taken.
func packAhead(ctx context.Context, m *aup.Mail, space *[2][]byte, to chan<- [][]byte) error {
	r, buf := m.Reader(), make([]byte, chunkSize)
	for n, left := 0, m.Size; left > 0; n++ {
		var chunks [][]byte
		for packed := space[n%2]; cap(packed)-len(packed) >= largestChunk && left > 0; {
			chunk := buf[:min(chunkSize, left)]
			if _, err := io.ReadFull(r, chunk); err != nil {
				return unread(m, err)
			}
			from := len(packed)
			packed = aheadEncoder.EncodeAll(chunk, packed)
			chunks, left = append(chunks, packed[from:]), left-int64(len(chunk))
		}
		select {
		case to <- chunks:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// putChunks writes chunks of a message that is pending, from chunk n on.
func putChunks(tx *bbolt.Tx, h aup.Hash, n int, chunks [][]byte) error {
	b, begun := pendingBody(tx, h)
	if !begun {
		var err error
		if b, err = newBody(tx, h); err != nil {
			return err
		}
		if err := tx.Bucket(bucketPending).Put(h[:], b.number); err != nil {
			return err
		}
	}
	for i, chunk := range chunks {
		if err := b.bucket(tx).Put(b.key(n+i), chunk); err != nil {
			return err
		}
	}
	return nil
}
