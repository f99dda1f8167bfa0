package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"aupd/internal/imaptest"
	"aupd/testdata"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aupd": main})
}

// TestScripts runs the scripts of testdata: one for each command, with its
// output, its errors and its exit status. They double as a manual.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Setup: setUp, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"envsubst": envSubst, "status": status,
	}})
}

// setUp gives a script the sample mail in $WORK/mail, and an IMAP server that
// holds it, whose address and account stand in the environment.
func setUp(env *testscript.Env) error {
	server, err := imaptest.Start()
	if err != nil {
		return err
	}
	env.Defer(func() { server.Close() })
	dir := filepath.Join(env.WorkDir, "mail")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, s := range testdata.Mail() {
		if err := server.Append("INBOX", s.Raw, time.Now()); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, s.Name+".eml"), s.Raw, 0o600); err != nil {
			return err
		}
	}
	env.Setenv("IMAP", server.Addr())
	env.Setenv("IMAP_USER", imaptest.Username)
	env.Setenv("IMAP_PASSWORD", imaptest.Password)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("NO_COLOR", "1")
	return nil
}

// envSubst replaces $NAME in the named files, which are those of the script.
func envSubst(ts *testscript.TestScript, _ bool, files []string) {
	for _, f := range files {
		data := os.Expand(ts.ReadFile(f), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(f), []byte(data), 0o600))
	}
}

// status runs a command that must end with a given exit status.
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
