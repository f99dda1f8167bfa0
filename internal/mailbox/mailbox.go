// Package mailbox watches folders of an IMAP account, decides on the subject
// of every message, and hands those that match to a [Sink], whole and as they
// lay there. What became of every other message goes into the ledger of an
// [aup.Accountant]. Nothing in the mailbox is changed, unless a [Mark] is asked
// for: folders are opened with EXAMINE and read with BODY.PEEK, and the guard
// lets no other command out.
//
// Reading the code from the bottom up:
//
//   - subject.go, words.go, nearmiss.go: the rule that selects a message.
//   - guard.go, filter.go: the net.Conn that keeps odd servers from hurting.
//   - tap.go: the short way of a subject from there.
//   - dial.go, auth.go, connect.go: from a URL to a signed-in connection.
//   - session.go, fetch.go, spool.go: the few commands that are needed.
//   - scan.go, process.go, batch.go: one look at a folder, which leaves no UID unexplained.
//   - wanted.go: near misses that somebody took all the same.
//   - mark.go: the mark on what was recorded, if there is to be one.
//   - line.go: the folders that share a connection, one after another.
//   - watch.go: IDLE or poll, look again, and connect again after an error.
//   - probe.go, survey.go: a visit for a person who sets the mailbox up, and
//     one that lists it.
//
// The server is never trusted to tell the truth: not that a folder is still
// the one selected before, not that a search finds what it should, not that a
// message it lists can be read. Each UID is asked for and accounted for.
package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"aupd/internal/aup"
)

// A Sink takes the mail that was selected.
type Sink interface {
	// Put takes m in, waiting while there is no room. The Sink owns m from
	// then on and closes it, even when Put fails. done is called exactly once
	// unless Put fails, from any goroutine: with nil when m is durably
	// recorded, otherwise with the reason why it is not.
	Put(ctx context.Context, m *aup.Mail, done func(error)) error
}

// Options say which mailbox to watch and how.
type Options struct {
	// Name is what the ledger and all messages call the mailbox. Required.
	Name string
	// URL is imaps://host[:993], or imap://host[:143] with STARTTLS, or
	// without for a loopback address. Required.
	URL      string
	STARTTLS bool
	Username string
	// Auth yields the secret for each sign-in. Required.
	Auth Auth
	// SecretEnds is when what Auth rests on runs out, such as the secret or
	// the certificate of an application; zero if unknown. Run warns of it.
	SecretEnds time.Time
	// Folders to watch; INBOX if none. The first have a connection each, on
	// which new mail is told at once; where there are more than five, the rest
	// share some and are polled.
	Folders []string
	// Subject is the phrase that a message's subject must hold. Required.
	Subject string
	// Wanted returns the UIDs of an epoch whose messages are taken whatever
	// their subjects say, for as long as they are no reports; nil for none.
	Wanted func(ctx context.Context, e aup.Epoch) ([]uint32, error)
	// Mark changes the mailbox, if it is set.
	Mark Mark
	// RootCAs trusts the server's certificate; the system's if nil.
	RootCAs *x509.CertPool

	// MaxMessage is the size in bytes above which only a message's header is
	// handed on, in quarantine; 50 MiB if 0.
	MaxMessage int64
	// SpoolDir is where big messages wait on disk; the system's folder for
	// temporary files if empty.
	SpoolDir string
	// Poll is how often a folder is looked at where the server has no IDLE; a
	// minute if 0.
	Poll time.Duration
	// Quiet is how long a server that owes an answer may send nothing; a
	// minute if 0.
	Quiet time.Duration

	Log     *slog.Logger // discarded if nil
	Metrics *Metrics     // counted for nobody if nil
	// Progress is told how many of a folder's new messages are dealt with; it
	// may be nil, is called from several goroutines, and must not block.
	Progress func(folder string, done, total int)
	// Dial opens the connection, before TLS; a net.Dialer's if nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// A Watcher watches the folders of one mailbox. Either Run or Once may be
// running, once; the other methods are safe to call at any time.
type Watcher struct {
	opt     Options
	end     endpoint
	rule    Rule
	acct    aup.Accountant
	sink    Sink
	spool   *spool
	folders []*folder
	lines   []*line
	wall    func() time.Time
}

// New returns a Watcher of the mailbox that opt describes. Whatever is wrong
// with opt is reported at once, as [aup.ErrInvalid]; nothing is connected yet.
func New(opt Options, acct aup.Accountant, sink Sink) (*Watcher, error) {
	opt = opt.withDefaults()
	end, err := parseURL(opt.URL, opt.STARTTLS)
	errs := []error{err, opt.Mark.check(opt.Folders)}
	for what, missing := range map[string]bool{"name": opt.Name == "", "sign-in": opt.Auth == nil, "subject": fold(opt.Subject) == ""} {
		if missing {
			errs = append(errs, fmt.Errorf("%s is missing: %w", what, aup.ErrInvalid))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", opt.Name, err)
	}
	w := &Watcher{
		opt: opt, end: end, rule: NewRule(opt.Subject), acct: acct, sink: sink,
		spool: newSpool(opt.SpoolDir), wall: time.Now,
	}
	for _, name := range w.opt.Folders {
		w.folders = append(w.folders, newFolder(w, name))
	}
	w.lines = share(w)
	return w, nil
}

func (opt Options) withDefaults() Options {
	if len(opt.Folders) == 0 {
		opt.Folders = []string{"INBOX"}
	}
	if opt.MaxMessage <= 0 {
		opt.MaxMessage = 50 << 20
	}
	if opt.Poll <= 0 {
		opt.Poll = time.Minute
	}
	if opt.Quiet <= 0 {
		opt.Quiet = time.Minute
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Metrics == nil {
		opt.Metrics = NewMetrics(nil)
	}
	if opt.Progress == nil {
		opt.Progress = func(string, int, int) {}
	}
	return opt
}

// Run watches every folder until ctx ends, and returns nil. Errors are logged
// and shown in the status; the connection is made again after each.
func (w *Watcher) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { w.warn(ctx) })
	for _, l := range w.lines {
		running.Go(func() { l.run(ctx) })
	}
	running.Wait()
	return nil
}

// Once looks at every folder until all that lies there now is dealt with. The
// errors of the folders are joined; each is an [*Error] on one line.
func (w *Watcher) Once(ctx context.Context) error {
	errs := make([]error, len(w.lines))
	var running sync.WaitGroup
	for i, l := range w.lines {
		running.Go(func() { errs[i] = l.once(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// Wake makes Run look at every folder now.
func (w *Watcher) Wake() {
	for _, l := range w.lines {
		signal(l.wake)
	}
}

// Status returns how each folder stands, in the order of the options. Fates
// are the ledger's to tell.
func (w *Watcher) Status() []aup.FolderStatus {
	all := make([]aup.FolderStatus, len(w.folders))
	for i, f := range w.folders {
		f.mu.Lock()
		all[i] = f.status
		f.mu.Unlock()
	}
	return all
}

func (w *Watcher) fault(folder string, kind Kind, doing, mend string, err error) error {
	return &Error{Mailbox: w.opt.Name, Folder: folder, Host: w.end.addr(), Doing: doing, Kind: kind, Mend: mend, Err: err}
}

// signal makes c readable; one unread signal is as good as many.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
