package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/store"
)

// fullFolder names the data folder to the process that TestFullDisk starts.
const fullFolder = "AUPD_TEST_FULL_FOLDER"

// recordUntilFull records, with files of at most limit bytes, until that fails,
// then with files of any size. It prints the errors.
func recordUntilFull(dir string, limit uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var were syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &were); err != nil {
		return err
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: were.Max}); err != nil {
		return err
	}
	full := errors.New("nothing failed")
	for i := 0; i < killMails && full != nil; i++ {
		if _, err = s.Record(context.Background(), []aup.Intake{killMail(i)}); err != nil {
			full = nil
			fmt.Println(err)
		}
	}
	if full != nil {
		return full
	}
	if _, err := s.Report(context.Background(), aup.NewReportID(killMail(0).Mail.Hash, 0)); err != nil {
		return fmt.Errorf("read what was recorded: %w", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &were); err != nil {
		return err
	}
	for i := range killMails {
		if _, err := s.Record(context.Background(), []aup.Intake{killMail(i)}); err != nil {
			return fmt.Errorf("record with room again: %w", err)
		}
	}
	return nil
}

// TestFullDisk runs out of room while it records: one line says so, what is
// recorded stays readable, and with room again all is recorded, once.
func TestFullDisk(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), fullFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the process that records: %v", err)
	}
	line, rest, _ := strings.Cut(string(out), "\n")
	if !strings.Contains(line, "data folder "+dir+": the disk is full: make room, nothing recorded is lost") || rest != "" {
		t.Errorf("the error is %q, want one line", out)
	}
	checkKilled(t, open(t, dir))
}
