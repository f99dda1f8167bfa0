package main

import (
	"os"
	"path/filepath"
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
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Setup: setUp, Cmds: commands()})
}

// serverKey finds a script's IMAP server.
type serverKey struct{}

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
	env.Values[serverKey{}] = server
	env.Setenv("IMAP", server.Addr())
	env.Setenv("IMAP_USER", imaptest.Username)
	env.Setenv("IMAP_PASSWORD", imaptest.Password)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("NO_COLOR", "1")
	return nil
}
