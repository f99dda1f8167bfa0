package mailbox

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aupd/internal/aup"
)

// An outage says how a token endpoint fails and what may be seen of it then.
type outage struct {
	fail func(*http.Request) (*http.Response, error)
	gap  time.Duration // between requests, at least
	most int           // requests in two hours
	say  string
}

// A failingEndpoint answers the first request, fails from then on, and answers
// again when it is mended.
type failingEndpoint struct {
	outage
	tokens tokenEndpoint

	mu     sync.Mutex
	asked  []time.Time
	mended bool
}

func (e *failingEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	e.asked = append(e.asked, time.Now())
	well := e.mended || len(e.asked) == 1
	e.mu.Unlock()
	if well {
		return e.tokens.RoundTrip(r)
	}
	return e.fail(r)
}

// patient checks how often the endpoint was asked while it failed, and mends it.
func (e *failingEndpoint) patient(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mended = true
	asked := e.asked[1:]
	if len(asked) == 0 || len(asked) > e.most {
		t.Errorf("%d requests in two hours, want 1 to %d", len(asked), e.most)
	}
	for i := 1; i < len(asked); i++ {
		if d := asked[i].Sub(asked[i-1]); d < e.gap {
			t.Errorf("request %d came %v after the last, want %v at least", i, d, e.gap)
		}
	}
}

// A token endpoint that fails when a token has run out, or was withdrawn, holds
// mail up and loses none: it is not asked in haste, nor before it allows, the
// server does not see the old token again and again, and when the endpoint is
// back the mailbox goes on.
func TestTokenEndpointOutage(t *testing.T) {
	says := func(status int, retryAfter string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			e := &tokenEndpoint{reply: func(int) (int, string) { return status, "no" }}
			resp, err := e.RoundTrip(r)
			if err == nil && retryAfter != "" {
				resp.Header.Set("Retry-After", retryAfter)
			}
			return resp, err
		}
	}
	for name, out := range map[string]outage{
		"down": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}, 0, 90, "connection refused"},
		"slow": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, tokenTime, 80, "can be reached"},
		"503":                         {says(503, ""), refusedLeast, 80, "status 503"},
		"429":                         {says(429, ""), refusedLeast, 80, "status 429"},
		"429, ten minutes":            {says(429, "600"), 10 * time.Minute, 12, "status 429"},
		"429, a date":                 {says(429, "Sat, 01 Jan 2000 23:00:00 GMT"), refusedMost, 3, "status 429"},
		"429, a year":                 {says(429, "31536000"), refusedMost, 3, "status 429"},
		"429, what cannot be read":    {says(429, "soon"), refusedLeast, 80, "status 429"},
		"429, a time that has passed": {says(429, "-5"), refusedLeast, 80, "status 429"},
	} {
		for _, withdrawn := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, withdrawn %v", name, withdrawn), func(t *testing.T) {
				tokenOutage(t, &failingEndpoint{outage: out, tokens: tokenEndpoint{reply: numbered(1800)}}, withdrawn)
			})
		}
	}
}

// tokenOutage lets an endpoint fail for two hours, in which the server takes no
// token: the old one has run out, or was withdrawn before its time.
func tokenOutage(t *testing.T, e *failingEndpoint, withdrawn bool) {
	t.Helper()
	auth, err := OAuth2{TokenURL: tokenURL, ClientID: "app", Secret: constant("s3cret"), Client: &http.Client{Transport: e}}.Auth()
	if err != nil {
		t.Fatal(err)
	}
	f := newFake()
	f.caps = "IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2"
	good, refused := "token1", 0
	f.script = func(c *fakeConn, cmd string) bool {
		ir, signIn := strings.CutPrefix(cmd, "AUTHENTICATE XOAUTH2 ")
		said, _ := base64.StdEncoding.DecodeString(ir) // what is no base64 is no token
		f.mu.Lock()
		out := good == ""
		welcome := signIn && !out && strings.Contains(string(said), "Bearer "+good+"\x01")
		if signIn && !welcome {
			refused++
		}
		f.mu.Unlock()
		switch {
		case welcome:
			c.ok("welcome")
		case signIn:
			c.say("+ eyJzdGF0dXMiOiI0MDAifQ==") // {"status":"400"}
		case out && cmd != "CAPABILITY":
			c.say("* BYE Session invalidated - AccessTokenExpired")
			_ = c.Close()
		default:
			return false
		}
		return true
	}
	try(t, f, func(o *Options) { o.Auth = auth }, func(t *trial) {
		t.settles(time.Second, whole)
		if withdrawn {
			time.Sleep(10 * time.Minute)
		} else {
			time.Sleep(40 * time.Minute)
		}
		f.change(func() { good, f.mail[4] = "", string(message(" "+phrase, 4)) })
		t.connections(2)
		time.Sleep(2 * time.Hour)
		t.settles(0, whole)
		t.connections(100)
		f.change(func() {
			if good = "token2"; refused > 1 {
				t.Errorf("the old token was tried %d times", refused)
			}
		})
		e.patient(t.T)
		if got := t.w.Status()[0].LastError; !strings.Contains(got, e.say) || !strings.Contains(t.log.String(), e.say) {
			t.Errorf("status %q, want it and the log to say %q", got, e.say)
		}
		t.settles(e.gap+2*backoffMost, map[uint32]aup.Fate{1: aup.Recorded, 2: aup.NotSelected, 3: aup.Recorded, 4: aup.Recorded})
	})
}
