package export

import (
	"net/netip"
	"slices"
)

// The widest networks that a list takes: one report is never about more, and
// whoever writes one would like to have half the world blocked.
const (
	widestIPv4 = 16
	widestIPv6 = 32
)

// network reads an address or a network that may be blocked: one of the public
// ones, and no wider than the bound.
func network(s string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(s)
	if a, single := netip.ParseAddr(s); single == nil {
		a = a.Unmap().WithZone("")
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	widest := widestIPv6
	if p.Addr().Is4() {
		widest = widestIPv4
	}
	p = p.Masked()
	a := p.Addr()
	return p, err == nil && p.Bits() >= widest && a.IsGlobalUnicast() && !a.IsPrivate() && !a.Is4In6()
}

// collapse returns the fewest networks that hold the same addresses, sorted:
// IPv4 first, then by address. It sorts ps.
func collapse(ps []netip.Prefix) []netip.Prefix {
	slices.SortFunc(ps, netip.Prefix.Compare)
	var out []netip.Prefix
	for _, p := range ps {
		if n := len(out); n > 0 && out[n-1].Contains(p.Addr()) {
			continue // what comes before holds it whole: it begins earlier or is wider
		}
		out = append(out, p)
		for len(out) > 1 {
			whole, ok := join(out[len(out)-2], out[len(out)-1])
			if !ok {
				break
			}
			out = append(out[:len(out)-2], whole)
		}
	}
	return out
}

// join returns the network that two halves make.
func join(a, b netip.Prefix) (netip.Prefix, bool) {
	if a.Bits() != b.Bits() || a.Addr().BitLen() != b.Addr().BitLen() || a.Bits() == 0 {
		return a, false
	}
	up := netip.PrefixFrom(a.Addr(), a.Bits()-1).Masked()
	return up, up.Contains(b.Addr()) && a != b
}
