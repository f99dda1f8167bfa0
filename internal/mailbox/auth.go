package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// A Secret signs in to an account. Exactly one field is set.
type Secret struct {
	Password string
	Token    string // an OAuth 2.0 access token
}

// An Auth yields the secret for a sign-in; fresh asks for a new one because
// the server refused the last. It is called for every connection, so that a
// changed password file or an expired token is noticed.
type Auth func(ctx context.Context, fresh bool) (Secret, error)

// PasswordAuth returns an Auth that always yields password.
func PasswordAuth(password string) Auth {
	return func(context.Context, bool) (Secret, error) { return Secret{Password: password}, nil }
}

// errNoWay says that server and secret have no mechanism in common.
var errNoWay = errors.New("the server offers no way to sign in that fits")

// signIn authenticates with the first mechanism that the server offers and
// the secret fits. The capabilities are asked for before and after, as they
// change with it (RFC 9051, 6.2.2).
func signIn(c *imapclient.Client, username string, s Secret) error {
	caps := c.Caps()
	switch {
	case s.Token != "" && caps.Has(imap.AuthCap(sasl.OAuthBearer)):
		return c.Authenticate(&bearer{username: username, token: s.Token, mech: sasl.OAuthBearer})
	case s.Token != "" && caps.Has(imap.AuthCap(xoauth2)):
		return c.Authenticate(&bearer{username: username, token: s.Token, mech: xoauth2})
	case s.Token != "":
		return fmt.Errorf("%w a token: neither OAUTHBEARER nor XOAUTH2", errNoWay)
	case caps.Has(imap.AuthCap(sasl.Plain)):
		return c.Authenticate(sasl.NewPlainClient("", username, s.Password))
	case !caps.Has(imap.CapLoginDisabled):
		return c.Login(username, s.Password).Wait()
	}
	return fmt.Errorf("%w a password: neither PLAIN nor LOGIN", errNoWay)
}

const xoauth2 = "XOAUTH2"

// bearer signs in with a token: OAUTHBEARER (RFC 7628) or XOAUTH2, which
// Google and Microsoft describe.
type bearer struct {
	username, token, mech string
}

// Start returns the mechanism and its only message.
func (b *bearer) Start() (mech string, ir []byte, err error) {
	if b.mech == xoauth2 {
		return b.mech, fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", b.username, b.token), nil
	}
	return b.mech, fmt.Appendf(nil, "n,a=%s,\x01auth=Bearer %s\x01\x01", saslName(b.username), b.token), nil
}

// Next is called when the token was refused: the challenge says why, in JSON.
// The exchange is not ended in good form, as the library cannot send the empty
// answer that it takes; the caller gives up the connection.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAuthenticationFailed, Text: string(challenge)}
}

// saslName escapes what separates the fields of a GS2 header (RFC 5801, 4).
func saslName(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch s[i] {
		case ',':
			out = append(out, "=2C"...)
		case '=':
			out = append(out, "=3D"...)
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}
