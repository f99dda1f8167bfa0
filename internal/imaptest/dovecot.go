//go:build integration

package imaptest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Dovecot is a real Dovecot 2.3 on loopback ports, with a folder of its own
// for everything, and any user name with [Password]. It listens without TLS
// (STARTTLS offered) and with it.
type Dovecot struct {
	Addr, TLSAddr string
	Certificate   Certificate
	maildirs
	cmd *exec.Cmd
}

// DovecotOptions say what is special about a server. The zero value works.
type DovecotOptions struct {
	// Extra is put at the end of the configuration.
	Extra string
	// Capabilities replaces what is offered after login.
	Capabilities string
	// TokenKey makes the server take tokens that NewToken made with this key.
	TokenKey string
}

// NewToken returns an access token for a user: a JWT signed with HMAC-SHA-256.
func NewToken(key, user string, expires time.Time) string {
	enc := base64.RawURLEncoding
	claims := fmt.Sprintf(`{"sub":%q,"email":%q,"iat":%d,"exp":%d}`, user, user, expires.Add(-time.Hour).Unix(), expires.Unix())
	signed := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed)) // has no error
	return signed + "." + enc.EncodeToString(mac.Sum(nil))
}

// An owner is who reads and writes the mail: never root.
type owner struct {
	name, group string
	uid, gid    int
}

// mailOwner is the user mail for root, and for everybody else who they are.
func mailOwner() (owner, error) {
	var u *user.User
	var err error
	if os.Geteuid() == 0 {
		u, err = user.Lookup("mail")
	} else {
		u, err = user.Current()
	}
	if err != nil {
		return owner{}, err
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return owner{}, err
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return owner{u.Username, g.Name, uid, gid}, errors.Join(uidErr, gidErr)
}

// StartDovecot starts a server and waits for its greeting. The error says what
// is missing.
func StartDovecot(ctx context.Context, opt DovecotOptions) (*Dovecot, error) {
	if _, err := exec.LookPath("dovecot"); err != nil {
		return nil, fmt.Errorf("%w: install dovecot-imapd", err)
	}
	dir, err := os.MkdirTemp("", "aupd-dovecot-")
	if err != nil {
		return nil, err
	}
	d := &Dovecot{maildirs: maildirs{dir: dir, index: "dovecot*"}}
	if err := d.prepare(opt); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := d.Start(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return d, nil
}

func (d *Dovecot) prepare(opt DovecotOptions) (err error) {
	if d.owner, err = mailOwner(); err != nil {
		return err
	}
	if d.Certificate, err = NewCertificate(time.Now().AddDate(0, 1, 0)); err != nil {
		return err
	}
	// The mail user must get through to its files.
	if err := os.Chmod(d.dir, 0o711); err != nil {
		return err
	}
	plain, err := freePort()
	if err != nil {
		return err
	}
	tls, err := freePort()
	if err != nil {
		return err
	}
	d.Addr, d.TLSAddr = "127.0.0.1:"+plain, "127.0.0.1:"+tls
	for name, data := range map[string][]byte{
		"cert.pem": d.Certificate.PEM, "key.pem": d.Certificate.Key, "dovecot.conf": []byte(d.config(plain, tls, opt)),
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), data, 0o600); err != nil {
			return err
		}
	}
	if opt.TokenKey != "" {
		if err := d.tokenKey(opt.TokenKey); err != nil {
			return err
		}
	}
	return d.Create("INBOX")
}

// tokenKey puts the key where the server looks for it: it finds the default
// one by the token's algorithm.
func (d *Dovecot) tokenKey(key string) error {
	dir := filepath.Join(d.dir, "keys", "default", "HS256")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	conf := fmt.Sprintf("introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\nusername_attribute = email\n", d.dir)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "default"), []byte(base64.StdEncoding.EncodeToString([]byte(key))), 0o644),
		os.WriteFile(filepath.Join(d.dir, "oauth2.conf"), []byte(conf), 0o644),
	)
}

func (d *Dovecot) config(plain, tls string, opt DovecotOptions) string {
	mechanisms := ""
	if opt.TokenKey != "" {
		mechanisms = " xoauth2 oauthbearer"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login%[7]s
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 200
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = %[2]s
default_internal_group = %[3]s
default_login_user = %[2]s
passdb {
  driver = static
  mechanisms = plain login
  args = password=%[4]s
}
userdb {
  driver = static
  args = uid=%[2]s gid=%[3]s home=%[1]s/home
}
namespace inbox {
  inbox = yes
  separator = /
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[5]s
  }
  inet_listener imaps {
    port = %[6]s
    ssl = yes
  }
}
`, d.dir, d.owner.name, d.owner.group, Password, plain, tls, mechanisms)
	if opt.Capabilities != "" {
		fmt.Fprintf(&b, "protocol imap {\n  imap_capability = %s\n}\n", opt.Capabilities)
	}
	if opt.TokenKey != "" {
		fmt.Fprintf(&b, "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s/oauth2.conf\n}\n", d.dir)
	}
	b.WriteString(opt.Extra)
	return b.String()
}

// Start starts the server again after Kill, on the same ports and mail.
func (d *Dovecot) Start(ctx context.Context) error {
	// A killed master leaves its pid file, which a new one takes for a rival.
	if err := os.RemoveAll(filepath.Join(d.dir, "run")); err != nil {
		return err
	}
	d.cmd = exec.CommandContext(context.WithoutCancel(ctx), "dovecot", "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	if err := awaitGreeting(ctx, d.Addr); err != nil {
		log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log")) // may not be there
		return errors.Join(fmt.Errorf("dovecot does not come up: %w\n%s", err, log), d.Kill(syscall.SIGKILL))
	}
	return nil
}

// Kill sends a signal to the server and all of its sessions, and waits for the
// end unless the signal only stops them.
func (d *Dovecot) Kill(sig syscall.Signal) error {
	err := syscall.Kill(-d.cmd.Process.Pid, sig)
	if sig == syscall.SIGSTOP || sig == syscall.SIGCONT {
		return err
	}
	_ = d.cmd.Wait() // it ends by the signal
	return err
}

// Close ends the server and removes its files.
func (d *Dovecot) Close() error { return errors.Join(d.Kill(syscall.SIGKILL), os.RemoveAll(d.dir)) }

func freePort() (string, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = ln.Close() }()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, err
}

// awaitGreeting returns when a server greets at addr.
func awaitGreeting(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := greets(ctx, addr)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func greets(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	greeting := make([]byte, 4)
	if _, err := conn.Read(greeting); err != nil {
		return err
	}
	if string(greeting) != "* OK" {
		return fmt.Errorf("greeting %q", greeting)
	}
	return nil
}
