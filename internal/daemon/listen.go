package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"aupd/internal/aup"
	"aupd/internal/desk"
	"aupd/internal/httpapi"
	"aupd/internal/policy"
	"aupd/internal/web"
)

// A listener is one HTTP server with the socket that it serves on.
type listener struct {
	server *http.Server
	net.Listener
}

type listeners struct {
	all   []listener
	addrs Addresses
	log   slog.Handler // of what clients do wrong
}

// listen opens every listener, so that a port in use is known before anything
// runs: the unix socket of the command line, with all of the API; the console
// with the part of the API that operators work with; and the admin listener.
func (d *daemon) listen(ctx context.Context) (_ *listeners, err error) {
	ls := &listeners{log: d.opt.Log.Handler()}
	defer func() {
		if err != nil {
			for _, l := range ls.all {
				l.Close()
			}
		}
	}()
	socket := Socket(d.cfg.Data)
	// The store is open, so nobody else serves this folder: a socket that is
	// there was left by a killed aupd.
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("unix socket: %w", err)
	}
	ls.addrs.Socket = socket
	if _, err := ls.add(ctx, "unix", socket, d.wrap(httpapi.Owner(User(), d.socketMux(ctx)))); err != nil {
		return nil, err
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, fmt.Errorf("unix socket: %w", err)
	}
	if d.cfg.HTTP.Listen != "" {
		if ls.addrs.HTTP, err = d.listenConsole(ctx, ls); err != nil {
			return nil, err
		}
	}
	if addr := d.cfg.Admin.Listen; addr != "" {
		if ls.addrs.Admin, err = ls.add(ctx, "tcp", addr, d.wrap(d.adminMux())); err != nil {
			return nil, fmt.Errorf("admin.listen: %w", err)
		}
	}
	return ls, nil
}

func (ls *listeners) add(ctx context.Context, network, addr string, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, network, addr)
	if err != nil {
		return "", fmt.Errorf("%w: choose another address, or end what listens there", err)
	}
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(ls.log, slog.LevelDebug),
	}
	ls.all = append(ls.all, listener{srv, l})
	return l.Addr().String(), nil
}

// serve starts every server; the channel tells of one that ended by itself.
func (ls *listeners) serve() <-chan error {
	failed := make(chan error, len(ls.all))
	for _, l := range ls.all {
		go func() {
			if err := l.server.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
		}()
	}
	return failed
}

// shutdown ends every server, giving requests in work until the time is up.
func (ls *listeners) shutdown(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var errs []error
	for _, l := range ls.all {
		if err := l.server.Shutdown(ctx); err != nil {
			errs = append(errs, l.server.Close())
		}
	}
	return errors.Join(errs...)
}

func (d *daemon) socketMux(ctx context.Context) *http.ServeMux {
	mux := http.NewServeMux()
	b := d.backend(ctx)
	b.Keeper, b.Poll, b.Submit, b.Backup = d.store, d.wake, d.submit, d.store.WriteTo
	httpapi.New(mux, b)
	return mux
}

// consoleMux returns the console and the API, and the console for its page to
// sign in on.
func (d *daemon) consoleMux(ctx context.Context) (*http.ServeMux, *web.Console) {
	mux := http.NewServeMux()
	httpapi.New(mux, d.backend(ctx))
	return mux, web.New(mux, web.Options{
		Desk:   desk.New(d.backlog(), d.store).Searching(d.index),
		Ledger: d.store, Tray: liveTray{d.store, d}, Contents: contents{spoolDir(d.cfg.Data)},
		Filters: desk.Filters{Shelf: d.store.Shelf()}, Library: liveLibrary{d},
		Policy:  func() *policy.Policy { return d.brain.Load().policy.Policy },
		Version: d.opt.Version, Log: d.opt.Log,
	})
}

// backend is what operators work with, until ctx ends.
func (d *daemon) backend(ctx context.Context) httpapi.Backend {
	return httpapi.Backend{
		Backlog: d.backlog(), Triager: d.store, Ledger: d.store, Log: d.store.Log(), Shelf: d.store.Shelf(),
		Tray: liveTray{d.store, d}, Library: liveLibrary{d}, Searcher: d.index, Prover: d.store, Directory: d.directory, Stopping: ctx.Done(), Version: d.opt.Version,
	}
}

func (d *daemon) wake() { d.watch.Load().wake() }

// submit records one message that a command read from a file, and waits until
// it is durable.
func (d *daemon) submit(ctx context.Context, name string, body io.Reader) (aup.Receipt, error) {
	cfg := d.brain.Load().cfg
	m, err := spool(spoolDir(cfg.Data), name, body, int64(cfg.MaxMessage))
	if err != nil {
		return aup.Receipt{}, err
	}
	before, err := d.store.Known(ctx, m.Hash)
	if err != nil {
		return aup.Receipt{}, errors.Join(err, m.Close())
	}
	hash, done := m.Hash, make(chan error, 1)
	if err := d.runner.Put(ctx, m, func(err error) { done <- err }); err != nil {
		return aup.Receipt{}, err
	}
	if err := <-done; err != nil {
		return aup.Receipt{}, err
	}
	return aup.Receipt{ID: aup.NewReportID(hash, 0), New: !before}, nil
}

// wrap is around every handler: a panic is logged and ends one request.
func (d *daemon) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				d.opt.Log.Error("request panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				http.Error(w, "internal error; the log says more", http.StatusInternalServerError)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// localOnly refuses a request whose Host is not this machine, as one is that a
// foreign page makes through a name that it points at 127.0.0.1.
func localOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this console is open to this machine only: use its loopback address", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
