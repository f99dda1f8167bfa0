package daemon

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/mailbox"
)

// authOf returns how a configured mailbox signs in. Secrets are read when they
// are needed, so that one that was replaced is found.
func authOf(mb config.Mailbox) (mailbox.Auth, error) {
	if mb.OAuth2 == nil {
		return func(context.Context, bool) (mailbox.Secret, error) {
			password, err := mb.Password()
			return mailbox.Secret{Password: password}, err
		}, nil
	}
	o := mailbox.OAuth2{TokenURL: mb.OAuth2.TokenURL, ClientID: mb.OAuth2.ClientID, Scopes: mb.OAuth2.Scopes}
	secret := func(file string) func() (string, error) {
		if file == "" {
			return nil
		}
		return func() (string, error) { return config.ReadSecret(file) }
	}
	o.Secret, o.Refresh = secret(mb.OAuth2.ClientSecretFile), secret(mb.OAuth2.RefreshTokenFile)
	if mb.OAuth2.RefreshTokenFile != "" {
		o.Rotated = func(token string) error { return replaceFile(mb.OAuth2.RefreshTokenFile, token) }
	}
	if mb.OAuth2.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(mb.OAuth2.CertificateFile, mb.OAuth2.KeyFile)
		if err != nil {
			return nil, err
		}
		key, ok := pair.PrivateKey.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%s: want an RSA key: %w", mb.OAuth2.KeyFile, aup.ErrInvalid)
		}
		if o.Key, o.Certificate = key, pair.Leaf; o.Certificate == nil {
			if o.Certificate, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
				return nil, err
			}
		}
	}
	return o.Auth()
}

// replaceFile puts a secret in place of the one in file: whoever reads it meets
// the old one or the new one, whole.
func replaceFile(file, secret string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".aupd-*") // has mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	if _, err := f.WriteString(secret + "\n"); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
