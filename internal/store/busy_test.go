package store_test

import (
	"context"
	"fmt"
	"testing"

	"aupd/internal/aup"
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
