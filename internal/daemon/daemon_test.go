package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/httpapi"
	"aupd/internal/imaptest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The search library keeps these for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

const report = "From: R <r@reporter.example>\r\nSubject: Acceptable Use Policy\r\n\r\nUnsolicited bulk mail from your customer.\r\n"

// A running is a daemon at work on an IMAP server of its own.
type running struct {
	server   *imaptest.Server
	cfg      config.Config
	at       daemon.Addresses
	reload   chan os.Signal
	recorded chan aup.Receipt
	log      *lockedBuffer
	stop     func() error

	mu   sync.Mutex
	next func() (config.Config, error)
}

func run(t *testing.T) *running {
	t.Helper()
	server, err := imaptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AUPD_TEST_PASSWORD", imaptest.Password)
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.HTTP.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	cfg.Mailboxes = []config.Mailbox{{
		Name: "support", URL: "imap://" + server.Addr(), Username: imaptest.Username, PasswordEnv: "AUPD_TEST_PASSWORD", Folders: []string{"INBOX"},
	}}
	r := &running{server: server, cfg: cfg, reload: make(chan os.Signal), recorded: make(chan aup.Receipt, 16), log: &lockedBuffer{}}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan daemon.Addresses, 1), make(chan error, 1)
	go func() {
		done <- daemon.Run(ctx, cfg, daemon.Options{
			Log: slog.New(slog.NewTextHandler(r.log, nil)), Version: "test", Reload: r.reload,
			Load:       func() (config.Config, error) { r.mu.Lock(); defer r.mu.Unlock(); return r.next() },
			Ready:      func(a daemon.Addresses) { ready <- a },
			OnRecorded: func(_ *aup.Mail, got aup.Receipt) { r.recorded <- got },
		})
	}()
	select {
	case r.at = <-ready:
	case err := <-done:
		t.Fatalf("the daemon ended: %v", err)
	}
	r.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-done, server.Close())
	})
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := r.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return r
}

func (r *running) append(t *testing.T, raw string) {
	t.Helper()
	if err := r.server.Append("INBOX", []byte(raw), time.Now()); err != nil {
		t.Fatal(err)
	}
}

func (r *running) wait(t *testing.T) aup.Receipt {
	t.Helper()
	select {
	case got := <-r.recorded:
		return got
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing was recorded; the log:\n%s", r.log.String())
		return aup.Receipt{}
	}
}

