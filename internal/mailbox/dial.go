package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"aupd/internal/aup"
)

// dialTime bounds the way from nothing to a signed-in connection, name look-up
// and TLS included.
const dialTime = 90 * time.Second

// errPlain says that a connection would carry a password in the clear.
var errPlain = errors.New("plain text is for loopback addresses only")

// An endpoint is where a mailbox is and how to get there.
type endpoint struct {
	host, port string
	security   security
}

type security int

const (
	implicitTLS security = iota
	startTLS
	plainText
)

func (e endpoint) addr() string { return net.JoinHostPort(e.host, e.port) }

// parseURL reads imaps://host[:port] and imap://host[:port].
func parseURL(raw string, starttls bool) (endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return endpoint{}, fmt.Errorf("url %q: %w", raw, errors.Join(err, aup.ErrInvalid))
	}
	e := endpoint{host: u.Hostname(), port: u.Port()}
	switch {
	case u.Scheme == "imaps" && !starttls:
		e.security = implicitTLS
	case u.Scheme == "imap" && starttls:
		e.security = startTLS
	case u.Scheme == "imap" && isLoopback(e.host):
		e.security = plainText
	case u.Scheme == "imap":
		return endpoint{}, fmt.Errorf("url %q: %w: use imaps://, or starttls: true: %w", raw, errPlain, aup.ErrInvalid)
	case u.Scheme == "imaps":
		return endpoint{}, fmt.Errorf("url %q: starttls begins in plain text: write imap://, or leave starttls out: %w", raw, aup.ErrInvalid)
	default:
		return endpoint{}, fmt.Errorf("url %q: write it as imaps://host:993: %w", raw, aup.ErrInvalid)
	}
	if e.host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return endpoint{}, fmt.Errorf("url %q: only scheme, host and port belong in it, as in imaps://host:993: %w", raw, aup.ErrInvalid)
	}
	if e.port == "" {
		e.port = map[string]string{"imaps": "993", "imap": "143"}[u.Scheme]
	}
	return e, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// dial connects and secures the connection as far as the first line of IMAP
// that the library reads. It ends with ctx.
func (w *Watcher) dial(ctx context.Context) (net.Conn, error) {
	dial := w.opt.Dial
	if dial == nil {
		dial = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true}}).DialContext
	}
	conn, err := dial(ctx, "tcp", w.end.addr())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	secured, err := w.secure(ctx, conn)
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

func (w *Watcher) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	switch w.end.security {
	case plainText:
		// localhost may be anything in /etc/hosts.
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
			return nil, fmt.Errorf("%s is at %v: %w", w.end.host, tcp.IP, errPlain)
		}
		return conn, nil
	case startTLS:
		if err := requestTLS(conn); err != nil {
			return nil, err
		}
	}
	secured := tls.Client(conn, &tls.Config{
		ServerName: w.end.host, RootCAs: w.opt.RootCAs, MinVersion: tls.VersionTLS12,
	})
	return secured, secured.HandshakeContext(ctx)
}

// requestTLS does STARTTLS (RFC 9051, 6.2.1) before the library sees the
// connection. A server that has signed us in already, or that has sent more
// than its answer, may be someone in the middle: nothing said in plain text
// may count afterwards.
func requestTLS(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(dialTime)); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 4096)
	greeting, err := r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("wait for the greeting: %w", err)
	}
	if kind, _ := token(afterTag(greeting)); kind != "OK" {
		return fmt.Errorf("the server greets with %q where only OK is safe before STARTTLS", strings.TrimSpace(string(greeting)))
	}
	const tag = "S1"
	if _, err := fmt.Fprintf(conn, "%s STARTTLS\r\n", tag); err != nil {
		return err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("wait for the answer to STARTTLS: %w", err)
		}
		if strings.HasPrefix(string(line), "* ") {
			continue
		}
		if kind, _ := token(afterTag(line)); kind != "OK" || !strings.HasPrefix(string(line), tag+" ") {
			return fmt.Errorf("the server refuses STARTTLS: %q", strings.TrimSpace(string(line)))
		}
		break
	}
	if r.Buffered() > 0 {
		return errors.New("the server sent more behind its answer to STARTTLS: someone may be in the middle")
	}
	return conn.SetDeadline(time.Time{})
}

// afterTag returns what follows the first word of a line.
func afterTag(line []byte) []byte {
	for i, c := range line {
		if c == ' ' {
			return line[i+1:]
		}
	}
	return nil
}
