package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"
)

// What is written while the store is verified is no fault of it.
func TestVerifyWhileWriting(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 60 {
		record(t, s, intake(fmt.Appendf(nil, "message %d", i), uint32(i+1)))
	}
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan error)
	go func() {
		for i := 60; ; i++ {
			if _, err := s.Record(ctx, []aup.Intake{intake(fmt.Appendf(nil, "message %d", i), uint32(i+1))}); err != nil {
				written <- err
				return
			}
		}
	}()
	for range 4 {
		whole(t, s)
	}
	stop()
	if err := <-written; ctx.Err() == nil {
		t.Error(err)
	}
}

// While a backup stands still, as on a disk that is slow, others record and read,
// however much; the backup is of when it began.
func TestBackupStandsStill(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	for i := range 20 {
		record(t, s, killMail(i))
	}
	head, err := s.Log().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to, err := os.Create(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	begun, goOn, ended := make(chan struct{}, 1), make(chan struct{}), make(chan error)
	go func() {
		_, err := s.WriteTo(stuck{to, begun, goOn})
		ended <- errors.Join(err, to.Close())
	}()
	<-begun
	worked := make(chan error, 1)
	go func() {
		rng := rand.NewChaCha8([32]byte{1})
		for i := range 40 {
			body := make([]byte, 300<<10)
			_, _ = rng.Read(body) // has no error
			if _, err := s.Record(t.Context(), []aup.Intake{intake(body, uint32(1000+i))}); err != nil {
				worked <- err
				return
			}
		}
		_, err := s.Status(t.Context())
		worked <- err
	}()
	select {
	case err := <-worked:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("nothing goes on while a backup stands still")
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, dir).Log().Head(t.Context()); got != head || err != nil {
		t.Errorf("the backup ends in event %d, %v; want %d", got, err, head)
	}
}

// A stuck writer tells of the first write, and waits before it.
type stuck struct {
	io.Writer
	begun chan<- struct{}
	goOn  <-chan struct{}
}

func (w stuck) Write(p []byte) (int, error) {
	select {
	case w.begun <- struct{}{}:
	default:
	}
	<-w.goOn
	return w.Writer.Write(p)
}
