//go:build integration

package imaptest

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// A Courier is a real Courier IMAP 5.0 on a loopback port with the account of
// [Username]. Debian's package cannot be installed beside Dovecot, and its
// login daemon knows fixed paths: it is unpacked in a cache folder, this
// process signs in, and the session is Courier's own.
type Courier struct {
	Addr string
	maildirs
	prefix string
	ln     net.Listener
	work   sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool
}

// courierPackages is Courier and those of its libraries that a small system
// lacks.
var courierPackages = []string{
	"courier-imap", "courier-base", "courier-authlib", "libgamin0", "libidn12", "libcourier-unicode4", "libgdbm6", "libltdl7",
}

// courierCaps is what the server offers.
const courierCaps = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"

// StartCourier starts a server. The first time it downloads the packages with
// apt-get.
func StartCourier(ctx context.Context) (*Courier, error) {
	prefix, err := unpack(ctx, "courier", courierPackages)
	if err != nil {
		return nil, err
	}
	who, err := mailOwner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "aupd-courier-")
	if err != nil {
		return nil, err
	}
	c := &Courier{maildirs: maildirs{dir: dir, owner: who, index: "courierimap*"}, prefix: prefix, open: make(map[net.Conn]bool)}
	if c.ln, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c.Addr = c.ln.Addr().String()
	// The mail user must get through to its files.
	if err := errors.Join(os.Chmod(dir, 0o711), c.Create("INBOX")); err != nil {
		return nil, errors.Join(err, c.ln.Close(), os.RemoveAll(dir))
	}
	life := context.WithoutCancel(ctx) // a session ends with its client
	c.work.Go(func() { c.accept(life) })
	return c, nil
}

func (c *Courier) accept(ctx context.Context) {
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			return // closed
		}
		c.mu.Lock()
		c.open[conn] = true
		c.mu.Unlock()
		c.work.Go(func() {
			_ = c.serve(ctx, conn) // a session that fails ends, as the test will notice
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.open, conn)
			_ = conn.Close()
		})
	}
}

// serve greets, signs in, and hands the session over to Courier.
func (c *Courier) serve(ctx context.Context, conn net.Conn) error {
	r := bufio.NewReader(conn)
	tag, err := courierLogin(conn, r)
	if err != nil {
		return err
	}
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs, ours := os.NewFile(uintptr(pair[0]), "imapd"), os.NewFile(uintptr(pair[1]), "front")
	cmd := c.command(ctx, tag)
	cmd.Stdin, cmd.Stdout = theirs, theirs
	err = cmd.Start()
	_ = theirs.Close() // the server has its own
	if err != nil {
		return errors.Join(err, ours.Close())
	}
	c.work.Go(func() {
		_, _ = io.Copy(ours, r) // ends with the client
		_ = syscall.Shutdown(pair[1], syscall.SHUT_WR)
	})
	_, err = io.Copy(conn, ours)
	_ = conn.Close()
	return errors.Join(err, cmd.Wait(), ours.Close())
}

// command is Courier's session, for a client that signed in with tag.
func (c *Courier) command(ctx context.Context, tag string) *exec.Cmd {
	lib := filepath.Join(c.prefix, "usr/lib")
	cmd := exec.CommandContext(ctx, filepath.Join(c.prefix, "usr/bin/imapd"), "Maildir")
	cmd.Dir = filepath.Join(c.dir, "home")
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + cmd.Dir, "LD_LIBRARY_PATH=" + lib + ":" + lib + "/courier-authlib:" + lib + "/x86_64-linux-gnu", "AUTHENTICATED=" + Username, "IMAPLOGINTAG=" + tag,
		"AUTHADDR=" + Username, "AUTHFULLNAME=" + Username, "AUTHENTICATED_OPTIONS=", "IMAP_CAPABILITY=" + courierCaps, "IMAP_CAPABILITY_TLS=" + courierCaps,
		"IMAP_KEYWORDS=1", "IMAP_ACL=1", "IMAP_IDLE_TIMEOUT=1", "IMAP_MAILBOX_SANITY_CHECK=0", "IMAP_USELOCKS=0", "IMAP_ENHANCEDIDLE=0",
		"IMAP_TRASHFOLDERNAME=Trash", "IMAP_STARTTLS=NO", "PROTOCOL=IMAP", "TCPREMOTEIP=127.0.0.1", "TCPREMOTEPORT=1", "TCPLOCALPORT=143",
		"MAILDIR=Maildir", "IMAP_OBSOLETE_CLIENT=0",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.owner.uid), Gid: uint32(c.owner.gid)}
	}
	return cmd
}

// courierLogin speaks IMAP until a client has signed in, and returns the tag of
// the command that did, which Courier answers itself.
func courierLogin(conn net.Conn, r *bufio.Reader) (tag string, err error) {
	say := func(format string, args ...any) { _, err = fmt.Fprintf(conn, format+"\r\n", args...) }
	say("* OK [CAPABILITY %s AUTH=PLAIN] Courier-IMAP ready.", courierCaps)
	for err == nil {
		var line string
		if line, err = r.ReadString('\n'); err != nil {
			break
		}
		tag, cmd, _ := strings.Cut(strings.TrimSpace(line), " ")
		word, arg, _ := strings.Cut(cmd, " ")
		switch strings.ToUpper(word) {
		case "CAPABILITY":
			say("* CAPABILITY %s AUTH=PLAIN\r\n%s OK done", courierCaps, tag)
		case "AUTHENTICATE":
			say("+ ")
			if line, err = r.ReadString('\n'); err != nil {
				break
			}
			if said, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line)); string(said) == "\x00"+Username+"\x00"+Password {
				return tag, nil
			}
			say("%s NO Login failed.", tag)
		case "LOGIN":
			if strings.ReplaceAll(arg, `"`, "") == Username+" "+Password {
				return tag, nil
			}
			say("%s NO Login failed.", tag)
		case "LOGOUT":
			say("* BYE bye\r\n%s OK done", tag)
		default:
			say("%s BAD not before login", tag)
		}
	}
	return "", err
}

// Close ends every session and removes the server's files.
func (c *Courier) Close() error {
	err := c.ln.Close()
	c.mu.Lock()
	for conn := range c.open {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.work.Wait()
	return errors.Join(err, os.RemoveAll(c.dir))
}
