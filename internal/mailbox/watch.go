package mailbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// IDLE is ended after four to nine minutes: routers forget connections,
	// and servers go silent (RFC 2177 allows 29).
	idleLeast = 4 * time.Minute
	idleMost  = 9 * time.Minute
	// noIdleTime is how long a folder is polled after IDLE failed.
	noIdleTime = 24 * time.Hour
	// The wait before the next connection doubles from backoffLeast to
	// backoffMost, and starts over after a connection of goodTime.
	backoffLeast = time.Second
	backoffMost  = 5 * time.Minute
	goodTime     = 10 * time.Minute
	// aFew bounds the failures that count after a connection that got a folder
	// further: some networks cut every connection before long. It is also how
	// many fruitless looks a server can make us take in a row.
	aFew = 3
	// lookEvery is how soon the server can make us look again after a few
	// looks that found nothing.
	lookEvery = time.Second
	// After an error that haste makes worse the wait is slowLeast to slowMost.
	slowLeast = 5 * time.Minute
	slowMost  = time.Hour
	// clockStep is how far the clock on the wall may be off the passed time
	// before the connection is given up: the machine slept, or was set.
	clockStep = time.Minute
)

// run keeps a connection until ctx ends.
func (l *line) run(ctx context.Context) {
	log := l.w.opt.Log.With("mailbox", l.w.opt.Name, "folder", l.name())
	failures := 0
	for ctx.Err() == nil {
		start, gains := time.Now(), l.gains()
		l.begin()
		err := l.connected(ctx, func(s *session) error { return l.watch(ctx, s) })
		l.setConnected(false)
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) >= goodTime {
			failures = 0
		} else if l.gains() > gains {
			failures = min(failures, aFew)
		}
		fault := l.w.asError(l.name(), err)
		l.failed(fault)
		slow := fault.slow()
		wait := backoff(failures, slow)
		failures++
		log.Warn("mailbox fails, will be tried again", "in", wait.Round(time.Millisecond), "err", fault)
		wake := l.wake
		if slow {
			wake = nil // the wait is there to protect the account
		}
		sleep(ctx, wait, wake)
	}
}

// asError returns the first *Error in err, or makes it one of a folder's.
func (w *Watcher) asError(folder string, err error) *Error {
	var fault *Error
	if !errors.As(err, &fault) {
		errors.As(w.fault(folder, kindOf(err), "watch", "", err), &fault)
	}
	return fault
}

// sleep waits, at most until wake, which may be nil.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-wake:
	}
}

// backoff returns how long to wait after so many failures in a row. The wait
// is drawn at random from its whole range, so that many watchers do not come
// back at once.
func backoff(failures int, slow bool) time.Duration {
	least, most := backoffLeast, backoffMost
	if slow {
		least, most = slowLeast, slowMost
	}
	d := min(least<<min(failures, 12), most)
	if slow {
		return d + rand.N(d/10)
	}
	return max(least/10, rand.N(d))
}

// watch looks at the folders again and again until an error.
func (l *line) watch(ctx context.Context, s *session) error {
	l.setConnected(true)
	for idle := 0; ; {
		drain(s.changed)
		news, err := l.pass(ctx, s)
		if err != nil {
			return err
		}
		told, err := l.wait(ctx, s)
		if err != nil {
			return err
		}
		if idle++; !told || news {
			idle = 0
		}
		if idle >= aFew {
			sleep(ctx, lookEvery, l.wake)
		}
	}
}

func drain(c <-chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// wait returns when it is time to look again: new mail, Wake, or the time that
// IDLE or polling allow. Being woken is a hint and no more; told says that it
// was the server's.
func (l *line) wait(ctx context.Context, s *session) (told bool, err error) {
	wall, start := l.w.wall().Round(0), time.Now()
	d := l.w.opt.Poll*9/10 + rand.N(l.w.opt.Poll/5+1)
	stop := func() error { return nil }
	if len(l.folders) == 1 && l.w.wall().Sub(l.idleFailed) > noIdleTime && s.c.Caps().Has(imap.CapIdle) {
		if stop, err = l.idle(s, &d); err != nil {
			return false, err
		}
	}
	for _, f := range l.folders {
		d = f.untilMissing(d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-s.c.Closed():
		err = s.fault("", "wait for mail", errors.New("the connection ended"))
	case <-t.C:
	case <-s.changed:
		told = true
	case <-l.wake:
	}
	if stopped := stop(); err == nil {
		err = stopped
	}
	if off := l.w.wall().Round(0).Sub(wall) - time.Since(start); err == nil && off.Abs() > clockStep {
		err = l.fault(KindServer, "wait for mail", "", fmt.Errorf("the clock moved by %v: connecting anew", off.Round(time.Second)))
	}
	return told, err
}

// untilMissing shortens d to when the next missing message is due.
func (f *folder) untilMissing(d time.Duration) time.Duration {
	now := f.w.wall()
	for _, m := range f.missing {
		d = min(d, max(time.Second, m.wait(now)))
	}
	return d
}

// idle begins IDLE and returns what ends it. It sets d to how long it may
// last. A server that offers IDLE and does not do it is polled for a day.
func (l *line) idle(s *session, d *time.Duration) (stop func() error, err error) {
	s.g.expect(l.w.opt.Quiet)
	begun := s.within(answerTime)
	cmd, err := s.c.Idle()
	begun()
	var refused *imap.Error
	if errors.As(err, &refused) {
		s.g.expect(0)
		l.idleFailed = l.w.wall()
		return func() error { return nil }, nil
	}
	if err != nil {
		cause := s.g.cause()
		if cause == nil || kindOf(cause) == KindTimeout {
			l.idleFailed = l.w.wall()
		}
		return nil, s.fault("", "begin IDLE", err)
	}
	*d = idleLeast + rand.N(idleMost-idleLeast)
	s.g.expect(*d + l.w.opt.Quiet)
	return func() error {
		return s.command("end IDLE", func() error {
			if err := cmd.Close(); err != nil {
				return err
			}
			return cmd.Wait()
		})
	}, nil
}
