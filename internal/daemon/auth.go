package daemon

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/mailbox"
)

// authOf returns how a configured mailbox signs in, and when what that rests on
// runs out, if it is known. Secrets are read when they are needed, so that one
// that was replaced is found.
func authOf(mb config.Mailbox) (auth mailbox.Auth, ends time.Time, err error) {
	if mb.OAuth2 == nil {
		return func(context.Context, bool) (mailbox.Secret, error) {
			password, err := mb.Password()
			return mailbox.Secret{Password: password}, err
		}, ends, nil
	}
	ends = time.Time(mb.OAuth2.ClientSecretEnds)
	o := mailbox.OAuth2{TokenURL: mb.OAuth2.TokenURL, ClientID: mb.OAuth2.ClientID, Scopes: mb.OAuth2.Scopes}
	o.Secret, o.Refresh = secretIn(mb.OAuth2.ClientSecretFile), secretIn(mb.OAuth2.RefreshTokenFile)
	if mb.OAuth2.RefreshTokenFile != "" {
		o.Rotated = func(token string) error { return replaceFile(mb.OAuth2.RefreshTokenFile, token) }
	}
	if mb.OAuth2.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(mb.OAuth2.CertificateFile, mb.OAuth2.KeyFile)
		if err != nil {
			return nil, ends, err
		}
		key, ok := pair.PrivateKey.(*rsa.PrivateKey)
		if !ok {
			return nil, ends, fmt.Errorf("%s: want an RSA key: %w", mb.OAuth2.KeyFile, aup.ErrInvalid)
		}
		o.Key, o.Certificate, ends = key, pair.Leaf, pair.Leaf.NotAfter
	}
	auth, err = o.Auth()
	return auth, ends, err
}

// secretIn returns what reads the secret in a file; nil without a file.
func secretIn(file string) func() (string, error) {
	if file == "" {
		return nil
	}
	return func() (string, error) { return config.ReadSecret(file) }
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
