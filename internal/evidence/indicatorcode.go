package evidence

import (
	"crypto/sha256"
	"math/big"
	"strings"

	"aupd/internal/aup"
)

// shortestHash is the length of the shortest of the codes: a wallet of 25
// characters and more, an MD5 of 32.
const shortestHash = 26

// shortestCode is the length of the shortest of the codes that may stand without
// a dot or colon.
const shortestCode = 25

// scanCode recognises file hashes by their length and wallets by their
// checksum.
func scanCode(t string) (aup.IndicatorKind, string, bool) {
	if i := strings.LastIndexByte(t, ':'); i > 0 && i < 12 && len(t)-i > shortestHash {
		t = t[i+1:] // "sha256:…", "bitcoin:…"
	}
	switch len(t) {
	case 32, 40, 64, 128:
		if isHash(t) {
			return aup.IndicatorFileHash, strings.ToLower(t), true
		}
	case 42:
		if strings.HasPrefix(t, "0x") && isHash(t[2:]) {
			return aup.IndicatorWallet, strings.ToLower(t), true
		}
	}
	if len(t) >= 25 && len(t) <= 35 && isBase58Check(t) || len(t) >= 42 && len(t) <= 62 && isBech32(strings.ToLower(t)) {
		return aup.IndicatorWallet, t, true
	}
	return "", "", false
}

// isHash reports whether t is hexadecimal and uses both digits and letters, as
// all but one in a million hashes do.
func isHash(t string) bool {
	digits, letters := 0, 0
	for _, c := range []byte(t) {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case isHex(c):
			letters++
		default:
			return false
		}
	}
	return digits >= 2 && letters >= 2
}

// base58 maps the characters of Base58 to their values, others to 255.
var base58 = func() (v [256]byte) {
	for i := range v {
		v[i] = 255
	}
	for i, c := range []byte("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") {
		v[c] = byte(i)
	}
	return v
}()

// walletVersions are the version bytes of Bitcoin, Litecoin, Dogecoin and Tron
// addresses.
var walletVersions = map[byte]bool{0x00: true, 0x05: true, 0x30: true, 0x32: true, 0x1e: true, 0x16: true, 0x41: true}

// isBase58Check reports whether t is a wallet in Base58Check.
func isBase58Check(t string) bool {
	for i := range len(t) {
		if base58[t[i]] == 255 {
			return false
		}
	}
	n := new(big.Int)
	for i := range len(t) {
		n.Add(n.Mul(n, big.NewInt(58)), big.NewInt(int64(base58[t[i]])))
	}
	const size = 25 // version, 20 bytes of hash, checksum
	if n.BitLen() > size*8 {
		return false
	}
	data := n.FillBytes(make([]byte, size))
	once := sha256.Sum256(data[:21])
	twice := sha256.Sum256(once[:])
	return walletVersions[data[0]] && string(twice[:4]) == string(data[21:])
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// isBech32 reports whether t is a wallet in Bech32 (BIP 173) or Bech32m (BIP
// 350).
func isBech32(t string) bool {
	prefix, data, ok := strings.Cut(t, "1")
	if !ok || prefix != "bc" && prefix != "ltc" {
		return false
	}
	sum := uint32(1)
	step := func(v uint32) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ v
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, c := range []byte(prefix) {
		step(uint32(c >> 5))
	}
	step(0)
	for _, c := range []byte(prefix) {
		step(uint32(c & 31))
	}
	for _, c := range []byte(data) {
		d := strings.IndexByte(bech32, c)
		if d < 0 {
			return false
		}
		step(uint32(d))
	}
	return sum == 1 || sum == 0x2bc830a3
}
