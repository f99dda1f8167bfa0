package mailbox

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Who sits in the middle of a connection before it is encrypted gets no
// password, and nothing that is said there counts afterwards.
func TestBeforeTLS(t *testing.T) {
	forEver := strings.Repeat("* OK Still here\r\n", 100)
	for name, tc := range map[string]struct {
		greeting, answer string // to STARTTLS
		say              string
	}{
		"signed in already":     {"* PREAUTH hello\r\n", "", "only OK is safe"},
		"a BYE":                 {"* BYE busy\r\n", "", "only OK is safe"},
		"a greeting of no end":  {strings.Repeat("* OK x", 2000), "", "buffer full"},
		"a refusal":             {"* OK hello\r\n", "S1 NO not now\r\n", "refuses STARTTLS"},
		"another's tag":         {"* OK hello\r\n", "S2 OK go on\r\n", "refuses STARTTLS"},
		"more behind the OK":    {"* OK hello\r\n", "S1 OK go on\r\n* OK [CAPABILITY IMAP4rev1] injected\r\n", "in the middle"},
		"part of a line behind": {"* OK hello\r\n", "S1 OK go on\r\n*", "in the middle"},
		"an answer of no end":   {"* OK hello\r\n", forEver, "wait for the answer to STARTTLS"},
		"no TLS behind the OK":  {"* OK hello\r\n", "S1 OK go on\r\n", "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var heard strings.Builder
				opt := Options{
					Name: testName, URL: "imap://imap.example.org", STARTTLS: true, Username: "user", Auth: PasswordAuth("secret"), Subject: phrase,
					Dial: func(context.Context, string, string) (net.Conn, error) {
						server, client := net.Pipe()
						go middle(server, tc.greeting, tc.answer, &heard)
						return client, nil
					},
				}
				store := newFakeStore()
				w, err := New(opt, store, store)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := w.Once(t.Context()); err == nil || !strings.Contains(err.Error(), tc.say) {
					t.Errorf("Once = %v, want an error that says %q", err, tc.say)
				}
				if d := time.Since(start); d > dialTime {
					t.Errorf("it took %v", d)
				}
				time.Sleep(2 * time.Minute) // for the server to notice
				synctest.Wait()
				if got := strings.TrimPrefix(heard.String(), "S1 STARTTLS\r\n"); strings.Contains(got, "LOGIN") || strings.Contains(got, "secret") ||
					got != "" && !strings.HasPrefix(got, "\x16\x03") { // a TLS handshake
					t.Errorf("the client said %q", got)
				}
			})
		})
	}
}

// middle greets, answers STARTTLS, and listens to what follows.
func middle(c net.Conn, greeting, answer string, heard *strings.Builder) {
	defer func() { _ = c.Close() }()
	_, err := io.WriteString(c, greeting)
	r := bufio.NewReader(io.TeeReader(c, heard))
	if err == nil {
		_, err = r.ReadString('\n')
	}
	for line := range strings.Lines(answer) {
		if err == nil && strings.HasPrefix(line, "S") {
			_, err = io.WriteString(c, answer)
			break
		}
		if err == nil {
			time.Sleep(10 * time.Second)
			_, err = io.WriteString(c, line)
		}
	}
	if err == nil {
		time.AfterFunc(time.Minute, func() { _, _ = io.WriteString(c, "* OK what is this\r\n") })
		_, _ = io.Copy(io.Discard, r)
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }

// A name for this machine that leads to another gets no password in plain text.
func TestPlainTextElsewhere(t *testing.T) {
	f := newFake()
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		w, err := New(Options{
			Name: testName, URL: "imap://localhost", Username: "user", Auth: PasswordAuth("secret"), Subject: phrase,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := f.dial(ctx, network, addr)
				return elsewhere{c}, err
			},
		}, store, store)
		if err != nil {
			t.Fatal(err)
		}
		var fault *Error
		if err := w.Once(t.Context()); !errors.As(err, &fault) || fault.Kind != KindTLS || !strings.Contains(err.Error(), "localhost is at 192.0.2.1") {
			t.Errorf("Once = %v, want an error of kind %s", err, KindTLS)
		}
		time.Sleep(time.Minute) // for the server to notice
		if len(f.logins) > 0 {
			t.Error("the account was told")
		}
	})
}