func get(t *testing.T, url, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestRun(t *testing.T) {
	r := run(t)
	// New mail is recorded while the daemon waits for it.
	r.append(t, report)
	got := r.wait(t)
	if !got.New {
		t.Errorf("receipt %+v, want a new report", got)
	}
	r.append(t, strings.Replace(report, "Acceptable", "Other", 1))

	// The command line reads it through the socket.
	c, err := httpapi.Dial(t.Context(), r.at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if rep, err := c.Report(t.Context(), got.ID); err != nil || rep.Primary != "4" {
		t.Errorf("report %+v, %v", rep, err)
	}
	sent, err := c.Submit(t.Context(), "a.eml", strings.NewReader(strings.Replace(report, "bulk", "junk", 1)))
	if err != nil || !sent.New {
		t.Errorf("Submit = %+v, %v", sent, err)
	}
	if again, err := c.Submit(t.Context(), "b.eml", strings.NewReader(report)); err != nil || again.New || again.ID != got.ID {
		t.Errorf("Submit of known bytes = %+v, %v", again, err)
	}
	if _, err := c.Submit(t.Context(), "c.eml", strings.NewReader("")); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("Submit of nothing = %v, want ErrInvalid", err)
	}
	if a, err := c.Verify(t.Context()); err != nil || len(a.Faults) > 0 || a.Reports != 2 {
		t.Errorf("Verify = %+v, %v", a, err)
	}
	info, err := os.Stat(r.at.Socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v; want 0600", info.Mode(), err)
	}

	// The console and the part of the API that reads, for this machine only.
	for _, tc := range []struct {
		path, host string
		status     int
		want       string
	}{
		{"/", "", 200, "Acceptable Use Policy"},
		{"/api/v1/reports/" + string(got.ID), "", 200, `"primary":"4"`},
		{"/api/v1/openapi.json", "", 200, `"openapi":"3.1`},
		{"/", "evil.example", http.StatusMisdirectedRequest, "this machine only"},
		{"/nothing", "", 404, ""},
	} {
		if status, body := get(t, "http://"+r.at.HTTP+tc.path, tc.host); status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("GET %s (%s) = %d %.200s, want %d with %q", tc.path, tc.host, status, body, tc.status, tc.want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.at.HTTP+"/api/v1/rebuild", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode < 400 {
		t.Errorf("the console's port took a rebuild: %v, %v", resp.Status, err)
	} else {
		resp.Body.Close()
	}

	// What a supervisor asks.
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ready",
		"/metrics": `aupd_messages_total{outcome="violation"} 2`,
	} {
		if status, body := get(t, "http://"+r.at.Admin+path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("GET %s = %d %.300s, want %q", path, status, body, want)
		}
	}

	// Another aupd on the same folder is refused.
	if err := daemon.Run(t.Context(), r.cfg, daemon.Options{Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, aup.ErrBusy) {
		t.Errorf("a second daemon: %v, want ErrBusy", err)
	}
	start := time.Now()
	if err := r.stop(); err != nil || time.Since(start) > 5*time.Second {
		t.Errorf("stop took %v: %v", time.Since(start), err)
	}
	if log := r.log.String(); strings.Contains(log, "Unsolicited bulk") || strings.Contains(log, imaptest.Password) {
		t.Errorf("the log holds a body or a secret:\n%s", log)
	}
	if left, err := filepath.Glob(filepath.Join(r.cfg.Data, "spool", "*")); err != nil || len(left) > 0 {
		t.Errorf("left in the spool: %v, %v", left, err)
	}
}

func TestReload(t *testing.T) {
	r := run(t)
	say := func(want string, next func() (config.Config, error)) {
		t.Helper()
		r.mu.Lock()
		r.next = next
		r.mu.Unlock()
		r.reload <- syscall.SIGHUP
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(r.log.String(), want); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the log does not say %q:\n%s", want, r.log.String())
			}
		}
	}
	say("broken on purpose", func() (config.Config, error) { return config.Config{}, errors.New("broken on purpose") })
	moved := r.cfg
	moved.Data = t.TempDir()
	say("restart aupd for that", func() (config.Config, error) { return moved, nil })
	bad := r.cfg
	bad.Policy = "no-such-policy.yaml"
	say("no-such-policy.yaml", func() (config.Config, error) { return bad, nil })

	// None of them stopped the watching.
	r.append(t, report)
	r.wait(t)

	// Another phrase selects other mail, from now on.
	other := r.cfg
	other.Select.Subject = "House Rules"
	say("configuration reloaded", func() (config.Config, error) { return other, nil })
	r.append(t, strings.Replace(report, "Acceptable Use Policy", "house rules: spam", 1))
	if got := r.wait(t); !got.New {
		t.Errorf("receipt %+v, want a new report", got)
	}
}

// Commands are answered while the configuration is read again, each under one
// or the other.
func TestReloadInUse(t *testing.T) {
	r := run(t)
	c, err := httpapi.Dial(t.Context(), r.at.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r.next = func() (config.Config, error) { return r.cfg, nil }
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 5 {
			r.reload <- syscall.SIGHUP
		}
	}()
	for n := 0; ; n++ {
		if sent, err := c.Submit(t.Context(), "a.eml", strings.NewReader(fmt.Sprint(report, n))); err != nil || !sent.New {
			t.Fatalf("Submit = %+v, %v", sent, err)
		}
		select {
		case <-ended:
			return
		default:
			<-r.recorded
		}
	}
}

// lockedBuffer is a buffer that a log and a test may use at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
