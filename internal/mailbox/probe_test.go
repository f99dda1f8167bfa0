package mailbox

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestProbe(t *testing.T) {
	ends := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	cert := certificate(t, ends)
	srv := startServer(t, imaptest.WithTLS(serverTLS(t, cert)))
	appendTo(t, srv, "INBOX", message(" x", 1), message(" y", 2))
	opt := testOptions(srv)
	opt.URL, opt.RootCAs, opt.Folders = "imaps://"+srv.Addr(), x509.NewCertPool(), []string{"INBOX", "Abuse"}
	opt.RootCAs.AppendCertsFromPEM(cert.PEM)
	p, err := newWatcher(t, opt, newFakeStore()).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Probe{TLS: "TLS 1.3", CertificateEnds: ends, Folders: []FolderProbe{
		{Name: "INBOX", UIDValidity: 1, Messages: 2, Newest: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Idle: true}, {Name: "Abuse", Idle: true, Err: aup.ErrNotFound},
	}}
	if d := cmp.Diff(want, p, cmpopts.IgnoreFields(Probe{}, "Capabilities"), cmpopts.EquateErrors()); d != "" || len(p.Capabilities) == 0 {
		t.Errorf("capabilities %v (-want +got):\n%s", p.Capabilities, d)
	}
	opt.Auth = PasswordAuth("wrong")
	var fault *Error
	if _, err := newWatcher(t, opt, newFakeStore()).Probe(t.Context()); !errors.As(err, &fault) || fault.Kind != KindAuth {
		t.Errorf("Probe = %v, want an error of kind %s", err, KindAuth)
	}
}
