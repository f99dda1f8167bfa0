// Package daemon is where the parts meet: it builds the store, the classifier,
// the ingest runner, the mailbox watchers and the listeners from a
// configuration, starts them, and stops them in the reverse order.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/classify"
	"aupd/internal/ingest"
	"aupd/internal/mailbox"
	"aupd/internal/policy"
	"aupd/internal/search"
	"aupd/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Socket returns the path of the unix socket by which the command line reaches
// the daemon that holds the data folder dir.
func Socket(dir string) string { return filepath.Join(dir, "aupd.sock") }

// Options say how Run works beside the configuration.
type Options struct {
	Log     *slog.Logger
	Version string
	// Reload is received from to read the configuration again; nil for never.
	Reload <-chan os.Signal
	// Load reads the configuration again.
	Load func() (config.Config, error)
	// Ready is called once everything runs, with the addresses that were
	// listened on; it may be nil.
	Ready func(Addresses)
	// OnRecorded is told of every mail that became durable; it may be nil and
	// must not block.
	OnRecorded func(*aup.Mail, aup.Receipt)
}

// Addresses are where a running daemon listens; what is not listened on is
// empty.
type Addresses struct {
	HTTP   string
	Admin  string
	Socket string
}

// stopWithin is how long a clean stop may take: an open page or a running
// command is given this long, mail in work is left in the mailbox.
const stopWithin = 10 * time.Second

// startTakes is how long a start takes at most where there is nothing new: every
// mailbox is known and watched by then.
const startTakes = 5 * time.Second

// enoughMemory is what the process gets along with: above it, garbage is collected
// sooner than it would be. At rest it has a quarter of that, and two thirds for a
// moment while many large messages come. It is no bound, and GOMEMLIMIT in the
// environment goes before it.
const enoughMemory = 96 << 20

// Run watches every mailbox of cfg, records, and serves, until ctx ends; that
// is no error. It returns when everything has stopped.
func Run(ctx context.Context, cfg config.Config, opt Options) (err error) {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(enoughMemory)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	d := &daemon{opt: opt, cfg: cfg, reg: reg}
	st, err := store.Open(cfg.Data, store.Options{
		Deadlines: func() aup.Deadlines { return d.brain.Load().deadlines },
		Policy:    func() aup.Pinner { return d.brain.Load().policy },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	brain, err := newBrain(ctx, cfg, st)
	if err != nil {
		return err
	}
	d.brain.Store(brain)
	if err := emptySpool(cfg); err != nil {
		return err
	}
	if d.index, err = search.Open(ctx, cfg.Data, st); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.index.Close()) }()
	runner := ingest.New(st, brain.classifier, brain.evidence, ingest.Options{
		Log: opt.Log, Metrics: reg, OnRecorded: opt.OnRecorded,
	})
	d.store, d.runner, d.directory = st, runner, access.NewDirectory(st.Shelf(), st, nil)
	w, err := newWatch(cfg, st, runner, mailbox.NewMetrics(reg), opt.Log)
	if err != nil {
		return err
	}
	d.watch.Store(w)
	listeners, err := d.listen(ctx)
	if err != nil {
		return err
	}

	// The order of the stop is the reverse of this: listeners, watchers, and
	// the runner last, so that nothing is put into a runner that has ended.
	runCtx, stopRunner := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = runner.Run(runCtx) }) // Run has no error but ctx's end
	running.Go(func() { d.follow(runCtx) })
	defer func() {
		stopRunner()
		running.Wait()
	}()
	w.start(ctx)
	defer func() { d.watch.Load().stop() }()
	failed := listeners.serve()
	defer func() { err = errors.Join(err, listeners.shutdown(stopWithin)) }()

	opt.Log.Info("aupd runs", "version", opt.Version, "data", cfg.Data, "mailboxes", len(cfg.Mailboxes),
		"http", listeners.addrs.HTTP, "policy", brain.policy.Version(), "model", brain.classifier.Model())
	if opt.Ready != nil {
		opt.Ready(listeners.addrs)
	}
	started := time.After(startTakes)
	for {
		select {
		case <-started:
			// What the start took, which is some times what stays, would be kept
			// for as long as nothing happens.
			debug.FreeOSMemory()
		case <-ctx.Done():
			opt.Log.Info("stopping")
			return nil
		case err := <-failed:
			return err
		case <-opt.Reload:
			d.reload(ctx)
		}
	}
}

