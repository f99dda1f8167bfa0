package aup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
)

// A StoredEvent is an event as the log keeps it: its JSON, byte by byte, and the
// hashes that chain it to the event before.
type StoredEvent struct {
	Seq   Seq             `json:"seq"`
	Prev  Hash            `json:"prev"` // the Hash of the event before; zero for the first
	Hash  Hash            `json:"hash"` // the SHA-256 of Prev followed by Event
	Event json.RawMessage `json:"event"`
}

// Holds reports whether e.Hash follows from e.Prev and e.Event.
func (e StoredEvent) Holds() bool {
	h := sha256.New()
	h.Write(e.Prev[:])
	h.Write(e.Event)
	return Hash(h.Sum(nil)) == e.Hash
}

// A Proof is what the log holds about one report, with the end of the log that
// it was taken from.
type Proof struct {
	Report   ReportID
	Events   []StoredEvent // every event of the report, oldest first
	Head     Seq           // the last event of the log
	HeadHash Hash
}

// A Prover gives proofs. It is safe for concurrent use.
type Prover interface {
	// Proof returns the proof of a report, taken at one moment. The id may be
	// shortened, with the errors of [Backlog.Report].
	Proof(ctx context.Context, id ReportID) (Proof, error)
}
