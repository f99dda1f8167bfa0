package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"

	"aupd/internal/aup"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminMux serves what a supervisor asks: /healthz says that the process
// answers, /readyz that it does its work, /metrics how much, /debug/pprof where
// its time and memory go.
func (d *daemon) adminMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", d.ready)
	// A compressor takes more memory than all that it could make smaller.
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.reg, promhttp.HandlerOpts{DisableCompression: true}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
}

// ready answers 200 when the store answers and every folder has polled and has
// no error now; 503 with a line for each that has not.
func (d *daemon) ready(w http.ResponseWriter, r *http.Request) {
	var faults []string
	if _, err := d.store.Status(r.Context()); err != nil {
		faults = append(faults, "store: "+err.Error())
	}
	for _, f := range d.watch.Load().status() {
		switch {
		case f.LastError != "":
			faults = append(faults, fmt.Sprintf("mailbox %s, folder %s: %s", f.Mailbox, f.Folder, f.LastError))
		case f.LastPoll.IsZero():
			faults = append(faults, fmt.Sprintf("mailbox %s, folder %s: not polled yet", f.Mailbox, f.Folder))
		}
	}
	if len(faults) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	for _, f := range faults {
		fmt.Fprintln(w, f)
	}
	if len(faults) == 0 {
		fmt.Fprintln(w, "ready")
	}
}

// backlog is the store with what only the running daemon knows of its folders.
func (d *daemon) backlog() aup.Backlog { return liveBacklog{d.store, d} }

type liveBacklog struct {
	aup.Backlog
	d *daemon
}

func (b liveBacklog) Status(ctx context.Context) (aup.Status, error) {
	s, err := b.Backlog.Status(ctx)
	if err != nil {
		return s, err
	}
	s.Version = b.d.opt.Version
	s.Folders = merge(s.Folders, b.d.watch.Load().status())
	return s, nil
}

// merge takes the counts of the stored folders and the live state of the
// watched ones. A folder that is no longer watched keeps its counts.
func merge(stored, live []aup.FolderStatus) []aup.FolderStatus {
	var all []aup.FolderStatus
	taken := make(map[[2]string]bool)
	for _, l := range live {
		for _, s := range stored {
			if s.Mailbox == l.Mailbox && s.Folder == l.Folder {
				l.Epoch, l.Cursor, l.Fates = s.Epoch, s.Cursor, s.Fates
			}
		}
		taken[[2]string{l.Mailbox, l.Folder}] = true
		all = append(all, l)
	}
	for _, s := range stored {
		if !taken[[2]string{s.Mailbox, s.Folder}] {
			all = append(all, s)
		}
	}
	return all
}
