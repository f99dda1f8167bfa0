package store

import (
	"encoding/hex"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"aupd/internal/aup"
)

// A term is what a report is found by and counted under. Those of one prefix
// answer one kind of question:
const (
	termAll      = "reports"
	termOpen     = "open"
	termUrgent   = "urgent"    // urgent and open
	termSealed   = "sealed"    //
	termClause   = "clause/"   // one of its clauses
	termGroup    = "group/"    // a clause or one of its details
	termOutcome  = "outcome/"  //
	termState    = "state/"    // as stored: a claim may have run out
	termSeverity = "severity/" //
	termMailbox  = "mailbox/"  // of any of its sources
	termFrom     = "from/"     // the sender's address, and its domain
	termLanguage = "language/" //
	termAssignee = "assignee/" //
	termTag      = "tag/"      //
	termPriority = "priority/" //
	termCase     = "case/"     //
	termOriginal = "original/" // the digest of a message that it passes on
	termTrace    = "trace/"    // an indicator's value
	termSource   = "source/"   // the same, where the abuse comes from
	termAddress  = "address/"  // an IP address as 32 hexadecimal digits
	termDomain   = "domain/"   // a host's name from the right: com.example.www.
)

// maxTerm bounds a term: keys of bbolt are short, and no name that is longer is
// looked up.
const maxTerm = 500

// terms returns the terms of r, sorted, without repetition; none for the zero
// Report.
func terms(r aup.Report) []string {
	if r.ID == "" {
		return nil
	}
	t := []string{termAll}
	add := func(prefix, value string) {
		if value != "" && len(value) < maxTerm && !strings.ContainsRune(value, 0) {
			t = append(t, prefix+value)
		}
	}
	add(termOutcome, string(r.Outcome))
	add(termState, string(r.State))
	add(termSeverity, string(r.Severity))
	add(termLanguage, strings.ToLower(r.Language))
	add(termAssignee, r.Assignee)
	add(termPriority, string(r.Priority))
	add(termCase, string(r.Case))
	if r.Sealed {
		t = append(t, termSealed)
	}
	if r.State.Open() {
		t = append(t, termOpen)
		if r.Urgent != "" {
			t = append(t, termUrgent)
		}
	}
	for _, c := range r.Clauses {
		add(termClause, string(c))
		for id := string(c); id != ""; id = parent(id) {
			add(termGroup, id)
		}
	}
	for _, s := range r.Sources {
		add(termMailbox, s.Mailbox)
	}
	for _, tag := range r.Tags {
		add(termTag, tag)
	}
	from := senderAddress(r.From)
	add(termFrom, from)
	if _, domain, ok := strings.Cut(from, "@"); ok {
		add(termFrom, domain)
	}
	for _, o := range r.Originals {
		add(termOriginal, o)
	}
	for _, tr := range r.Traces {
		traceTerms(tr, add)
	}
	slices.Sort(t)
	return slices.Compact(t)
}

// counted reports whether it is counted how many reports have a term: of what
// messages hold there is no end, and nobody asks how often.
func counted(term string) bool {
	for _, prefix := range []string{termOriginal, termTrace, termSource, termAddress, termDomain} {
		if strings.HasPrefix(term, prefix) {
			return false
		}
	}
	return true
}

// parent returns the id of the clause that id is a detail of, empty at the top.
func parent(id string) string {
	return id[:max(strings.LastIndexByte(id, '.'), 0)]
}

// senderAddress returns the address of a From as reports show it, in lower case.
func senderAddress(from string) string {
	if i := strings.LastIndexByte(from, '<'); i >= 0 {
		from = strings.TrimSuffix(from[i+1:], ">")
	}
	return strings.ToLower(strings.TrimSpace(from))
}

func traceTerms(tr aup.Trace, add func(prefix, value string)) {
	value := strings.ToLower(tr.Value)
	add(termTrace, value)
	if tr.Role == aup.RoleSource {
		add(termSource, value)
	}
	host := value
	switch tr.Kind {
	case aup.IndicatorIP:
		if ip, err := netip.ParseAddr(value); err == nil {
			add(termAddress, hexAddress(ip))
		}
		return
	case aup.IndicatorURL:
		u, err := url.Parse(value)
		if err != nil {
			return
		}
		if host = u.Hostname(); host == "" {
			return
		}
		if ip, err := netip.ParseAddr(host); err == nil {
			add(termAddress, hexAddress(ip))
			return
		}
	case aup.IndicatorEmail:
		_, host, _ = strings.Cut(value, "@")
	case aup.IndicatorDomain, aup.IndicatorMailServer:
	default:
		return
	}
	add(termDomain, reversed(host))
}

// hexAddress writes an address, IPv4 as an IPv6 address that holds it, so that
// a network is a range of terms.
func hexAddress(ip netip.Addr) string {
	b := ip.As16()
	return hex.EncodeToString(b[:])
}

// reversed writes a host's name from the right, each label with a dot behind
// it, so that a domain is a prefix of its subdomains.
func reversed(host string) string {
	labels := strings.Split(strings.Trim(host, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}
