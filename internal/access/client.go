package access

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// A client is where a request comes from.
type client struct {
	address netip.Addr // the zero Addr where it cannot be told
	proxied bool       // it came through a trusted proxy, or from this machine
}

// clientOf returns where r comes from. X-Forwarded-For is read from its right
// end, where the proxies next to us write: the first hop that is no trusted
// proxy is the client; whatever stands left of it, the client may have made up.
func clientOf(r *http.Request, trusted []netip.Prefix) client {
	at, ok := parseHop(r.RemoteAddr)
	if !ok {
		return client{}
	}
	c := client{at, at.IsLoopback() || isIn(at, trusted)}
	if !isIn(at, trusted) {
		return c
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			return c
		}
		if c.address = next; !isIn(next, trusted) {
			return c
		}
	}
	return c
}

// parseHop reads an address, which may have a port.
func parseHop(s string) (netip.Addr, bool) {
	at, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		both, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		at = both.Addr()
	}
	return at.Unmap().WithZone(""), true
}

func isIn(at netip.Addr, nets []netip.Prefix) bool {
	return slices.ContainsFunc(nets, func(p netip.Prefix) bool { return p.Contains(at) })
}

// forwarded reports whether r says that it came through a proxy.
func forwarded(r *http.Request) bool {
	return slices.ContainsFunc([]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"},
		func(name string) bool { return r.Header.Get(name) != "" })
}

// limitKey returns what the tries of a client are counted under: of IPv6 the
// network, in which a client has all addresses to choose from.
func (c client) limitKey() string {
	if c.address.Is6() {
		if net, err := c.address.Prefix(64); err == nil {
			return net.String()
		}
	}
	return c.address.String()
}

func (c client) String() string {
	if !c.address.IsValid() {
		return ""
	}
	return c.address.String()
}
