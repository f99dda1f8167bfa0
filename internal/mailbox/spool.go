package mailbox

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"aupd/internal/aup"

	"golang.org/x/sync/semaphore"
)

const (
	// inMemory is the size up to which a message waits in memory: nearly all
	// mail, and small enough that many can.
	inMemory = 256 << 10
	// memoryQuota bounds the memory of all messages on their way; diskQuota
	// the files.
	memoryQuota = 16 << 20
	diskQuota   = 1 << 30
	// spoolPiece is how much is written to a file at once: what the kernel does
	// for each page it does for many together.
	spoolPiece = 256 << 10
)

// A spool holds messages between the connection and the sink. When its quota
// is used up, taking in waits until the sink has closed enough of them, so
// that a slow disk slows the reading and nothing grows. It is safe for
// concurrent use.
type spool struct {
	dir    string
	memory *semaphore.Weighted // bytes
	disk   *semaphore.Weighted
}

func newSpool(dir string) *spool {
	return &spool{dir: dir, memory: semaphore.NewWeighted(memoryQuota), disk: semaphore.NewWeighted(diskQuota)}
}

// take reads exactly size bytes from r into a Mail without a source. A short
// read is an error.
func (s *spool) take(ctx context.Context, r io.Reader, size int64) (*aup.Mail, error) {
	if size <= inMemory {
		return s.takeMemory(ctx, r, size)
	}
	return s.takeFile(ctx, r, size)
}

func (s *spool) takeMemory(ctx context.Context, r io.Reader, size int64) (*aup.Mail, error) {
	if err := s.memory.Acquire(ctx, size); err != nil {
		return nil, err
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		s.memory.Release(size)
		return nil, short(err)
	}
	return &aup.Mail{
		Hash: sha256.Sum256(b), Size: size, Raw: aup.Bytes(b),
		Close: sync.OnceValue(func() error { s.memory.Release(size); return nil }),
	}, nil
}

func (s *spool) takeFile(ctx context.Context, r io.Reader, size int64) (_ *aup.Mail, err error) {
	// A message over the quota may go alone.
	charge := min(size, diskQuota)
	if err := s.disk.Acquire(ctx, charge); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.disk.Release(charge)
		}
	}()
	f, err := os.CreateTemp(s.dir, "mail-*.eml") // mode 0600
	if err != nil {
		return nil, storeError{fmt.Errorf("spool a message: %w", err)}
	}
	// Without a name the file is gone whatever ends the process. Where an
	// open file cannot be removed, it is removed when it is closed.
	unlinked := os.Remove(f.Name()) == nil
	shut := func() error {
		err := f.Close()
		if !unlinked {
			err = errors.Join(err, os.Remove(f.Name()))
		}
		return err
	}
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(spoolWriter{f}, sum), spoolPiece)
	n, err := io.CopyN(w, r, size)
	if err == nil {
		err = w.Flush()
	}
	if err != nil || n < size {
		return nil, errors.Join(short(err), shut())
	}
	return &aup.Mail{
		Hash: aup.Hash(sum.Sum(nil)), Size: size, Raw: f,
		Close: sync.OnceValue(func() error { s.disk.Release(charge); return shut() }),
	}, nil
}

// A spoolWriter marks the errors of the disk, which are not the server's.
type spoolWriter struct{ *os.File }

func (w spoolWriter) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	if err != nil {
		err = storeError{fmt.Errorf("spool a message: %w", err)}
	}
	return n, err
}

func short(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
