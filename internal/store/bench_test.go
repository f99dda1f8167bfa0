package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/store"

	"go.etcd.io/bbolt"
)

// benchMails returns mails of 2 to 20 KB that compress as text does, from UID
// first on.
func benchMails(n int, first uint32) []aup.Intake {
	words := []string{"the", "server", "sends", "spam", "to", "our", "users", "since", "Monday", "192.0.2.7", "please", "look", "into", "this", "account"}
	rng := rand.New(rand.NewPCG(uint64(first), 1))
	out := make([]aup.Intake, n)
	for i := range out {
		body := fmt.Appendf(nil, "report %d\n", int(first)+i)
		for size := 2<<10 + rng.IntN(18<<10); len(body) < size; {
			body = fmt.Appendf(body, "%s %x ", words[rng.IntN(len(words))], rng.Uint32())
		}
		out[i] = intake(body, first+uint32(i))
		// As much text as evidence would keep of it.
		out[i].Events[0].Received.Document.Parts[0].Text = string(body)
	}
	return out
}

// BenchmarkRecord records 64 mails an operation, as the mailbox delivers them.
func BenchmarkRecord(b *testing.B) {
	s, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for first := uint32(1); b.Loop(); first += 64 {
		b.StopTimer()
		batch, size := benchMails(64, first), int64(0)
		for _, in := range batch {
			size += in.Mail.Size
		}
		b.SetBytes(size)
		b.StartTimer()
		if _, err := s.Record(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkBbolt writes the same bytes, and nothing else, with bbolt alone: the
// limit that BenchmarkRecord is measured against.
func BenchmarkBbolt(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for first := uint32(1); b.Loop(); first += 64 {
		b.StopTimer()
		batch := benchMails(64, first)
		b.StartTimer()
		err := db.Update(func(tx *bbolt.Tx) error {
			raw, err := tx.CreateBucketIfNotExists([]byte("raw"))
			if err != nil {
				return err
			}
			for _, in := range batch {
				body := make([]byte, in.Mail.Size)
				if _, err := in.Mail.Raw.ReadAt(body, 0); err != nil {
					return err
				}
				if err := raw.Put(in.Mail.Hash[:], body); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkRead asks a backlog of 20,000 reports what people ask it.
func BenchmarkRead(b *testing.B) {
	s, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const n = 20_000
	for i := 0; i < n; i += 1000 {
		batch := make([]aup.Intake, 1000)
		for j := range batch {
			batch[j] = intake(fmt.Appendf(nil, "report %d", i+j), uint32(i+j+1))
		}
		if _, err := s.Record(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for name, q := range map[string]aup.Query{
		"newest 50":   {Limit: 50},
		"clause":      {Clause: "3.1", Limit: 50},
		"last day":    {Since: at.Add((n - 24) * time.Hour)},
		"first day":   {Until: at.Add(24 * time.Hour), Limit: 50},
		"two of them": {Clause: "3", Outcome: aup.OutcomeViolation, Since: at.Add((n - 24) * time.Hour)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Reports(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Status(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
