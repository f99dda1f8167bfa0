package export_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/export"

	"github.com/google/go-cmp/cmp"
)

// list returns the lines of a block list of one decided report that names
// values, without its comments.
func list(t *testing.T, kind export.ListKind, of aup.IndicatorKind, values ...string) []string {
	t.Helper()
	r := decided(aup.Report{ID: "0001"}, aup.OutcomeViolation, "4")
	for _, v := range values {
		r.Traces = append(r.Traces, trace(of, v, aup.RoleSource))
	}
	var out bytes.Buffer
	if err := export.BlockList(&out, kind, 1, selection(t, r)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") || strings.HasPrefix(l, ";") })
}

func TestNetworksAreCollapsed(t *testing.T) {
	for name, tc := range map[string]struct{ in, want []string }{
		"halves":                 {[]string{"203.0.113.0/25", "203.0.113.128/25"}, []string{"203.0.113.0/24"}},
		"four quarters":          {[]string{"203.0.113.3", "203.0.113.1", "203.0.113.0", "203.0.113.2"}, []string{"203.0.113.0/30"}},
		"neighbours, no halves":  {[]string{"203.0.113.1", "203.0.113.2"}, []string{"203.0.113.1/32", "203.0.113.2/32"}},
		"one within the other":   {[]string{"203.0.113.9", "203.0.113.0/24", "203.0.113.64/26"}, []string{"203.0.113.0/24"}},
		"host bits are set":      {[]string{"203.0.113.9/24"}, []string{"203.0.113.0/24"}},
		"both versions":          {[]string{"2001:db8::1", "203.0.113.9", "2001:db8::"}, []string{"203.0.113.9/32", "2001:db8::/127"}},
		"mapped into IPv6":       {[]string{"::ffff:203.0.113.9"}, []string{"203.0.113.9/32"}},
		"never half the world":   {[]string{"0.0.0.0/0", "203.0.0.0/15", "203.0.0.0/16", "2001::/31", "::/0", "::ffff:0:0/96"}, []string{"203.0.0.0/16"}},
		"never what is not ours": {[]string{"127.0.0.1", "10.1.2.3", "::1", "fe80::1", "224.0.0.1", "0.0.0.0", "fd00::1"}, []string{}},
		"no address":             {[]string{"", "x", "203.0.113.9:80", "203.0.113.0/33"}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, list(t, export.ListIPs, aup.IndicatorCIDR, tc.in...)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestCollapsedNetworksHoldTheSame compares, for networks at random, every
// address around them with the list.
func TestCollapsedNetworksHoldTheSame(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var in []string
		for range rnd.IntN(12) {
			in = append(in, fmt.Sprintf("203.0.113.%d/%d", rnd.IntN(256), 25+rnd.IntN(8)))
		}
		holds := func(networks []string, a netip.Addr) int {
			n := 0
			for _, s := range networks {
				if netip.MustParsePrefix(s).Contains(a) {
					n++
				}
			}
			return n
		}
		out := list(t, export.ListIPs, aup.IndicatorCIDR, in...)
		for i := range 256 {
			a := netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
			if want, got := min(holds(in, a), 1), holds(out, a); got != want {
				t.Fatalf("%s is in %d of %v, want %d of %v", a, got, out, want, in)
			}
		}
	}
}

// A record of a zone file.
type record struct{ name, kind, data string }

// zone reads as much of the master file format (RFC 1035, 5.1) as a list is
// written in, and checks that a name server would take it.
func zone(t *testing.T, lines []string) []record {
	t.Helper()
	var out []record
	for i, l := range lines {
		l, _, _ = strings.Cut(l, ";")
		f := strings.Fields(strings.NewReplacer("(", "", ")", "").Replace(l))
		if i == 0 {
			if len(f) != 2 || f[0] != "$TTL" {
				t.Fatalf("the first line is %q", l)
			}
			continue
		}
		if len(f) < 4 || f[1] != "IN" {
			t.Fatalf("line %q is no record", l)
		}
		if len(f[0]) > 202 || strings.HasSuffix(f[0], ".") || strings.Contains(f[0], "..") {
			t.Errorf("name %q does not lie below any zone", f[0])
		}
		out = append(out, record{f[0], f[2], strings.Join(f[3:], " ")})
	}
	return out
}

func TestZone(t *testing.T) {
	long := strings.Repeat("a", 63) + "."
	got := zone(t, list(t, export.ListRPZ, aup.IndicatorDomain, "evil.example", "EVIL.example", "x.evil.example", "b.xn--p1ai",
		"rpz-ip", "32.1.0.0.127.rpz-ip", "x.rpz-passthru", "*.example", "@", "$ORIGIN x.example", "a;b.example", "a.example.", "-a.example", "a..example", ".example",
		"é.example", "a.example\nb.example IN A 127.0.0.1", long+long+long+long+"example", "192.0.2.1", "_a.b-c.example"))
	want := []record{
		{"@", "SOA", "localhost. hostmaster.localhost. 1 3600 600 604800 300"}, {"@", "NS", "localhost."},
	}
	for _, name := range []string{"_a.b-c.example", "b.xn--p1ai", "evil.example", "x.evil.example"} {
		want = append(want, record{name, "CNAME", "."}, record{"*." + name, "CNAME", "."})
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(record{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// FuzzLists puts any value into every kind of list: it comes out as whole lines
// or not at all.
func FuzzLists(f *testing.F) {
	for _, s := range []string{"evil.example", "a\nb.example", "203.0.113.9", "203.0.113.0/24", "# x.example", "x.example REJECT", "http://x.example/#a b", "https://x.example/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range export.ListKinds {
			for _, of := range []aup.IndicatorKind{aup.IndicatorDomain, aup.IndicatorMailServer, aup.IndicatorCIDR, aup.IndicatorURL} {
				for _, line := range list(t, kind, of, s) {
					if kind == export.ListURLs && of == aup.IndicatorURL && line == s && strings.HasPrefix(s, "http") {
						continue
					}
					if kind == export.ListRPZ && strings.ContainsAny(line[:1], "$@") {
						continue
					}
					entry, _, _ := strings.Cut(line, " ")
					entry = strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
					if entry == "" || strings.Trim(entry, "abcdefghijklmnopqrstuvwxyz0123456789-_.:/") != "" {
						t.Errorf("%s of %q has the line %q", kind, s, line)
					}
				}
			}
		}
	})
}
