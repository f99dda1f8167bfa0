package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/daemon"
	"aupd/internal/desk"
	"aupd/internal/httpapi"
	"aupd/internal/search"
	"aupd/internal/store"
)

// An opening says what a command does with the store.
type opening bool

const (
	readOnly  opening = false
	readWrite opening = true
)

// A backend is the backlog behind a command: the running daemon's, or the
// store opened by the command itself.
type backend struct {
	aup.Backlog
	aup.Triager
	aup.Ledger
	aup.Keeper
	aup.Librarian
	aup.Tray
	filters filters
	daemon  *httpapi.Client // nil without a running daemon
	store   *store.Store    // nil with one
	dir     string          // the data folder
	index   *search.Index   // nil until it is asked for
}

// searcher returns what finds words: the daemon, or the index beside the store,
// brought up to date.
func (b *backend) searcher(ctx context.Context) (aup.Searcher, error) {
	if b.daemon != nil {
		return b.daemon, nil
	}
	if b.index != nil {
		return b.index, nil
	}
	var err error
	if b.index, err = search.Open(ctx, b.dir, b.store); err != nil {
		return nil, err
	}
	return b.index, b.index.CatchUp(ctx)
}

// Close lets go of the daemon or the store.
func (b *backend) Close() error {
	if b.daemon != nil {
		return b.daemon.Close()
	}
	if b.index != nil {
		return errors.Join(b.index.Close(), b.store.Close())
	}
	return b.store.Close()
}

// open finds the running daemon of the configured data folder or, without one,
// opens the store there. Reading a store that was never written is
// ErrNotFound.
func (a *app) open(ctx context.Context, how opening) (*backend, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	return openData(ctx, cfg, how)
}

func openData(ctx context.Context, cfg config.Config, how opening) (*backend, error) {
	var b *backend
	err := aup.ErrBusy
	// A daemon that has just taken the store is about to listen.
	for start := time.Now(); errors.Is(err, aup.ErrBusy) && time.Since(start) < startUp && ctx.Err() == nil; {
		if b, err = openOnce(ctx, cfg, how); errors.Is(err, aup.ErrBusy) {
			time.Sleep(50 * time.Millisecond)
		}
	}
	return b, err
}

// startUp is how long a daemon may take from the store to its socket.
const startUp = 5 * time.Second

func openOnce(ctx context.Context, cfg config.Config, how opening) (*backend, error) {
	dir := cfg.Data
	c, err := httpapi.Dial(ctx, daemon.Socket(dir))
	if err == nil {
		return &backend{Backlog: c, Triager: c, Ledger: c, Keeper: c, Librarian: c, Tray: c, filters: c.Filters(), daemon: c}, nil
	}
	if !errors.Is(err, httpapi.ErrNoDaemon) {
		return nil, err
	}
	if how == readOnly {
		if _, err := os.Stat(filepath.Join(dir, store.FileName)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("data folder %s: nothing is recorded there yet: run \"aupd ingest\" or \"aupd serve\", or name another folder with --data: %w", dir, aup.ErrNotFound)
		}
	}
	deadlines := daemon.Deadlines(cfg)
	var inForce aup.Pinner
	s, err := openStore(dir, store.Options{
		ReadOnly: how == readOnly, Deadlines: func() aup.Deadlines { return deadlines }, Policy: func() aup.Pinner { return inForce },
	})
	if err != nil {
		return nil, err
	}
	lib := daemon.Library{Config: cfg, Store: s}
	if inForce, err = lib.InForce(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &backend{
		Backlog: s, Triager: s, Ledger: s, Keeper: s, Librarian: lib, Tray: s,
		filters: desk.Filters{Shelf: s.Shelf()}, store: s, dir: dir,
	}, nil
}

// openStore opens the store. One that another version wrote is opened for
// writing first, which brings it up to this one.
func openStore(dir string, opt store.Options) (*store.Store, error) {
	s, err := store.Open(dir, opt)
	if !opt.ReadOnly || !errors.Is(err, aup.ErrConflict) {
		return s, err
	}
	opt.ReadOnly = false
	w, upgradeErr := store.Open(dir, opt)
	if upgradeErr != nil {
		return nil, upgradeErr
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opt.ReadOnly = true
	return store.Open(dir, opt)
}

// config loads the configuration that the flags, the environment or the
// working folder name, and the built-in defaults without one.
func (a *app) config() (config.Config, error) {
	cfg := config.Default()
	path := a.configPath
	if path == "" {
		if _, err := os.Stat(defaultConfig); err == nil {
			path = defaultConfig
		}
	}
	if path != "" {
		var err error
		if cfg, err = config.Load(path); err != nil {
			return cfg, err
		}
	}
	if a.dataDir != "" {
		cfg.Data = a.dataDir
	}
	return cfg, nil
}

// defaultConfig is the file that is read when none is named.
const defaultConfig = "aupd.yaml"