// searchAgain is how long the search stands still after an error, as of a full
// disk.
const searchAgain = 5 * time.Second

// follow keeps the search index up with the log until ctx ends.
func (d *daemon) follow(ctx context.Context) {
	for ctx.Err() == nil {
		err := d.index.Run(ctx)
		if err == nil {
			return
		}
		d.opt.Log.Error("the search stands still, will be tried again", "in", searchAgain, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(searchAgain):
		}
	}
}

// reload reads the configuration again and takes it over as a whole, or keeps
// the running one as it is and says why.
func (d *daemon) reload(ctx context.Context) {
	next, err := d.next(ctx)
	if err != nil {
		d.opt.Log.Error("configuration not reloaded, the running one stays", "err", err)
		return
	}
	d.watch.Load().stop()
	d.use(next.brain)
	d.cfg = next.cfg
	d.watch.Store(next.watch)
	next.watch.start(ctx)
	d.opt.Log.Info("configuration reloaded", "mailboxes", len(d.cfg.Mailboxes), "policy", next.brain.policy.Version())
}

// use makes b what mail is read and classified with from now on.
func (d *daemon) use(b *brain) {
	d.swap.Lock()
	defer d.swap.Unlock()
	d.runner.Use(b.classifier, b.evidence)
	d.brain.Store(b)
}

// library returns the daemon's librarian: what it applies is used from then on.
func (d *daemon) library() Library {
	cfg := d.brain.Load().cfg
	return Library{Config: cfg, Store: d.store, Applied: func(p *policy.Set, c *classify.Panel) { d.use(brainOf(cfg, p, c)) }}
}

// liveLibrary is the librarian under the configuration of the moment.
type liveLibrary struct{ d *daemon }

func (l liveLibrary) Policies(ctx context.Context) ([]aup.PolicyVersion, error) {
	return l.d.library().Policies(ctx)
}

func (l liveLibrary) Rehearse(ctx context.Context, who aup.Actor, text []byte, record bool) (aup.Rehearsal, error) {
	return l.d.library().Rehearse(ctx, who, text, record)
}

func (l liveLibrary) Train(ctx context.Context, who aup.Actor, r aup.TrainRequest) (aup.Trained, error) {
	return l.d.library().Train(ctx, who, r)
}

// A generation is all that a reload replaces.
type generation struct {
	cfg   config.Config
	brain *brain
	watch *watch
}

// next builds everything that the configuration on disk asks for, or nothing.
func (d *daemon) next(ctx context.Context) (*generation, error) {
	cfg, err := d.opt.Load()
	if err != nil {
		return nil, err
	}
	for _, fixed := range []struct{ what, was, is string }{
		{"data", d.cfg.Data, cfg.Data}, {"http.listen", d.cfg.HTTP.Listen, cfg.HTTP.Listen}, {"admin.listen", d.cfg.Admin.Listen, cfg.Admin.Listen},
	} {
		if fixed.was != fixed.is {
			return nil, fmt.Errorf("%s changed from %q to %q: restart aupd for that: %w", fixed.what, fixed.was, fixed.is, aup.ErrInvalid)
		}
	}
	if !reflect.DeepEqual(d.cfg.HTTP, cfg.HTTP) || !reflect.DeepEqual(d.cfg.Access, cfg.Access) {
		return nil, fmt.Errorf("http or access changed: restart aupd for that: %w", aup.ErrInvalid)
	}
	b, err := newBrain(ctx, cfg, d.store)
	if err != nil {
		return nil, err
	}
	w, err := newWatch(cfg, d.store, d.runner, d.watch.Load().metrics, d.opt.Log)
	if err != nil {
		return nil, err
	}
	return &generation{cfg, b, w}, nil
}
