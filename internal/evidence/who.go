package evidence

import (
	"errors"
	"io"
	"strings"

	"aupd/internal/aup"

	"github.com/emersion/go-msgauth/dkim"
)

// us is who says what we found ourselves.
const us = "aupd"

// maxVerified bounds the messages whose DKIM signatures are checked: each may
// ask the network.
const maxVerified = 10

// who adds to every message what can be said about its sender. A message that
// looks forged is marked, never dropped.
func (b *builder) who() {
	verified := 0
	for i := range b.doc.Messages {
		m := &b.doc.Messages[i]
		if i == 0 {
			m.Auth = append(m.Auth, b.trusted(m)...)
		}
		if b.opt.LookupTXT != nil && b.origins[i].raw != nil && verified < maxVerified {
			verified++
			m.Auth = append(m.Auth, b.verify(i)...)
		}
		m.Auth = append(m.Auth, forged(m)...)
	}
}

// trusted reads the Authentication-Results (RFC 8601) of the authserv-ids that
// are believed. Of originals they are not read: whoever sent them could have
// written them.
func (b *builder) trusted(m *aup.Message) []aup.AuthResult {
	var out []aup.AuthResult
	for _, f := range m.Header {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		by, results := readAuthResults(f.Value)
		for _, id := range b.opt.AuthservIDs {
			if strings.EqualFold(by, id) {
				out = append(out, results...)
				break
			}
		}
	}
	return out
}

// equals takes the white space away that may stand around an equals sign.
var equals = strings.NewReplacer(" = ", "=", " =", "=", "= ", "=")

// maxAuthResults bounds the results read of one field.
const maxAuthResults = 20

// readAuthResults reads one field's value: the authserv-id, then the results
// apart by semicolons (RFC 8601, 2.2).
func readAuthResults(value string) (by string, results []aup.AuthResult) {
	id, rest, _ := strings.Cut(dropComments(value), ";")
	if words := strings.Fields(id); len(words) > 0 {
		by = words[0] // a version may follow
	}
	for one := range strings.SplitSeq(rest, ";") {
		words := strings.Fields(equals.Replace(one))
		if len(words) == 0 || len(results) >= maxAuthResults {
			continue
		}
		method, result, ok := strings.Cut(words[0], "=")
		method, _, _ = strings.Cut(method, "/")
		if ok && method != "" && result != "" {
			results = append(results, aup.AuthResult{Method: strings.ToLower(method), Result: strings.ToLower(result), Detail: strings.Join(words[1:], " "), By: by})
		}
	}
	return by, results
}

// dropComments removes what stands in parentheses, nested ones included.
func dropComments(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// maxSignatures bounds the DKIM signatures checked on one message: mailing
// lists and relays add two or three.
const maxSignatures = 5

// verify checks the DKIM signatures (RFC 6376) of the message with that index.
func (b *builder) verify(i int) []aup.AuthResult {
	o := b.origins[i]
	r := io.NewSectionReader(o.raw, 0, o.size)
	list, err := dkim.VerifyWithOptions(r, &dkim.VerifyOptions{LookupTXT: b.opt.LookupTXT, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return []aup.AuthResult{{Method: "dkim", Result: "permerror", Detail: line(strings.ToValidUTF8(err.Error(), "?")), By: us}}
	}
	var out []aup.AuthResult
	for _, v := range list {
		a := aup.AuthResult{Method: "dkim", Result: "pass", Detail: "header.d=" + v.Domain, By: us}
		switch {
		case v.Err == nil:
		case dkim.IsTempFail(v.Err):
			a.Result = "temperror"
		case dkim.IsPermFail(v.Err):
			a.Result = "permerror"
		default:
			a.Result = "fail"
		}
		if v.Err != nil {
			a.Detail += ": " + line(strings.ToValidUTF8(v.Err.Error(), "?"))
		}
		a.Detail = strings.ToValidUTF8(a.Detail, "?")
		out = append(out, a)
	}
	return out
}

// forged says what looks as if the sender of m were not who they seem to be.
func forged(m *aup.Message) []aup.AuthResult {
	var out []aup.AuthResult
	add := func(detail string) {
		out = append(out, aup.AuthResult{Method: "forged", Result: "suspect", Detail: detail, By: us})
	}
	for _, a := range m.From {
		if shown, ok := addressIn(a.Name); ok && !sameOrganisation(shown, a.Addr) {
			add("the display name shows " + shown + ", the address is " + a.Addr)
		}
	}
	if len(m.From) > 0 {
		for _, r := range m.Auth {
			if r.Method == "dmarc" && r.Result == "fail" {
				add("DMARC fails for " + m.From[0].Addr)
				break
			}
		}
		for _, a := range m.ReplyTo {
			if lookalike(m.From[0].Addr, a.Addr) {
				add("answers go to " + a.Addr + ", which only looks like " + m.From[0].Addr)
			}
		}
	}
	return out
}

// addressIn returns a mail address that stands in a display name.
func addressIn(name string) (string, bool) {
	for w := range strings.FieldsFuncSeq(name, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>()[]"',;:`, r) }) {
		if a, ok := mailAddress(w); ok {
			return a, true
		}
	}
	return "", false
}

func domainOf(addr string) string {
	return registrable(addr[strings.LastIndexByte(addr, '@')+1:])
}

func sameOrganisation(a, b string) bool {
	return strings.EqualFold(a, b) || domainOf(a) != "" && domainOf(a) == domainOf(b)
}

// lookalike reports whether two addresses have domains that differ by one
// character only.
func lookalike(a, b string) bool {
	x, y := domainOf(a), domainOf(b)
	if x == "" || y == "" || x == y || len(x) < 6 {
		return false
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	n := 0
	for n < len(x) && x[n] == y[n] {
		n++
	}
	if len(x) == len(y) {
		return x[min(n+1, len(x)):] == y[min(n+1, len(y)):]
	}
	return len(y)-len(x) == 1 && x[n:] == y[n+1:]
}
