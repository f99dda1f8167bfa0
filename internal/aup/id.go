package aup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A ClauseID names a clause of a policy version by its number, such as "1.5".
type ClauseID string

// None stands where a primary clause would stand in the verdict on a message
// that reports no violation.
const None ClauseID = "none"

// A Hash is the SHA-256 of a message's raw bytes. It is what a report is
// identified by: the same bytes are the same report wherever they were seen.
type Hash [sha256.Size]byte

// String returns the hash as 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as String does.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is ErrInvalid.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("hash %q: want 64 hexadecimal digits: %w", text, ErrInvalid)
	}
	copy(h[:], b)
	return nil
}

// A ReportID is the name that people use for a report: groups of four
// characters of Crockford's base 32 (no i, l, o, u), the last character a
// check, as in "7k3m-9qxt-2fhc". It is derived from the report's [Hash] alone.
type ReportID string

const (
	idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	idGroup    = 4
	idGroups   = 3 // 11 characters of hash and the check: 55 bits
)

// NewReportID returns the id of the report whose raw bytes have hash h. longer
// is 0 but for the store, which asks for an id of that many more groups when
// another message already has the shorter one.
func NewReportID(h Hash, longer int) ReportID {
	data := min((idGroups+longer)*idGroup-1, len(h)*8/5)
	codes := make([]int, 0, data+1)
	for i := range data {
		codes = append(codes, bits5(h, i*5))
	}
	codes = append(codes, luhn32(codes))
	var b strings.Builder
	for i, c := range codes {
		if i > 0 && i%idGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(idAlphabet[c])
	}
	return ReportID(b.String())
}

// ParseReportID reads an id as a person may write it: any case, with or
// without the hyphens, o for 0, i or l for 1. A wrong check character is
// ErrInvalid, so that a typing error never opens another report.
func ParseReportID(s string) (ReportID, error) {
	fold := strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1")
	plain := fold.Replace(strings.ToLower(s))
	codes := make([]int, 0, len(plain))
	for _, r := range plain {
		c := strings.IndexRune(idAlphabet, r)
		if c < 0 {
			return "", fmt.Errorf("report id %q: %q cannot be in an id: %w", s, r, ErrInvalid)
		}
		codes = append(codes, c)
	}
	if len(codes) < idGroups*idGroup || len(codes)%idGroup != 0 {
		return "", fmt.Errorf("report id %q: an id has %d characters, as in 7k3m-9qxt-2fhc: %w", s, idGroups*idGroup, ErrInvalid)
	}
	last := len(codes) - 1
	if luhn32(codes[:last]) != codes[last] {
		return "", fmt.Errorf("report id %q: the check character does not fit, look for a typing error: %w", s, ErrInvalid)
	}
	var b strings.Builder
	for i := range plain {
		if i > 0 && i%idGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(idAlphabet[codes[i]])
	}
	return ReportID(b.String()), nil
}

// bits5 returns the five bits of h that start at bit n, most significant first.
func bits5(h Hash, n int) int {
	v := uint16(h[n/8]) << 8
	if n/8+1 < len(h) {
		v |= uint16(h[n/8+1])
	}
	return int(v>>(11-n%8)) & 31
}

// luhn32 returns the check value of codes by the Luhn algorithm modulo 32: it
// finds every wrong character and nearly every swap of two neighbours.
func luhn32(codes []int) int {
	sum, factor := 0, 2
	for i := len(codes) - 1; i >= 0; i-- {
		addend := codes[i] * factor
		sum += addend/32 + addend%32
		factor = 3 - factor
	}
	return (32 - sum%32) % 32
}
