// Package imaptest is an IMAP server in this process, on a loopback port, that
// keeps its mail in memory: for `aupd demo` and for tests. Messages go in as
// raw bytes and come out as the same bytes, whatever is wrong with them.
//
// With the build tag integration the package also starts a real Dovecot, Cyrus
// or Courier, and has lines to them that fail.
package imaptest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// The one account of the server.
const (
	Username = "support"
	Password = "correct-horse"
)

// An Option changes how a server behaves.
type Option func(*imapserver.Options, *net.Listener)

// WithTLS makes the port speak TLS from the first byte.
func WithTLS(c *tls.Config) Option {
	return func(_ *imapserver.Options, ln *net.Listener) { *ln = tls.NewListener(*ln, c) }
}

// WithStartTLS offers STARTTLS.
func WithStartTLS(c *tls.Config) Option {
	return func(opt *imapserver.Options, _ *net.Listener) { opt.TLSConfig = c }
}

// WithoutIdle leaves IDLE out of the capabilities, which imapserver itself
// cannot.
func WithoutIdle() Option {
	return func(_ *imapserver.Options, ln *net.Listener) { *ln = idleless{*ln} }
}

type idleless struct{ net.Listener }

// Accept waits for a client and hides IDLE from it.
func (l idleless) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return idlelessConn{conn}, err
}

type idlelessConn struct{ net.Conn }

// Write sends p, but for IDLE in a list of capabilities.
func (c idlelessConn) Write(p []byte) (int, error) {
	out := p
	if bytes.Contains(p, []byte("CAPABILITY ")) {
		out = bytes.ReplaceAll(p, []byte(" IDLE"), nil)
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// A Server is a running IMAP server with one account. All methods are safe
// for concurrent use.
type Server struct {
	imap   *imapserver.Server
	ln     net.Listener
	user   *imapmemserver.User
	served sync.WaitGroup

	mu   sync.Mutex
	mail map[place]message
}

// A place names a message for ever: UIDVALIDITY is never given out twice.
type place struct {
	uidValidity uint32
	uid         imap.UID
}

type message struct {
	raw  []byte
	date time.Time
}

// silent is the log of a server whose clients are tests.
type silent struct{}

// Printf prints nothing.
func (silent) Printf(string, ...any) {}

// Start listens on a free port of 127.0.0.1 and serves an empty INBOX until
// Close.
func Start(options ...Option) (*Server, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{user: imapmemserver.NewUser(Username, Password), mail: make(map[place]message)}
	opt := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{server: s}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}, imap.CapUnselect: {},
		},
		InsecureAuth: true,
		Logger:       silent{},
	}
	for _, o := range options {
		o(opt, &ln)
	}
	s.ln, s.imap = ln, imapserver.New(opt)
	if err := s.Create("INBOX"); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	// Serve ends with an error only after Close, and then it means nothing.
	s.served.Go(func() { _ = s.imap.Serve(ln) })
	return s, nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Close stops listening and ends every connection.
func (s *Server) Close() error {
	err := s.imap.Close()
	// A server closed before it began to serve does not know its listener.
	if again := s.ln.Close(); !errors.Is(again, net.ErrClosed) {
		err = errors.Join(err, again)
	}
	s.served.Wait()
	return err
}

// Append puts a message into a folder. UIDs count up from 1 in each folder.
func (s *Server) Append(folder string, raw []byte, date time.Time) error {
	// FETCH waits for the lock, so that no session sees the message before it
	// is filed.
	s.mu.Lock()
	defer s.mu.Unlock()
	got, err := s.user.Append(folder, bytes.NewReader(raw), &imap.AppendOptions{Time: date})
	if err != nil {
		return fmt.Errorf("append to %s: %w", folder, err)
	}
	s.mail[place{got.UIDValidity, got.UID}] = message{bytes.Clone(raw), date}
	return nil
}

// Create makes an empty folder. Its UIDVALIDITY is one that no folder had
// before.
func (s *Server) Create(folder string) error { return s.user.Create(folder, nil) }

// Delete removes a folder with its messages. A session that has it selected
// goes on seeing it.
func (s *Server) Delete(folder string) error { return s.user.Delete(folder) }

// Reset deletes a folder and creates it again, empty, with another
// UIDVALIDITY.
func (s *Server) Reset(folder string) error {
	if err := s.Delete(folder); err != nil {
		return err
	}
	return s.Create(folder)
}

// Expunge removes messages from a folder.
func (s *Server) Expunge(folder string, uids ...uint32) error {
	sess := imapmemserver.NewUserSession(s.user)
	if _, err := sess.Select(folder, &imap.SelectOptions{}); err != nil {
		return err
	}
	defer func() { _ = sess.Close() }() // has no error
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	del := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}
	if err := sess.Store(nil, set, del, nil); err != nil {
		return err
	}
	return sess.Expunge(nil, &set)
}

func (s *Server) message(uidValidity uint32, uid imap.UID) message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mail[place{uidValidity, uid}]
}
