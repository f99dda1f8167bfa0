package daemon

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/ingest"
	"aupd/internal/mailbox"
	"aupd/internal/search"
	"aupd/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// daemon is what a running aupd consists of.
type daemon struct {
	opt       Options
	cfg       config.Config // for the goroutine of Run; the brain's is for all
	store     *store.Store
	index     *search.Index
	runner    *ingest.Runner
	directory *access.Directory
	reg       *prometheus.Registry
	swap      sync.Mutex // held while brain and the runner's are replaced
	brain     atomic.Pointer[brain]
	watch     atomic.Pointer[watch]
}

// A watch is the watchers of one configuration.
type watch struct {
	watchers []*mailbox.Watcher
	metrics  *mailbox.Metrics
	log      *slog.Logger
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

func newWatch(cfg config.Config, st *store.Store, sink mailbox.Sink, m *mailbox.Metrics, log *slog.Logger) (*watch, error) {
	w := &watch{metrics: m, log: log}
	for _, mb := range cfg.Mailboxes {
		one, err := newWatcher(cfg, mb, st, sink, log, m, nil)
		if err != nil {
			return nil, err
		}
		w.watchers = append(w.watchers, one)
	}
	return w, nil
}

// start runs every watcher until stop or the end of ctx. A watcher never ends
// by itself: what goes wrong is logged, shown in its status and tried again.
func (w *watch) start(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	for _, one := range w.watchers {
		w.running.Go(func() {
			if err := one.Run(ctx); err != nil && ctx.Err() == nil {
				w.log.Error("mailbox is no longer watched", "err", err)
			}
		})
	}
}

func (w *watch) stop() {
	w.cancel()
	w.running.Wait()
}

func (w *watch) wake() {
	for _, one := range w.watchers {
		one.Wake()
	}
}

func (w *watch) status() []aup.FolderStatus {
	var all []aup.FolderStatus
	for _, one := range w.watchers {
		all = append(all, one.Status()...)
	}
	return all
}

// accounts are what a watcher needs of the store.
type accounts interface {
	aup.Accountant
	Wanted(ctx context.Context, e aup.Epoch) ([]uint32, error)
}

// newWatcher makes the watcher of one configured mailbox. Without accounts and
// a sink it is for a visit.
func newWatcher(cfg config.Config, mb config.Mailbox, acct accounts, sink mailbox.Sink, log *slog.Logger, m *mailbox.Metrics,
	progress func(folder string, done, total int)) (*mailbox.Watcher, error) {
	var roots *x509.CertPool
	if mb.CAFile != "" {
		pem, err := os.ReadFile(mb.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mailbox %s: ca_file: %w", mb.Name, err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mailbox %s: ca_file: no certificate in %s: want PEM: %w", mb.Name, mb.CAFile, aup.ErrInvalid)
		}
	}
	auth, secretEnds, err := authOf(mb)
	if err != nil {
		return nil, fmt.Errorf("mailbox %s: oauth2: %w", mb.Name, err)
	}
	opt := mailbox.Options{
		Name: mb.Name, URL: mb.URL, STARTTLS: mb.StartTLS, Username: mb.Username, Folders: mb.Folders,
		Auth: auth, SecretEnds: secretEnds, Mark: mailbox.Mark(mb.Mark),
		Subject: cfg.Select.Subject, RootCAs: roots, MaxMessage: int64(cfg.MaxMessage), SpoolDir: spoolDir(cfg.Data),
		Poll: time.Duration(cfg.Poll), Log: log, Metrics: m, Progress: progress,
	}
	if acct != nil {
		opt.Wanted = acct.Wanted
	}
	return mailbox.New(opt, acct, sink)
}
