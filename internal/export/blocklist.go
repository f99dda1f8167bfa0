package export

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A ListKind is a form of block list.
type ListKind string

// The kinds of block list.
const (
	ListDomains     ListKind = "domains"      // a domain a line
	ListMailServers ListKind = "mailservers"  // a host name a line
	ListURLs        ListKind = "urls"         // a URL a line; its host is blocked by no list, unless it is named as a domain
	ListIPs         ListKind = "ips"          // a network in CIDR form a line, as few as hold the same addresses
	ListRPZ         ListKind = "rpz"          // a response policy zone: domains and mail servers
	ListPostfix     ListKind = "postfix"      // access(5): domains, mail servers and single addresses
	ListPostfixCIDR ListKind = "postfix-cidr" // cidr_table(5): addresses and networks
	ListRspamd      ListKind = "rspamd"       // a glob map: domains and mail servers
)

// ListKinds holds every kind of block list.
var ListKinds = []ListKind{ListDomains, ListMailServers, ListURLs, ListIPs, ListRPZ, ListPostfix, ListPostfixCIDR, ListRspamd}

// writers returns what writes each kind of list.
func writers() map[ListKind]func(*listing) {
	return map[ListKind]func(*listing){
		ListDomains:     func(l *listing) { l.plain(l.domains) },
		ListMailServers: func(l *listing) { l.plain(l.servers) },
		ListURLs:        func(l *listing) { l.plain(l.urls) },
		ListIPs:         (*listing).networks, ListRPZ: (*listing).rpz, ListRspamd: (*listing).rspamd,
		ListPostfix: (*listing).postfix, ListPostfixCIDR: (*listing).postfixCIDR,
	}
}

// A listing is a block list being made. Each entry leads to the newest report
// that names it.
type listing struct {
	*bufio.Writer
	kind             ListKind
	as               aup.Seq
	reports          int
	domains, servers map[string]aup.ReportID
	urls             map[string]aup.ReportID
	nets             map[netip.Prefix]aup.ReportID
}

// BlockList writes a list of where the abuse came from in those of the reports
// that were decided to be violations: indicators of any other role are not in
// it. as is the last event of the log, by which a later list is told from an
// earlier one. An unknown kind is ErrInvalid.
func BlockList(w io.Writer, kind ListKind, as aup.Seq, reports Selection) error {
	write := writers()[kind]
	if write == nil {
		return fmt.Errorf("block list %q: want one of %s: %w", kind, strings.ReplaceAll(words(ListKinds), " ", ", "), aup.ErrInvalid)
	}
	l := &listing{
		Writer: bufio.NewWriter(w), kind: kind, as: as,
		domains: map[string]aup.ReportID{}, servers: map[string]aup.ReportID{}, urls: map[string]aup.ReportID{}, nets: map[netip.Prefix]aup.ReportID{},
	}
	for r, err := range violations(reports) {
		if err != nil {
			return err
		}
		l.take(r)
	}
	write(l)
	return l.Flush()
}

// take adds the sources of r.
func (l *listing) take(r aup.Report) {
	l.reports++
	for _, t := range r.Traces {
		if t.Role != aup.RoleSource {
			continue
		}
		switch t.Kind {
		case aup.IndicatorDomain:
			addHost(l.domains, t.Value, r.ID)
		case aup.IndicatorMailServer:
			addHost(l.servers, t.Value, r.ID)
		case aup.IndicatorURL:
			if isURL(t.Value) && l.urls[t.Value] == "" {
				l.urls[t.Value] = r.ID
			}
		case aup.IndicatorIP, aup.IndicatorCIDR:
			if p, ok := network(t.Value); ok && l.nets[p] == "" {
				l.nets[p] = r.ID
			}
		}
	}
}

func addHost(to map[string]aup.ReportID, host string, id aup.ReportID) {
	if host = strings.ToLower(host); isHost(host) && to[host] == "" {
		to[host] = id
	}
}

// maxHost leaves room for the name of a zone and "*." in the 253 characters
// of a whole name.
const maxHost = 200

// isHost reports whether s is a name below a top-level domain that may stand
// in any list as it is. The last label has letters alone, so that a name is no
// address and no word of a response policy zone such as rpz-ip.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	top := labels[len(labels)-1]
	if len(s) > maxHost || len(labels) < 2 || len(top) < 2 {
		return false
	}
	for _, label := range labels {
		odd := func(c rune) bool { return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') }
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, odd) {
			return false
		}
	}
	return strings.HasPrefix(top, "xn--") || !strings.ContainsFunc(top, func(c rune) bool { return c < 'a' || c > 'z' })
}

// isURL reports whether s is a web address of printable ASCII alone.
func isURL(s string) bool {
	web := strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
	return web && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// hosts returns the domains and the mail servers together.
func (l *listing) hosts() map[string]aup.ReportID {
	all := maps.Clone(l.servers)
	maps.Copy(all, l.domains)
	return all
}

func sorted(m map[string]aup.ReportID) []string { return slices.Sorted(maps.Keys(m)) }
