package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"aupd/internal/aup"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
)

func TestAuthenticationResults(t *testing.T) {
	raw := "Authentication-Results: mx.own.example 1; spf=pass (sender; is (known)) smtp.mailfrom=a.example;\r\n\tdkim/1 = fail ; dmarc = pass\r\n" +
		"Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example\r\nFrom: a@a.example\r\nSubject: x\r\n\r\nx"
	doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{AuthservIDs: []string{"MX.own.example"}})
	want := []aup.AuthResult{
		{Method: "spf", Result: "pass", Detail: "smtp.mailfrom=a.example", By: "mx.own.example"},
		{Method: "dkim", Result: "fail", By: "mx.own.example"},
		{Method: "dmarc", Result: "pass", By: "mx.own.example"},
	}
	if d := cmp.Diff(want, doc.Messages[0].Auth); d != "" {
		t.Errorf("auth (-want +got):\n%s", d)
	}
	if doc = Parse(strings.NewReader(raw), int64(len(raw)), Options{}); len(doc.Messages[0].Auth) > 0 {
		t.Errorf("believed without being told to: %v", doc.Messages[0].Auth)
	}
}

// signed returns a message with a DKIM signature, and what finds its key.
func signed(t *testing.T, text string) (string, func(string) ([]string, error)) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	var out strings.Builder
	err := dkim.Sign(&out, strings.NewReader(text), &dkim.SignOptions{Domain: "a.example", Selector: "s", Signer: key, HeaderKeys: []string{"From", "Subject"}})
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	return out.String(), func(name string) ([]string, error) {
		if name != "s._domainkey.a.example" {
			return nil, errors.New("no such name")
		}
		return []string{record}, nil
	}
}

func TestDKIM(t *testing.T) {
	const text = "From: a@a.example\r\nSubject: offer\r\n\r\nBuy now.\r\n"
	whole, lookup := signed(t, text)
	carry := func(s string) string {
		return "From: r@reporter.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + s
	}
	for name, tc := range map[string]struct {
		raw     string
		message int
		want    string
	}{
		"report":           {whole, 0, "pass"},
		"changed":          {strings.Replace(whole, "now", "soon", 1), 0, "fail"},
		"attached":         {carry(whole), 1, "pass"},
		"attached changed": {carry(strings.Replace(whole, "offer", "other", 1)), 1, "fail"},
		"no key":           {strings.Replace(whole, "s=s", "s=t", 1), 0, "permerror"},
		"unsigned":         {text, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			doc := Parse(strings.NewReader(tc.raw), int64(len(tc.raw)), Options{LookupTXT: lookup})
			got := ""
			for _, a := range doc.Messages[tc.message].Auth {
				got += a.Result
			}
			if got != tc.want {
				t.Errorf("DKIM %q, want %q: %v", got, tc.want, doc.Messages[tc.message].Auth)
			}
		})
	}
	if doc := Parse(strings.NewReader(whole), int64(len(whole)), Options{}); len(doc.Messages[0].Auth) > 0 {
		t.Errorf("verified without a resolver: %v", doc.Messages[0].Auth)
	}
}

func TestForged(t *testing.T) {
	for header, want := range map[string]string{
		`From: "service@bank.example" <x@evil.example>`:                       "the display name shows service@bank.example, the address is x@evil.example",
		`From: "desk@a.bank.example" <desk@bank.example>`:                     "",
		`From: Desk <desk@bank.example>`:                                      "",
		"From: Desk <d@mybank.example>\r\nReply-To: d@mybamk.example":         "answers go to d@mybamk.example, which only looks like d@mybank.example",
		"From: Desk <d@mybank.example>\r\nReply-To: d@mybanks.example":        "answers go to d@mybanks.example, which only looks like d@mybank.example",
		"From: Desk <d@mybank.example>\r\nReply-To: help@other-place.example": "",
	} {
		raw := header + "\r\nSubject: x\r\n\r\nx"
		doc := Parse(strings.NewReader(raw), int64(len(raw)), Options{})
		got := ""
		for _, a := range doc.Messages[0].Auth {
			got = a.Detail
		}
		if got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}
