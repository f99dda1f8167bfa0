// Package ingest turns mail into recorded reports: it reads a document in each
// mail, has it classified, and hands the events to the store. Mail comes in
// through [Runner.Put], from any number of mailboxes at once; what is durable
// is told to whoever put it.
//
// Parsing runs on a few workers and one goroutine commits. The commit takes what
// comes within a moment while there is more on its way, for a sync of the disk
// costs as much as parsing many mails, and an idle daemon records at once. No
// queue is unbounded: a full one makes Put wait.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
)

// A Recorder is what the runner needs of the store.
type Recorder interface {
	// Known reports whether the message with that hash is a report already.
	Known(ctx context.Context, h aup.Hash) (bool, error)
	// Record makes the batch durable. On an error some of it may be; to
	// record that again changes nothing.
	Record(ctx context.Context, batch []aup.Intake) ([]aup.Receipt, error)
}

// A Classifier reaches a verdict on a document. It is safe for concurrent use.
type Classifier interface {
	Classify(doc *aup.Document) aup.Verdict
}

// Options say how a Runner works. The zero value works.
type Options struct {
	Now     func() time.Time      // time.Now if nil
	Log     *slog.Logger          // discarded if nil
	Metrics prometheus.Registerer // not registered if nil
	// OnRecorded is told of every mail that became durable, in the order of
	// the commits and from one goroutine; it may be nil and must not block.
	OnRecorded func(m *aup.Mail, r aup.Receipt)
}

// A Runner takes mail through parsing, classification and recording.
type Runner struct {
	rec     Recorder
	reader  atomic.Pointer[reader]
	opt     Options
	metrics *metrics
	mails   chan *job
	ready   chan *job
	inHand  atomic.Int64        // mails that were put, or are being put, and are not done
	room    *semaphore.Weighted // bytes of the mails whose documents wait for the commit
	large   chan struct{}       // whoever is in it may parse a large mail
}

// A reader is how mail is read: both change together, or neither does.
type reader struct {
	classifier Classifier
	evidence   evidence.Options
}

// A job is one mail on its way. done is called exactly once.
type job struct {
	mail   *aup.Mail
	done   func(error)
	intake aup.Intake
}

const (
	// queue is how many mails may wait to be parsed. Bodies wait in memory or
	// spool files of the mailbox's own bound.
	queue = 64
	// maxBatch is the most mails in one transaction: enough to hide the cost
	// of a sync, small enough that a repeated batch is cheap. As many may wait
	// behind those that are being committed.
	maxBatch = 256
	// maxRoom bounds the bytes of the mails that are parsed and not recorded,
	// by which it bounds their documents. One that has more than maxBytes counts
	// as if it had just those; with them a batch is full.
	maxRoom  = 2 * maxBytes
	maxBytes = 4 << 20
	// gatherTime is how long the commit waits for more while there is more: a
	// person does not notice.
	gatherTime = 100 * time.Millisecond
	// alone is the size above which a mail is parsed while no other of its kind
	// is: it may take as much memory as all others together.
	alone = 1 << 20
)

// New returns a Runner that parses with ev, classifies with cls, and records in
// rec.
func New(rec Recorder, cls Classifier, ev evidence.Options, opt Options) *Runner {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runner{
		rec: rec, opt: opt, metrics: newMetrics(opt.Metrics),
		mails: make(chan *job, queue), ready: make(chan *job, maxBatch), large: make(chan struct{}, 1),
		room: semaphore.NewWeighted(maxRoom),
	}
	r.Use(cls, ev)
	return r
}

// Use makes cls the classifier, and ev the options, of every mail that is
// parsed from now on.
func (r *Runner) Use(cls Classifier, ev evidence.Options) { r.reader.Store(&reader{cls, ev}) }

// Put takes m in, waiting while the queue is full. It owns m from then on and
// closes it. done is called exactly once, from another goroutine: with nil
// when m is durable, or with the reason why it is not. When ctx ends first,
// Put returns its error, m is closed, and done is not called. Run must be
// running.
func (r *Runner) Put(ctx context.Context, m *aup.Mail, done func(error)) error {
	j := &job{mail: m, done: done}
	r.inHand.Add(1)
	select {
	case r.mails <- j:
		return nil
	case <-ctx.Done():
		r.inHand.Add(-1)
		j.close()
		return context.Cause(ctx)
	}
}

// Run works until ctx ends, then finishes nothing more: each mail still
// waiting is told ctx's error, to be fetched again another time. It returns
// nil once every goroutine is done.
func (r *Runner) Run(ctx context.Context) error {
	var parsers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		parsers.Go(func() { r.parse(ctx) })
	}
	var committer sync.WaitGroup
	committer.Go(func() { r.commit(ctx) })
	parsers.Wait()
	committer.Wait()
	for _, c := range []chan *job{r.mails, r.ready} {
		for len(c) > 0 {
			r.finish(<-c, context.Cause(ctx))
		}
	}
	return nil
}

func (r *Runner) parse(ctx context.Context) {
	for {
		var j *job
		select {
		case <-ctx.Done():
			return
		case j = <-r.mails:
		}
		err := r.prepare(ctx, j)
		if err == nil {
			err = r.room.Acquire(ctx, j.weight())
		}
		if err != nil {
			r.finish(j, err)
			continue
		}
		select {
		case <-ctx.Done():
			r.finish(j, context.Cause(ctx))
			return
		case r.ready <- j:
		}
	}
}

