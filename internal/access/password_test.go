package access

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aupd/internal/aup"

	"github.com/alexedwards/argon2id"
)

// Hashes wait for their turn, and not for ever: guesses in a flood take neither
// the machine's memory nor its time.
func TestHashesInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
		free := make(chan struct{})
		for range hashesAtOnce {
			go func() { _ = h.inTurn(t.Context(), func() error { <-free; return nil }) }()
		}
		synctest.Wait()
		start := time.Now()
		if _, err := h.hash(t.Context(), "correct horse"); !errors.Is(err, errOverrun) || time.Since(start) != hashWait {
			t.Errorf("one too many: %v after %v", err, time.Since(start))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := h.check(gone, "correct horse", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("for somebody who went away: %v", err)
		}
		close(free)
		hash, err := h.hash(t.Context(), "correct ﬁsh") // with a ligature, as some keyboards write it
		if err != nil {
			t.Fatal(err)
		}
		if good, stale, err := h.check(t.Context(), "correct fish", hash); !good || stale || err != nil {
			t.Errorf("the same text in another form: %v, %v, %v", good, stale, err)
		}
	})
}

func TestUsualCost(t *testing.T) {
	h := newHasher(hashing)
	hash, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		password, hash string
		want           bool
	}{{"correct horse", hash, true}, {"wrong", hash, false}, {"correct horse", "", false}} {
		good, stale, err := h.check(t.Context(), aup.Secret(tc.password), tc.hash)
		if good != tc.want || stale || err != nil {
			t.Errorf("%q: %v, %v, %v", tc.password, good, stale, err)
		}
	}
}
