package evidence

import (
	"net/netip"
	"strconv"
	"strings"

	"aupd/internal/aup"
)

// scanIP reads an IP address or a CIDR block, with a port as in "192.0.2.1:80"
// and "[2001:db8::1]:80".
func scanIP(t string) (hit, bool) {
	if t == "" {
		return hit{}, false
	}
	if c := t[0]; c != '[' && c != ':' && !isHex(c) && (len(t) < 5 || !strings.EqualFold(t[:5], "ipv6:")) {
		return hit{}, false
	}
	if p, ok := parsePrefix(t); ok && p.Bits() < p.Addr().BitLen() {
		return hit{aup.Range{End: len(t)}, aup.IndicatorCIDR, p.Masked().String(), 0}, true
	}
	at := 0
	if len(t) > 5 && strings.EqualFold(t[:5], "ipv6:") {
		at = 5
	}
	port := uint16(0)
	host := t[at:]
	if i := strings.IndexByte(host, ']'); strings.HasPrefix(host, "[") {
		if i > 0 {
			host, port = host[1:i], portOf(strings.TrimPrefix(host[i+1:], ":"))
		} else {
			host = host[1:]
		}
		at++
	} else if bare, behind, ok := strings.Cut(host, "#"); ok {
		host, port = bare, portOf(behind) // as BIND writes it
	} else if i := strings.IndexAny(host, ":/"); i > 0 && strings.Count(host[:i], ".") == 3 {
		port = portOf(host[i+1:])
		host = host[:i]
	} else if i := strings.IndexByte(host, '/'); i > 0 {
		host = host[:i] // "2001:db8::1/128"
	}
	host, _, _ = strings.Cut(host, "%") // the zone says nothing to others
	a, ok := parseAddr(host)
	if !ok || a.Is6() && strings.Count(host, ":") < 3 && len(host) < 6 {
		return hit{}, false
	}
	return hit{aup.Range{Start: at, End: at + len(host)}, aup.IndicatorIP, a.Unmap().String(), port}, true
}

// parsePrefix reads a CIDR block. What cannot be one is told by its bytes: the
// library writes an error for every word that it is asked about.
func parsePrefix(s string) (netip.Prefix, bool) {
	addr, _, ok := strings.Cut(s, "/")
	if !ok || !ofAddress(addr) {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}

// parseAddr reads an IP address without a zone.
func parseAddr(s string) (netip.Addr, bool) {
	if !ofAddress(s) {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

// ofAddress reports whether s has nothing but what addresses consist of, and as
// many dots and colons.
func ofAddress(s string) bool {
	dots, colons, letters := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case !isHex(c):
			return false
		case !isDigit(c):
			letters++
		}
	}
	if colons == 0 {
		return dots == 3 && letters == 0
	}
	return colons == 7 || colons == 6 && dots == 3 || strings.Contains(s, "::")
}

func portOf(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// looseIPv4 reads an address of one to four numbers, decimal, octal or
// hexadecimal, of which the last stands for all that is left (WHATWG URL, 3.5):
// browsers do, and whoever hides an address writes it so. A small number alone is
// none.
func looseIPv4(s string) (netip.Addr, bool) {
	const most = 4
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) > most {
		return netip.Addr{}, false
	}
	var n uint64
	for i, p := range parts {
		base := 10
		if low := strings.ToLower(p); strings.HasPrefix(low, "0x") {
			p, base = p[2:], 16
		} else if len(p) > 1 && p[0] == '0' {
			base = 8
		}
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (most + 1 - len(parts))
		}
		v, err := strconv.ParseUint(p, base, bits)
		if err != nil {
			return netip.Addr{}, false
		}
		n = n<<bits | v
	}
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), n>>24 > 0
}
