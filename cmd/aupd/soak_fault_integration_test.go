//go:build integration

package main_test

import (
	"errors"
	"syscall"
	"time"
)

// soakEpochs is how often a folder gets another UIDVALIDITY in the life of one
// daemon: a server that changes it more often within the hour is taken to be
// broken, and left alone for long.
const soakEpochs = 3

// fail lets something fail, and the daemon live with it for some seconds.
func (s *soak) fail(kill bool) {
	s.Helper()
	s.alive()
	weights := map[string]int{
		"cut": 4, "reset": 2, "break": 3, "slow": 2, "stall": 3, // the line
		"server killed": 2, "server stopped": 2, "server restarted": 1,
		"UIDVALIDITY changed": 1, "folder removed": 1,
	}
	if kill {
		weights["daemon killed"] = 8
	}
	name := pick(s.rng, weights)
	if err := s.inject(name); err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	s.faults[name]++
	s.link.Heal(s.Context())
	s.wait(500*time.Millisecond, 3*time.Second)
	s.sample()
}

func (s *soak) wait(least, most time.Duration) {
	time.Sleep(least + time.Duration(s.rng.Int64N(int64(most-least))))
}

// inject makes one thing fail and mends it, but for the faults of the line,
// which the caller heals.
func (s *soak) inject(name string) error {
	for _, fault := range []struct {
		name string
		do   func() error
	}{
		{"cut", s.link.Cut},
		{"reset", s.link.Reset},
		{"break", func() error { return s.link.Break(s.rng.IntN(20_000)) }},
		{"slow", func() error { return s.link.Slow(1 + s.rng.IntN(50)) }},
		{"stall", s.link.Stall},
		{"server killed", func() error { return s.restart(syscall.SIGKILL, "") }},
		{"server restarted", func() error { return s.restart(syscall.SIGTERM, "") }},
		{"server stopped", s.suspend},
		{"UIDVALIDITY changed", func() error { return s.restart(syscall.SIGKILL, s.folder(soakFolders)) }},
		{"folder removed", func() error { return s.remove(s.folder(soakFolders[1:])) }},
		{"daemon killed", s.kill},
	} {
		if fault.name == name {
			err := fault.do()
			s.wait(500*time.Millisecond, 3*time.Second)
			return err
		}
	}
	return errors.New("no such fault")
}

// folder returns one of those folders that may have another UIDVALIDITY yet.
func (s *soak) folder(names []string) string {
	for _, i := range s.rng.Perm(len(names)) {
		if s.epochs[names[i]] < soakEpochs {
			s.epochs[names[i]]++
			return names[i]
		}
	}
	return ""
}

// restart ends the server and starts it again; in between it forgets a folder,
// unless that is empty.
func (s *soak) restart(sig syscall.Signal, forget string) error {
	if err := s.server.Kill(sig); err != nil {
		return err
	}
	s.wait(0, 2*time.Second)
	if forget != "" {
		if err := s.server.Forget(forget); err != nil {
			return err
		}
	}
	return s.server.Start(s.Context())
}

// suspend keeps the server and its sessions from running for a while.
func (s *soak) suspend() error {
	if err := s.server.Kill(syscall.SIGSTOP); err != nil {
		return err
	}
	s.wait(time.Second, 4*time.Second)
	return s.server.Kill(syscall.SIGCONT)
}

// remove takes a folder away and makes it again with the same mail.
func (s *soak) remove(folder string) error {
	if folder == "" {
		return nil
	}
	if err := s.server.Remove(folder); err != nil {
		return err
	}
	s.wait(time.Second, 6*time.Second)
	return s.server.Restore(folder)
}

// kill ends the daemon as a power cut does, and starts another.
func (s *soak) kill() error {
	if err := s.daemon.Process.Kill(); err != nil {
		return err
	}
	if err := <-s.ended; err == nil {
		return errors.New("the daemon had ended by itself")
	}
	s.start()
	return nil
}
