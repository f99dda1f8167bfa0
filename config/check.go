package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"aupd/internal/strictyaml"
)

// name is what a mailbox may be called: it stands in URLs, logs and metrics.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// canonical returns the one way to write the name of a folder: INBOX may be
// written in any case (RFC 9051, 5.1).
func canonical(folder string) string {
	if strings.EqualFold(folder, "INBOX") {
		return "INBOX"
	}
	return folder
}

// check returns everything that is wrong with c, joined.
func (c *Config) check(at strictyaml.Locator) error {
	var errs []error
	wrong := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s %s: %w", at.Place(path), fmt.Sprintf(format, args...), ErrInvalid))
	}
	seen := make(map[string]bool)
	for i, m := range c.Mailboxes {
		p := fmt.Sprintf("mailboxes[%d]", i)
		switch {
		case m.Name == "":
			wrong(p, "has no name: give it one, such as support")
		case !name.MatchString(m.Name):
			wrong(p+".name", "is %q: want letters, digits, dots and hyphens", m.Name)
		case seen[m.Name]:
			wrong(p+".name", "is %q, as an earlier mailbox: names must differ", m.Name)
		}
		seen[m.Name] = true
		if err := m.checkURL(); err != nil {
			wrong(p+".url", "%v", err)
		}
		if m.Username == "" {
			wrong(p, "has no username")
		}
		if ways(m.PasswordFile != "", m.PasswordEnv != "", m.OAuth2 != nil) != 1 {
			wrong(p, "needs one way to sign in: set either password_file, password_env or oauth2")
		}
		if err := m.OAuth2.check(); err != nil {
			wrong(p+".oauth2", "%v", err)
		}
		if m.Mark.Keyword != "" && m.Mark.Move != "" {
			wrong(p+".mark", "has both a keyword and a folder: set one")
		}
		folders := make(map[string]bool)
		for _, f := range m.Folders {
			if strings.TrimSpace(f) == "" || folders[canonical(f)] {
				wrong(p+".folders", "has %q twice or an empty name in it", f)
			}
			folders[canonical(f)] = true
		}
		if m.Mark.Move != "" && folders[canonical(m.Mark.Move)] {
			wrong(p+".mark.move", "is %q, which is watched: what is moved there would be found and moved without end", m.Mark.Move)
		}
	}
	if strings.TrimSpace(c.Select.Subject) == "" {
		wrong("select.subject", "is empty: every message would be taken; name the words that reporters are asked for")
	}
	if time.Duration(c.Poll) < time.Second {
		wrong("poll", "is %v: want 1s or more", time.Duration(c.Poll))
	}
	if c.MaxMessage < 64<<10 {
		wrong("max_message", "is under 64KB: most mail would be kept by its header alone")
	}
	if err := c.Triage.check(); err != nil {
		wrong("triage", "%v", err)
	}
	c.HTTP.check(wrong)
	c.Access.check(wrong)
	if err := checkListen(c.Admin.Listen); err != nil {
		wrong("admin.listen", "is %q: %v", c.Admin.Listen, err)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		wrong("log.format", "is %q: want text or json", c.Log.Format)
	}
	return errors.Join(errs...)
}

// ways counts what is true.
func ways(set ...bool) (n int) {
	for _, s := range set {
		if s {
			n++
		}
	}
	return n
}

func (o *OAuth2) check() error {
	switch {
	case o == nil:
		return nil
	case o.TokenURL == "" || o.ClientID == "":
		return errors.New("needs token_url and client_id")
	case (o.KeyFile == "") != (o.CertificateFile == ""):
		return errors.New("needs key_file and certificate_file, or neither")
	case ways(o.ClientSecretFile != "", o.KeyFile != "", o.RefreshTokenFile != "") == 0:
		return errors.New("needs client_secret_file, key_file with certificate_file, or refresh_token_file")
	}
	return nil
}

func (m Mailbox) checkURL() error {
	u, err := url.Parse(m.URL)
	switch {
	case m.URL == "":
		return errors.New("is missing: want imaps://HOST:993")
	case err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "":
		return fmt.Errorf("is %q: want imaps://HOST:993", m.URL)
	case u.User != nil:
		return errors.New("holds a user name: set username and password_file instead")
	case u.Scheme == "imaps" && m.StartTLS:
		return errors.New("is imaps:// with starttls: true: the connection is encrypted from the start, leave starttls out")
	case u.Scheme == "imap" && !m.StartTLS && !loopback(u.Hostname()):
		return fmt.Errorf("would send the password to %s in plain text: use imaps://, or set starttls: true", u.Hostname())
	case u.Scheme != "imap" && u.Scheme != "imaps":
		return fmt.Errorf("starts with %q: want imaps:// (or imap:// with starttls: true)", u.Scheme)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkListen refuses an address that other machines reach, for a listener that
// asks nobody who they are.
func checkListen(addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("want HOST:PORT, such as 127.0.0.1:8080, or \"\" for off")
	}
	if !loopback(host) {
		return errors.New("other machines could reach it, and it asks nobody who they are: listen on 127.0.0.1")
	}
	return nil
}

// Password reads the mailbox's password where the configuration says it lies.
// A line end behind it is no part of it. It is read anew at each call, so that
// a changed secret is found.
func (m Mailbox) Password() (string, error) {
	if m.PasswordEnv != "" {
		v, ok := os.LookupEnv(m.PasswordEnv)
		if !ok || v == "" {
			return "", fmt.Errorf("mailbox %s: password_env: the environment variable %s is not set: %w", m.Name, m.PasswordEnv, ErrInvalid)
		}
		return v, nil
	}
	v, err := ReadSecret(m.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("mailbox %s: password_file: %w", m.Name, err)
	}
	return v, nil
}

// ReadSecret returns the content of a file of one secret, without the line end
// behind it. An empty file is an error.
func ReadSecret(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	v := strings.TrimRight(string(data), "\r\n")
	if v == "" {
		return "", fmt.Errorf("%s is empty: %w", file, ErrInvalid)
	}
	return v, nil
}
