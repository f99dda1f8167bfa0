//go:build integration

package imaptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// A Cyrus is a real Cyrus IMAP 3.6 on a loopback port with the account of
// [Username]. Debian's package cannot be installed beside Dovecot, so it is
// unpacked in a cache folder and run from there.
type Cyrus struct {
	Addr string
	dir  string
	cmd  *exec.Cmd
}

// cyrusPackages is Cyrus and those of its libraries that a small system lacks.
var cyrusPackages = []string{
	"cyrus-imapd", "cyrus-common", "sasl2-bin", "libsasl2-2", "libsasl2-modules", "libsasl2-modules-db", "libdb5.3",
	"libical3", "libicu72", "libjansson4", "libpcre3", "libpq5", "libwrap0", "libxapian30",
}

// StartCyrus starts a server and waits for its greeting. The first time it
// downloads the packages with apt-get.
func StartCyrus(ctx context.Context) (*Cyrus, error) {
	prefix, err := unpack(ctx, "cyrus", cyrusPackages)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "aupd-cyrus-")
	if err != nil {
		return nil, err
	}
	c := &Cyrus{dir: dir}
	if err := c.start(ctx, prefix); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) // may not be there
		return nil, errors.Join(fmt.Errorf("start cyrus: %w\n%s", err, log), c.Close())
	}
	return c, nil
}

func (c *Cyrus) start(ctx context.Context, prefix string) error {
	who, err := mailOwner()
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	c.Addr = "127.0.0.1:" + port
	if err := c.files(who, filepath.Join(prefix, cyrusBin)); err != nil {
		return err
	}
	env := append(os.Environ(),
		"LD_LIBRARY_PATH="+prefix+"/usr/lib/x86_64-linux-gnu:"+prefix+"/lib/x86_64-linux-gnu",
		"SASL_PATH="+prefix+"/usr/lib/x86_64-linux-gnu/sasl2")
	for _, name := range []string{Username, "cyrus"} {
		set := exec.CommandContext(ctx, filepath.Join(prefix, "usr/sbin/saslpasswd2"), "-p", "-c", "-f", c.dir+"/sasldb2", "-u", "localhost", name)
		set.Env, set.Stdin = env, strings.NewReader(Password)
		if out, err := set.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	if out, err := exec.CommandContext(ctx, "chown", "-R", who.name+":"+who.group, c.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := c.run(ctx, filepath.Join(prefix, cyrusBin), env); err != nil {
		return err
	}
	if err := awaitGreeting(ctx, c.Addr); err != nil {
		return err
	}
	return c.as("cyrus", func(client *imapclient.Client) error {
		return client.Create("user/"+Username, nil).Wait()
	})
}

// run starts the master process.
func (c *Cyrus) run(ctx context.Context, bin string, env []string) (err error) {
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(bin, "master"),
		"-D", "-C", c.dir+"/imapd.conf", "-M", c.dir+"/cyrus.conf", "-p", c.dir+"/master.pid")
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = env, log, log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c.cmd.Start()
}

// cyrusBin is where the package has its programs.
const cyrusBin = "usr/lib/cyrus/bin"

// The configuration: of the folder, user and group, and of the programs, the
// folder and the address.
const (
	imapdConf = `configdirectory: %[1]s/conf
proc_path: %[1]s/conf/proc
mboxname_lockpath: %[1]s/conf/lock
defaultpartition: default
partition-default: %[1]s/spool
cyrus_user: %[2]s
cyrus_group: %[3]s
servername: localhost
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: %[1]s/sasldb2
sasl_mech_list: PLAIN LOGIN
unixhierarchysep: yes
altnamespace: yes
idlesocket: %[1]s/sock/idle
munge8bit: no
`
	cyrusConf = `START {
  recover cmd="%[1]s/ctl_cyrusdb -C %[2]s/imapd.conf -r"
}
SERVICES {
  imap cmd="%[1]s/imapd -C %[2]s/imapd.conf -U 30" listen="%[3]s" prefork=0 maxchild=50
}
DAEMON {
  idled cmd="%[1]s/idled -C %[2]s/imapd.conf"
}
`
)

func (c *Cyrus) files(who owner, bin string) error {
	if err := os.Chmod(c.dir, 0o711); err != nil {
		return err
	}
	for _, sub := range []string{"conf/db", "conf/socket", "conf/proc", "conf/log", "conf/lock", "conf/msg", "conf/quota", "conf/user", "spool", "sock"} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o750); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"imapd.conf": fmt.Sprintf(imapdConf, c.dir, who.name, who.group),
		"cyrus.conf": fmt.Sprintf(cyrusConf, bin, c.dir, c.Addr),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// as signs in, does work and signs off.
func (c *Cyrus) as(name string, work func(*imapclient.Client) error) error {
	client, err := imapclient.DialInsecure(c.Addr, nil)
	if err != nil {
		return err
	}
	if err := client.Login(name, Password).Wait(); err != nil {
		return errors.Join(err, client.Close())
	}
	return errors.Join(work(client), client.Logout().Wait())
}

// Append puts messages into a folder; refused holds the numbers of those that
// the server does not take: Cyrus is strict about what it stores.
func (c *Cyrus) Append(folder string, raws ...[]byte) (refused []int, err error) {
	err = c.as(Username, func(client *imapclient.Client) error {
		for i, raw := range raws {
			cmd := client.Append(folder, int64(len(raw)), nil)
			_, writeErr := cmd.Write(raw)
			closeErr := cmd.Close()
			_, err := cmd.Wait()
			var no *imap.Error
			if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
				refused = append(refused, i)
				continue
			}
			if err := errors.Join(writeErr, closeErr, err); err != nil {
				return err
			}
		}
		return nil
	})
	return refused, err
}

// Close ends the server and removes its files.
func (c *Cyrus) Close() error {
	if c.cmd != nil && c.cmd.Process != nil {
		if err := syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		_ = c.cmd.Wait() // it ends by the signal
	}
	return os.RemoveAll(c.dir)
}
