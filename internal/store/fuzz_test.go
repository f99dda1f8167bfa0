package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"aupd/internal/aup"
)

// FuzzDecodeEvent reads rows that a damaged disk may give: no panic, and what
// is accepted is valid JSON behind a hash.
func FuzzDecodeEvent(f *testing.F) {
	for _, e := range []aup.Event{
		{},
		aup.NewSeen(aup.Hash{1}, aup.Source{Mailbox: "m"}, time.Unix(0, 0), "cli"),
		aup.NewReceived(&aup.Mail{Size: 3}, aup.Document{Parts: []aup.Part{{ID: "1", Text: "text"}}}, time.Unix(0, 0), "mailbox"),
	} {
		data, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		for _, row := range [][]byte{pack(make([]byte, sha256.Size), data), append(make([]byte, sha256.Size), compress(data)...)} {
			f.Add(row)
			f.Add(row[:len(row)-1])
		}
	}
	f.Add(pack(make([]byte, sha256.Size), bytes.Repeat([]byte{'['}, 100_000)))
	f.Add(pack(make([]byte, sha256.Size), []byte(`{"seq":1}{"seq":2}`)))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, row []byte) {
		e, data, err := decodeEvent(row)
		if err != nil {
			return
		}
		if len(row) < sha256.Size || !json.Valid(data) {
			t.Errorf("a row of %d bytes with %q was taken for event %+v", len(row), data, e)
		}
	})
}
