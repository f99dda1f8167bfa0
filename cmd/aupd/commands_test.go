package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"aupd/internal/imaptest"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"
)

// commands returns what the scripts have beyond testscript's own commands.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"envsubst": envSubst, "status": status, "fails": fails, "await": await, "signal": signalAll,
		"imaps": startIMAPS, "format": setFormat, "deliver": deliver, "reset": reset,
	}
}

// envSubst replaces $NAME in the named files, which are those of the script.
func envSubst(ts *testscript.TestScript, _ bool, files []string) {
	for _, f := range files {
		data := os.Expand(ts.ReadFile(f), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(f), []byte(data), 0o600))
	}
}

// status runs a command that must end with a given exit status:
// status 5 aupd ingest.
func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var exit *exec.ExitError
	err = ts.Exec(args[1], args[2:]...)
	switch {
	case neg:
		ts.Fatalf("status cannot be negated")
	case err == nil && want != 0:
		ts.Fatalf("exit status 0, want %d", want)
	case err != nil && (!errors.As(err, &exit) || exit.ExitCode() != want):
		ts.Fatalf("%v, want exit status %d", err, want)
	}
}

// fails is status for a command that must print nothing but one line of error.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	status(ts, neg, args)
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("standard output has %q, want nothing", out)
	}
	line, rest, _ := strings.Cut(ts.ReadFile("stderr"), "\n")
	if !strings.HasPrefix(line, "aupd: ") || rest != "" {
		ts.Fatalf("standard error has %q, want one line", line+"\n"+rest)
	}
}

// patience is how long a script waits for what happens in a moment.
const patience = 30 * time.Second

// await runs a command again and again until its output matches:
// await 'reports +3' aupd status. It may fail until then.
func await(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile(`(?m)` + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_ = ts.Exec(args[1], args[2:]...) // what it printed tells
		if want.MatchString(ts.ReadFile("stdout")) || want.MatchString(ts.ReadFile("stderr")) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v did not print %q within %v", args[1:], args[0], patience)
		}
	}
}

// signalAll sends a signal to every process in the background: signal HUP.
func signalAll(ts *testscript.TestScript, _ bool, args []string) {
	sig, ok := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}[args[0]]
	if !ok {
		ts.Fatalf("signal %s: want HUP or TERM", args[0])
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(sig))
	}
}

// startIMAPS starts a server with TLS, whose certificate ends after a given
// time and lies in ca.pem, and puts its address into $IMAPS: imaps -1h.
func startIMAPS(ts *testscript.TestScript, _ bool, args []string) {
	left, err := time.ParseDuration(args[0])
	ts.Check(err)
	cert, err := imaptest.NewCertificate(time.Now().Add(left))
	ts.Check(err)
	tls, err := cert.Server()
	ts.Check(err)
	server, err := imaptest.Start(imaptest.WithTLS(tls))
	ts.Check(err)
	ts.Defer(func() { server.Close() })
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), cert.PEM, 0o600))
	ts.Setenv("IMAPS", server.Addr())
}

// setFormat makes a store one of another format: format data 99.
func setFormat(ts *testscript.TestScript, _ bool, args []string) {
	db, err := bbolt.Open(filepath.Join(ts.MkAbs(args[0]), "aupd.db"), 0o600, nil)
	ts.Check(err)
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte(args[1])) })
	ts.Check(errors.Join(err, db.Close()))
}

// deliver puts the named files into the INBOX of the script's server, which
// took them in now, or at another time: deliver +1h more.eml.
func deliver(ts *testscript.TestScript, _ bool, args []string) {
	server := ts.Value(serverKey{}).(*imaptest.Server)
	at := time.Now()
	for _, arg := range args {
		if off, err := time.ParseDuration(arg); err == nil {
			at = at.Add(off)
			continue
		}
		raw := strings.ReplaceAll(ts.ReadFile(arg), "\n", "\r\n")
		ts.Check(server.Append("INBOX", []byte(raw), at))
	}
}

// reset gives the INBOX of the script's server another UIDVALIDITY, as a
// restored server may.
func reset(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Value(serverKey{}).(*imaptest.Server).Reset("INBOX"))
}
