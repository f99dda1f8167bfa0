package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// greetingTime is how long a server may take to greet.
	greetingTime = 30 * time.Second
	// goodbyeTime is how long a server may take over LOGOUT.
	goodbyeTime = 2 * time.Second
	// maxUIDs bounds the list of UIDs in memory (8 MB).
	maxUIDs = 2_000_000
)

// A session is one signed-in connection. It is for one goroutine.
type session struct {
	f *folder
	c *imapclient.Client
	g *guard
	// changed is signalled when the server tells of more messages than there
	// were; some tell their number when nothing has changed.
	changed  chan struct{}
	messages atomic.Uint32
	stop     func() bool // ends the watch over the context
}

// connected connects, signs in, calls work and closes the connection. The
// error is an *Error.
func (f *folder) connected(ctx context.Context, work func(*session) error) error {
	s, err := f.connect(ctx, false)
	var refused *Error
	if errors.As(err, &refused) && refused.Kind == KindAuth {
		// A token may have run out. A password is asked for anew as well, but
		// the same one is not tried twice, for servers lock accounts.
		s, err = f.connectAgain(ctx, err)
	}
	if err != nil {
		return err
	}
	if err := work(s); err != nil {
		s.close()
		return err
	}
	s.logout()
	return nil
}

func (f *folder) connectAgain(ctx context.Context, refused error) (*session, error) {
	secret, err := f.w.opt.Auth(ctx, true)
	if err != nil {
		return nil, f.noSecret("sign in as "+f.w.opt.Username, err)
	}
	if secret == f.tried {
		return nil, refused
	}
	return f.connect(ctx, true)
}

// connect makes a connection and signs in. With again the secret was made anew
// a moment ago.
func (f *folder) connect(ctx context.Context, again bool) (*session, error) {
	w := f.w
	setup, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := w.dial(setup)
	if err != nil {
		kind, mend := dialMend(err)
		return nil, f.fault(kind, "connect", mend, err)
	}
	s := &session{f: f, g: newGuard(conn, w.opt.Mark), changed: make(chan struct{}, 1)}
	if w.end.security == startTLS {
		s.g.greet()
	}
	s.stop = context.AfterFunc(ctx, func() { s.g.abort(context.Cause(ctx)) })
	late := context.AfterFunc(setup, func() { s.g.abort(context.Cause(setup)) })
	defer late()
	s.g.expect(min(greetingTime, w.opt.Quiet))
	s.c = imapclient.New(s.g, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Expunge: func(uint32) { s.messages.Add(^uint32(0)) },
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if n := data.NumMessages; n != nil && s.messages.Swap(*n) < *n {
				signal(s.changed)
			}
		},
	}})
	if err := s.c.WaitGreeting(); err != nil {
		err = s.fault(KindDial, "wait for the greeting", err)
		s.close()
		return nil, err
	}
	if s.c.State() == imap.ConnStateAuthenticated {
		return s, nil // PREAUTH
	}
	if err := s.signIn(ctx, again); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) signIn(ctx context.Context, again bool) error {
	f, doing := s.f, "sign in as "+s.f.w.opt.Username
	secret, err := f.w.opt.Auth(ctx, false)
	if err != nil {
		return f.noSecret(doing, err)
	}
	f.tried = secret
	s.g.expect(f.w.opt.Quiet)
	defer s.g.expect(0)
	err = signIn(s.c, f.w.opt.Username, secret)
	var refused *imap.Error
	switch {
	case err == nil:
		// The library asks for the capabilities anew; wait for them here.
		s.c.Caps()
		return nil
	case errors.Is(err, errNoWay):
		return f.fault(KindAuth, doing, "look what the server's operator allows", err)
	case errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo && refused.Code != "UNAVAILABLE":
		mend := "look whether username and password are right and IMAP is allowed for the account"
		if secret.Token != "" {
			mend = "look whether the token's scope and the permissions of the application allow IMAP for the mailbox"
		}
		if again {
			mend += "; a new one was refused as well"
		}
		return f.fault(KindAuth, doing, mend, err)
	}
	return s.fault("", doing, err)
}

// noSecret is the error of a sign-in that had nothing to sign in with.
func (f *folder) noSecret(doing string, err error) error {
	var no *tokenError
	if errors.As(err, &no) {
		return f.fault(no.kind, doing, no.mend, err)
	}
	return f.fault(KindAuth, doing, "", err)
}

