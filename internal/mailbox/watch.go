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
	// aFew bounds the failures that count after a connection on which the
	// folder was read whole: some networks cut every connection before long. It
	// is also how many fruitless looks a server can make us take in a row.
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
func (f *folder) run(ctx context.Context) {
	log := f.w.opt.Log.With("mailbox", f.w.opt.Name, "folder", f.name)
	failures := 0
	for ctx.Err() == nil {
		start, whole := time.Now(), f.lastPoll()
		f.overlapped, f.markFrom = time.Time{}, 0
		err := f.connected(ctx, func(s *session) error { return f.watch(ctx, s) })
		f.setConnected(false)
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) >= goodTime {
			failures = 0
		} else if f.lastPoll() != whole {
			failures = min(failures, aFew)
		}
		fault := f.asError(err)
		f.failed(fault)
		slow := fault.slow()
		wait := backoff(failures, slow)
		failures++
		log.Warn("mailbox fails, will be tried again", "in", wait.Round(time.Millisecond), "err", fault)
		f.sleep(ctx, wait, slow)
	}
}

// lastPoll returns when the folder was last known whole.
func (f *folder) lastPoll() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status.LastPoll
}

// asError returns the first *Error in err.
func (f *folder) asError(err error) *Error {
	var fault *Error
	if !errors.As(err, &fault) {
		errors.As(f.fault(kindOf(err), "watch", "", err), &fault)
	}
	return fault
}

// sleep waits, at most until Wake unless the wait is there to protect the
// account.
func (f *folder) sleep(ctx context.Context, d time.Duration, protect bool) {
	if d <= 0 {
		return
	}
	wake := f.wake
	if protect {
		wake = nil
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

// watch looks at the folder again and again until an error.
func (f *folder) watch(ctx context.Context, s *session) error {
	f.setConnected(true)
	for idle := 0; ; {
		drain(s.changed)
		before := f.cursor
		if err := f.pass(ctx, s); err != nil {
			return err
		}
		told, err := f.wait(ctx, s)
		if err != nil {
			return err
		}
		if idle++; !told || f.cursor > before {
			idle = 0
		}
		if idle >= aFew {
			f.sleep(ctx, lookEvery, false)
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
func (f *folder) wait(ctx context.Context, s *session) (told bool, err error) {
	wall, start := f.w.wall().Round(0), time.Now()
	d := f.w.opt.Poll*9/10 + rand.N(f.w.opt.Poll/5+1)
	stop := func() error { return nil }
	if f.w.wall().Sub(f.idleFailed) > noIdleTime && s.c.Caps().Has(imap.CapIdle) {
		if stop, err = f.idle(s, &d); err != nil {
			return false, err
		}
	}
	t := time.NewTimer(f.untilMissing(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-s.c.Closed():
		err = s.fault("", "wait for mail", errors.New("the connection ended"))
	case <-t.C:
	case <-s.changed:
		told = true
	case <-f.wake:
	}
	if stopped := stop(); err == nil {
		err = stopped
	}
	if off := f.w.wall().Round(0).Sub(wall) - time.Since(start); err == nil && off.Abs() > clockStep {
		err = f.fault(KindServer, "wait for mail", "", fmt.Errorf("the clock moved by %v: connecting anew", off.Round(time.Second)))
	}
	return told, err
}

// untilMissing shortens d to when the next missing message is due.
func (f *folder) untilMissing(d time.Duration) time.Duration {
	now := f.w.wall()
	for _, m := range f.missing {
		d = min(d, max(time.Second, m.due().Sub(now)))
	}
	return d
}

// idle begins IDLE and returns what ends it. It sets d to how long it may
// last. A server that offers IDLE and does not do it is polled for a day.
func (f *folder) idle(s *session, d *time.Duration) (stop func() error, err error) {
	s.g.expect(f.w.opt.Quiet)
	cmd, err := s.c.Idle()
	var refused *imap.Error
	if errors.As(err, &refused) {
		s.g.expect(0)
		f.idleFailed = f.w.wall()
		return func() error { return nil }, nil
	}
	if err != nil {
		cause := s.g.cause()
		if cause == nil || kindOf(cause) == KindTimeout {
			f.idleFailed = f.w.wall()
		}
		return nil, s.fault("", "begin IDLE", err)
	}
	*d = idleLeast + rand.N(idleMost-idleLeast)
	s.g.expect(*d + f.w.opt.Quiet)
	return func() error {
		return s.command("end IDLE", func() error {
			if err := cmd.Close(); err != nil {
				return err
			}
			return cmd.Wait()
		})
	}, nil
}

// patience is how long Once waits for a missing message to turn up.
const patience = 10 * time.Second

// catchUp looks at the folder until nothing is left but what is missing for
// good.
func (f *folder) catchUp(ctx context.Context, s *session) error {
	for {
		if err := f.pass(ctx, s); err != nil {
			return err
		}
		d := f.untilMissing(patience)
		if d >= patience {
			return nil
		}
		f.sleep(ctx, d, true)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// maxRetries is how often Once begins again without getting further. A message
// that the server chokes on is put aside within that.
const maxRetries = stuckAt + maxTries

// once looks at the folder until all of it is dealt with.
func (f *folder) once(ctx context.Context) error {
	for tries := 0; ; tries++ {
		reached, before := false, f.cursor
		f.overlapped, f.markFrom = time.Time{}, 0
		err := f.connected(ctx, func(s *session) error {
			reached = true
			return f.catchUp(ctx, s)
		})
		if err == nil {
			return f.unmarked
		}
		if ctx.Err() != nil {
			return err
		}
		fault := f.asError(err)
		f.failed(fault)
		if f.cursor > before {
			tries = 0
		}
		if !reached || tries >= maxRetries || fault.slow() || fault.Kind == KindStore || fault.Kind == KindFolder {
			return fault
		}
		f.w.opt.Log.Warn("mailbox fails, is tried again", "mailbox", f.w.opt.Name, "folder", f.name, "err", fault)
		f.sleep(ctx, backoffLeast/10<<tries, true)
	}
}
