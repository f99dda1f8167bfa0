package export

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"aupd/internal/aup"
)

// head writes what the list is, as comments, and how it is used.
func (l *listing) head(comment, use string) {
	fmt.Fprintf(l, "%s %s of %d decided %s, as of event %d of aupd's log.\n", comment, l.kind, l.reports, plural(l.reports), l.as)
	if use != "" {
		fmt.Fprintf(l, "%s %s\n", comment, use)
	}
}

func plural(violations int) string {
	if violations == 1 {
		return "violation"
	}
	return "violations"
}

func (l *listing) plain(of map[string]aup.ReportID) {
	l.head("#", "")
	for _, host := range sorted(of) {
		fmt.Fprintln(l, host)
	}
}

func (l *listing) networks() {
	l.head("#", "")
	for _, p := range collapse(slices.Collect(maps.Keys(l.nets))) {
		fmt.Fprintln(l, p)
	}
}

// rpz writes a zone whose names are relative, so that it loads under any name.
// The answer to a name that is in it is that there is none (CNAME .).
func (l *listing) rpz() {
	l.head(";", "")
	fmt.Fprintf(l, "$TTL 300\n@ IN SOA localhost. hostmaster.localhost. ( %d 3600 600 604800 300 )\n@ IN NS localhost.\n", uint32(l.as))
	hosts := l.hosts()
	for _, host := range sorted(hosts) {
		fmt.Fprintf(l, "%s IN CNAME . ; %s\n*.%s IN CNAME .\n", host, hosts[host], host)
	}
}

// postfix writes a domain also with a dot in front, which is how its
// subdomains are asked for where parent_domain_matches_subdomains says so.
func (l *listing) postfix() {
	l.head("#", "check_client_access, check_helo_access, check_sender_access; networks are in the kind "+string(ListPostfixCIDR)+".")
	hosts := l.hosts()
	for _, host := range sorted(hosts) {
		fmt.Fprintf(l, "%s REJECT report %s\n.%s REJECT report %s\n", host, hosts[host], host, hosts[host])
	}
	for _, p := range l.byAddress() {
		if p.IsSingleIP() {
			fmt.Fprintf(l, "%s REJECT report %s\n", p.Addr(), l.nets[p])
		}
	}
}

func (l *listing) postfixCIDR() {
	l.head("#", "check_client_access cidr:FILE")
	for _, p := range l.byAddress() {
		fmt.Fprintf(l, "%s REJECT report %s\n", p, l.nets[p])
	}
}

func (l *listing) rspamd() {
	l.head("#", `multimap: type = "from"; filter = "email:domain"; glob = true; addresses are in the kind `+string(ListIPs)+".")
	for _, host := range sorted(l.hosts()) {
		fmt.Fprintf(l, "%s\n*.%s\n", host, host)
	}
}

func (l *listing) byAddress() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(l.nets), netip.Prefix.Compare)
}