// prepare makes the events of j. Bytes that are a report already need no
// second reading: they are only seen at one more place.
func (r *Runner) prepare(ctx context.Context, j *job) error {
	m, now, from := j.mail, r.opt.Now().UTC(), "mailbox"
	if m.Source.Mailbox == MailboxFile {
		from = MailboxFile
	}
	known, err := r.rec.Known(ctx, m.Hash)
	if err != nil {
		return err
	}
	if known {
		j.intake = aup.Intake{Mail: m, Events: []aup.Event{aup.NewSeen(m.Hash, m.Source, now, from)}}
		return nil
	}
	start := time.Now()
	doc, v := r.read(m)
	r.metrics.parse.Observe(time.Since(start).Seconds())
	j.intake = aup.Intake{Mail: m, Events: []aup.Event{
		aup.NewReceived(m, doc, now, from),
		aup.NewClassified(m.Hash, v, now, from),
	}}
	return nil
}

// read parses and classifies m. A panic on one mail is our bug, but the mail
// is a report all the same: it is recorded unread, for a person to look at.
func (r *Runner) read(m *aup.Mail) (doc aup.Document, v aup.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			r.opt.Log.Error("reading a message panicked", "id", aup.NewReportID(m.Hash, 0), "panic", fmt.Sprint(p))
			r.metrics.errors.WithLabelValues("panic").Inc()
			doc = aup.Document{
				Messages: []aup.Message{{Parent: -1, Via: aup.ViaMail}},
				Problems: []aup.Problem{{Kind: "unreadable", Detail: "aupd could not read this message; its raw bytes are kept"}},
			}
			v = aup.Verdict{Outcome: aup.OutcomeReview, Primary: aup.None, Review: true, Reason: "the message could not be read"}
		}
	}()
	if m.Size > alone {
		r.large <- struct{}{}
		defer func() { <-r.large }()
	}
	with := r.reader.Load()
	doc = evidence.Parse(m.Raw, m.Size, with.evidence)
	if m.Quarantine != "" {
		doc.Problems = append(doc.Problems, aup.Problem{Kind: "quarantined", Detail: m.Quarantine})
	}
	return doc, with.classifier.Classify(&doc)
}

func (r *Runner) commit(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-r.ready:
			batch := r.gather(ctx, j)
			r.record(ctx, batch)
			for _, j := range batch {
				r.room.Release(j.weight())
			}
		}
	}
}

// gather returns first with what is to be recorded with it: what comes until the
// batch is full, the time is over, or nothing else is in hand.
func (r *Runner) gather(ctx context.Context, first *job) []*job {
	batch, size := []*job{first}, first.weight()
	over := time.NewTimer(gatherTime)
	defer over.Stop()
	for len(batch) < maxBatch && size < maxBytes && r.inHand.Load() > int64(len(batch)) {
		select {
		case j := <-r.ready:
			batch, size = append(batch, j), size+j.weight()
		case <-over.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

// weight is what a mail counts of the room.
func (j *job) weight() int64 { return min(j.mail.Size, maxBytes) }

// record commits batch. When that fails, each mail is tried alone, so that
// one that cannot be recorded does not hold up the others.
func (r *Runner) record(ctx context.Context, batch []*job) {
	intakes := make([]aup.Intake, len(batch))
	for i, j := range batch {
		intakes[i] = j.intake
	}
	receipts, err := r.rec.Record(ctx, intakes)
	if err != nil && len(batch) > 1 && ctx.Err() == nil {
		for _, j := range batch {
			r.record(ctx, []*job{j})
		}
		return
	}
	for i, j := range batch {
		if err == nil {
			r.recorded(j, receipts[i])
		} else if !errors.Is(err, context.Canceled) {
			r.metrics.errors.WithLabelValues("record").Inc()
			r.opt.Log.Error("not recorded, will be tried again", "id", aup.NewReportID(j.mail.Hash, 0), "err", err)
		}
		r.finish(j, err)
	}
}

func (r *Runner) recorded(j *job, got aup.Receipt) {
	attrs := []any{"id", got.ID, "mailbox", j.mail.Source.Mailbox, "folder", j.mail.Source.Folder, "uid", j.mail.Source.UID, "size", j.mail.Size}
	if last := j.intake.Events[len(j.intake.Events)-1]; got.New && last.Classified != nil {
		v := last.Classified.Verdict
		r.metrics.messages.WithLabelValues(string(v.Outcome)).Inc()
		r.opt.Log.Info("recorded", append(attrs, "outcome", v.Outcome, "primary", v.Primary)...)
	} else {
		r.metrics.messages.WithLabelValues("duplicate").Inc()
		r.opt.Log.Info("seen again", attrs...)
	}
	if r.opt.OnRecorded != nil {
		r.opt.OnRecorded(j.mail, got)
	}
}

func (r *Runner) finish(j *job, err error) {
	j.close()
	r.inHand.Add(-1)
	j.done(err)
}

func (j *job) close() {
	if j.mail.Close != nil {
		// Nothing can be done about a spool file that does not close; the
		// spool folder is emptied at the next start.
		_ = j.mail.Close()
	}
}