// close ends the connection at once and waits for the library's goroutine. No
// command may have undelivered data.
func (s *session) close() {
	s.stop()
	_ = s.g.Close()
	<-s.c.Closed()
}

// logout ends a connection that is in order.
func (s *session) logout() {
	s.g.expect(goodbyeTime)
	// The answer changes nothing: the connection is closed in any case.
	_ = s.c.Logout().Wait()
	s.close()
}

// command runs one command that answers without literals.
func (s *session) command(doing string, run func() error) error {
	s.g.expect(s.f.w.opt.Quiet)
	defer s.g.expect(0)
	if err := run(); err != nil {
		return s.fault("", doing, err)
	}
	return nil
}

// open selects a folder for reading and returns its UIDVALIDITY.
func (s *session) open(name string) (uint32, error) {
	var data *imap.SelectData
	s.g.note(func(n *notes) { n.ReadOnly, n.Flags = false, "" })
	s.messages.Store(0)
	readOnly := s.f.w.opt.Mark.none()
	err := s.command("open the folder", func() (err error) {
		data, err = s.c.Select(name, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	var refused *imap.Error
	switch {
	case errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo && !strings.Contains(strings.ToLower(refused.Text), "not connected"):
		return 0, s.f.fault(KindFolder, "open the folder", folderMend(name, s.folders()), notFound(refused))
	case err != nil:
		return 0, err
	case data.UIDValidity == 0:
		return 0, s.f.fault(KindEpoch, "open the folder", "without a UIDVALIDITY no message can be told from another", errors.New("the server gives no UIDVALIDITY"))
	}
	s.messages.Store(data.NumMessages)
	return data.UIDValidity, nil
}

// folders lists the names of the folders that can be opened; nil if the server
// does not tell.
func (s *session) folders() []string {
	var names []string
	// The list only helps to mend a name, so an error leaves it empty.
	_ = s.command("list the folders", func() error {
		all, err := s.c.List("", "*", nil).Collect()
		for _, l := range all {
			if !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) {
				names = append(names, l.Mailbox)
			}
		}
		return err
	})
	return names
}

// list returns the UIDs from lowest on, in ascending order.
func (s *session) list(lowest uint32) ([]uint32, error) {
	var set imap.UIDSet
	set.AddRange(imap.UID(lowest), 0)
	uids, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{set}})
	// The highest UID is found even when it is below lowest (RFC 9051, 6.4.9).
	return slices.DeleteFunc(uids, func(u uint32) bool { return u < lowest }), err
}

// since returns the UIDs of the messages that arrived on that day or later.
func (s *session) since(day time.Time) ([]uint32, error) {
	return s.search(&imap.SearchCriteria{Since: day})
}

// present returns those of uids that the server still lists.
func (s *session) present(uids []uint32) ([]uint32, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	// Some servers tell of what was expunged only when they are asked.
	if err := s.command("ask for news", func() error { return s.c.Noop().Wait() }); err != nil {
		return nil, err
	}
	return s.search(&imap.SearchCriteria{UID: []imap.UIDSet{uidSet(uids)}})
}

func (s *session) search(criteria *imap.SearchCriteria) ([]uint32, error) {
	var uids []uint32
	err := s.command("list the messages", func() error {
		data, err := s.c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, _ := data.All.(imap.UIDSet)
		for _, r := range set {
			if r.Start == 0 || r.Stop < r.Start || uint64(r.Stop)-uint64(r.Start) > uint64(maxUIDs-len(uids)) {
				return fmt.Errorf("a list of more than %d messages, or none that makes sense: %w", maxUIDs, errTooLong)
			}
			for u := uint64(r.Start); u <= uint64(r.Stop); u++ {
				uids = append(uids, uint32(u&math.MaxUint32))
			}
		}
		return nil
	})
	return uids, err
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// fault makes the *Error of a step that failed on this connection. What ended
// the connection says more than what the library makes of it, and a BYE says
// why.
func (s *session) fault(kind Kind, doing string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var refused *imap.Error
	if cause := s.g.cause(); cause != nil && !errors.As(err, &refused) {
		err = cause
		if errors.Is(cause, io.EOF) {
			err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
	}
	if kind == "" {
		kind = kindOf(err)
	}
	if bye := s.g.noted().Bye; bye != "" {
		err = fmt.Errorf("%w (the server said: %s)", err, bye)
	}
	return s.f.fault(kind, doing, "", err)
}
