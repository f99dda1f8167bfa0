package aup_test

import (
	"testing"

	"aupd/internal/aup"

	"github.com/google/go-cmp/cmp"
)

func TestSuspects(t *testing.T) {
	trace := func(k aup.IndicatorKind, value string, role aup.Role) aup.Trace {
		return aup.Trace{Kind: k, Value: value, Role: role}
	}
	domain := trace(aup.IndicatorDomain, "shop.example", aup.RoleSource)
	ip := trace(aup.IndicatorIP, "192.0.2.1", aup.RoleSource)
	hash := trace(aup.IndicatorFileHash, "5d1c", aup.RoleSource)
	other := trace(aup.IndicatorURL, "https://other.example/x", aup.RoleSource)
	for name, tc := range map[string]struct{ have, want []aup.Trace }{
		"none":                         {nil, nil},
		"those of others are left out": {[]aup.Trace{trace(aup.IndicatorIP, "192.0.2.9", aup.RoleTarget), ip, trace(aup.IndicatorDomain, "x.example", aup.RoleMention)}, []aup.Trace{ip}},
		"what to act on first":         {[]aup.Trace{hash, ip, domain}, []aup.Trace{domain, ip, hash}},
		"a URL of a named host": {
			[]aup.Trace{domain, ip, other, trace(aup.IndicatorURL, "https://shop.example/a", aup.RoleSource), trace(aup.IndicatorURL, "http://192.0.2.1:8080/b", aup.RoleSource)},
			[]aup.Trace{domain, ip, other},
		},
		"a URL whose host is a mention": {[]aup.Trace{other, trace(aup.IndicatorDomain, "other.example", aup.RoleMention)}, []aup.Trace{other}},
		"a URL that is none":            {[]aup.Trace{trace(aup.IndicatorURL, "http://[::1", aup.RoleSource)}, []aup.Trace{trace(aup.IndicatorURL, "http://[::1", aup.RoleSource)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, aup.Report{Traces: tc.have}.Suspects()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
