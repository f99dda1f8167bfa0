package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/ingest"
	"aupd/internal/mailbox"
	"aupd/internal/store"
)

// PassOptions say how a pass works.
type PassOptions struct {
	Log        *slog.Logger // discarded if nil
	OnRecorded func(*aup.Mail, aup.Receipt)
	// Progress is told how many of a folder's new messages are dealt with; it
	// may be nil and is called from several goroutines.
	Progress func(folder string, done, total int)
}

// Pass reads every mailbox of cfg until all of it is known, and returns. What
// went wrong with one mailbox does not stop the others; the errors are joined.
func Pass(ctx context.Context, cfg config.Config, st *store.Store, opt PassOptions) error {
	if err := emptySpool(cfg); err != nil {
		return err
	}
	in, err := NewIntake(ctx, cfg, st, opt)
	if err != nil {
		return err
	}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		errs    []error
	)
	for _, mb := range cfg.Mailboxes {
		w, err := newWatcher(cfg, mb, st, in.runner, opt.Log, nil, opt.Progress)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		running.Go(func() {
			if err := w.Once(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	running.Wait()
	in.Wait()
	return errors.Join(errs...)
}

// An Intake takes single mails through the ingest runner and waits for them.
type Intake struct {
	ctx    context.Context // the context of the command that it belongs to
	runner *ingest.Runner
	stop   func()

	mu   sync.Mutex
	errs []error
	left sync.WaitGroup
}

// NewIntake starts a runner that records in st until Wait is called.
func NewIntake(ctx context.Context, cfg config.Config, st *store.Store, opt PassOptions) (*Intake, error) {
	b, err := newBrain(ctx, cfg, st)
	if err != nil {
		return nil, err
	}
	r := ingest.New(st, b.classifier, b.evidence, ingest.Options{Log: opt.Log, OnRecorded: opt.OnRecorded})
	runCtx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(runCtx) }) // Run has no error but ctx's end
	return &Intake{ctx: ctx, runner: r, stop: func() { cancel(); running.Wait() }}, nil
}

// Put takes m in and closes it; its error is for one that could not be taken.
// Whether m was recorded is told by Wait.
func (in *Intake) Put(m *aup.Mail) error {
	in.left.Add(1)
	err := in.runner.Put(in.ctx, m, func(err error) {
		defer in.left.Done()
		if err != nil {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.errs = append(in.errs, fmt.Errorf("%s: %w", m.Source.Folder, err))
		}
	})
	if err != nil {
		in.left.Done()
	}
	return err
}

// Wait returns when every mail put is durable or has failed, with the errors
// of those that have. The Intake cannot be used afterwards.
func (in *Intake) Wait() []error {
	in.left.Wait()
	in.stop()
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.errs
}

// Survey lists the UIDs of every watched folder, in the order of the
// configuration, and signs in to each mailbox once. An error is of one folder,
// or of one mailbox, and does not end the sequence.
func Survey(ctx context.Context, cfg config.Config) iter.Seq2[mailbox.Holding, error] {
	return func(yield func(mailbox.Holding, error) bool) {
		for _, mb := range cfg.Mailboxes {
			w, err := newWatcher(cfg, mb, nil, nil, nil, nil, nil)
			if err != nil {
				if !yield(mailbox.Holding{}, err) {
					return
				}
				continue
			}
			for h, err := range w.Survey(ctx) {
				if !yield(h, err) {
					return
				}
			}
		}
	}
}

// Probe visits one configured mailbox, for a person who sets it up: it signs in
// and opens the folders, takes nothing and changes nothing.
func Probe(ctx context.Context, cfg config.Config, mb config.Mailbox) (mailbox.Probe, error) {
	w, err := newWatcher(cfg, mb, nil, nil, nil, nil, nil)
	if err != nil {
		return mailbox.Probe{}, err
	}
	return w.Probe(ctx)
}

// Check returns all that is wrong with the files that cfg names, joined: the
// policy, certificates, keys and secrets. Nothing is connected to.
func Check(cfg config.Config) error {
	_, err := LoadPolicy(cfg.Policy)
	errs := []error{err}
	for _, mb := range cfg.Mailboxes {
		_, err := newWatcher(cfg, mb, nil, nil, nil, nil, nil)
		errs = append(errs, err, checkSecrets(mb))
	}
	return errors.Join(errs...)
}

func checkSecrets(mb config.Mailbox) error {
	if mb.OAuth2 == nil {
		_, err := mb.Password()
		return err
	}
	var errs []error
	for key, file := range map[string]string{"client_secret_file": mb.OAuth2.ClientSecretFile, "refresh_token_file": mb.OAuth2.RefreshTokenFile} {
		if file == "" {
			continue
		}
		if _, err := config.ReadSecret(file); err != nil {
			errs = append(errs, fmt.Errorf("mailbox %s: oauth2.%s: %w", mb.Name, key, err))
		}
	}
	return errors.Join(errs...)
}
