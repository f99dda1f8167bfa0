package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"aupd/internal/aup"
)

// A sealer makes cookies that only this process can make and read. What it
// sealed does not outlive the process.
type sealer struct{ cipher.AEAD }

func newSealer() sealer {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has a size that AES has
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	return sealer{aead}
}

func (s sealer) seal(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.Seal(nil, nil, data, nil)), nil
}

func (s sealer) open(text string, into any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("cookie: %v: %w", err, aup.ErrInvalid)
	}
	data, err := s.Open(nil, nil, sealed, nil)
	if err != nil {
		return fmt.Errorf("cookie: %v: %w", err, aup.ErrInvalid)
	}
	return json.Unmarshal(data, into)
}
