package mailbox

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// connected connects, signs in, calls work and closes the connection. The
// error is an *Error.
func (l *line) connected(ctx context.Context, work func(*session) error) error {
	s, err := l.connect(ctx, false)
	var fault *Error
	var refused *imap.Error
	if errors.As(err, &fault) && fault.Kind == KindAuth && errors.As(err, &refused) {
		// A token may have run out. A password is asked for anew as well, but
		// the same one is not tried twice, for servers lock accounts.
		s, err = l.connectAgain(ctx, err)
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

func (l *line) connectAgain(ctx context.Context, refused error) (*session, error) {
	secret, err := l.w.opt.Auth(ctx, true)
	if err != nil {
		return nil, l.noSecret("sign in as "+l.w.opt.Username, err)
	}
	if secret == l.tried {
		return nil, refused
	}
	return l.connect(ctx, true)
}

// connect makes a connection and signs in. With again the secret was made anew
// a moment ago.
func (l *line) connect(ctx context.Context, again bool) (*session, error) {
	w := l.w
	setup, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := w.dial(setup)
	if err != nil {
		kind, mend := dialMend(err)
		return nil, l.fault(kind, "connect", mend, err)
	}
	s := &session{l: l, g: newGuard(conn, w.opt.Mark), changed: make(chan struct{}, 1)}
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
	l, doing := s.l, "sign in as "+s.l.w.opt.Username
	secret, err := l.w.opt.Auth(ctx, false)
	if err != nil {
		return l.noSecret(doing, err)
	}
	l.tried = secret
	s.g.expect(l.w.opt.Quiet)
	defer s.g.expect(0)
	err = signIn(s.c, l.w.opt.Username, secret)
	var refused *imap.Error
	switch {
	case err == nil:
		// The library asks for the capabilities anew; wait for them here.
		s.c.Caps()
		return nil
	case errors.Is(err, errNoWay):
		return l.fault(KindAuth, doing, "look what the server's operator allows", err)
	case errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo && refused.Code != "UNAVAILABLE":
		mend := signInMend(l.w.end.host, secret.Token != "", refused.Text)
		if again {
			mend += "; a new one was refused as well"
		}
		return l.fault(KindAuth, doing, mend, err)
	}
	return s.fault("", doing, err)
}

// noSecret is the error of a sign-in that had nothing to sign in with.
func (l *line) noSecret(doing string, err error) error {
	var no *tokenError
	if errors.As(err, &no) {
		return l.fault(no.kind, doing, no.mend, err)
	}
	return l.fault(KindAuth, doing, "", err)
}
