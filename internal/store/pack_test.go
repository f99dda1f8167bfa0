package store

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"
)

// TestUnpackDamaged changes each byte of packed rows: none is read as something
// else than was packed.
func TestUnpackDamaged(t *testing.T) {
	data := []byte(`{"text":"` + strings.Repeat("spam from 192.0.2.7, ", 20) + `"}`)
	for name, row := range map[string][]byte{"S2": pack(nil, data), "zstd": compress(data)} {
		t.Run(name, func(t *testing.T) {
			if got, err := unpack(row); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("unpack = %q, %v; want %q", got, err, data)
			}
			for i := range row {
				for bit := range 8 {
					bad := bytes.Clone(row)
					bad[i] ^= 1 << bit
					if got, err := unpack(bad); !errors.Is(err, aup.ErrDamaged) && !bytes.Equal(got, data) {
						t.Errorf("with bit %d of byte %d changed: %q, %v", bit, i, got, err)
					}
				}
			}
		})
	}
}
