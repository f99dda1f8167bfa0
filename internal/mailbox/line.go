package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// maxLines is how many connections a mailbox is watched on at most. Gmail
	// takes 15 of one account and Dovecot 10, and people read it as well.
	maxLines = 5
	// ownLines is how many of them serve one folder each when there are more
	// folders than that.
	ownLines = 2
)

// A line is the work on one connection: some folders of a mailbox, one after
// another. It belongs to the goroutine of Run or Once.
type line struct {
	w       *Watcher
	folders []*folder // at least one, but for a visit
	wake    chan struct{}

	tried      Secret    // at the last sign-in
	idleFailed time.Time // when IDLE last did not work
}

func newLine(w *Watcher, folders ...*folder) *line {
	return &line{w: w, folders: folders, wake: make(chan struct{}, 1)}
}

// share spreads the folders of a mailbox over lines.
func share(w *Watcher) []*line {
	var lines []*line
	for i, f := range w.folders {
		if len(lines) < maxLines {
			lines = append(lines, newLine(w, f))
			continue
		}
		l := lines[ownLines+(i-ownLines)%(maxLines-ownLines)]
		l.folders = append(l.folders, f)
	}
	return lines
}

// name is that of the only folder; empty where there are more.
func (l *line) name() string {
	if len(l.folders) == 1 {
		return l.folders[0].name
	}
	return ""
}

func (l *line) fault(kind Kind, doing, mend string, err error) error {
	return l.w.fault(l.name(), kind, doing, mend, err)
}

// begin readies the folders for a new connection.
func (l *line) begin() {
	for _, f := range l.folders {
		f.overlapped, f.markFrom = time.Time{}, 0
	}
}

// pass looks at every folder. What is wrong with one folder does not keep the
// others from being looked at; the error is for the end of the connection.
// news tells that there was something new.
func (l *line) pass(ctx context.Context, s *session) (news bool, err error) {
	for i, f := range l.folders {
		if len(l.folders) > 1 && f.rested.After(l.w.wall()) {
			continue
		}
		before := f.cursor
		err := f.pass(ctx, s)
		news = news || f.cursor > before
		if err == nil {
			f.failures = 0
			continue
		}
		fault := l.w.asError(f.name, err)
		wait := f.rest(fault.slow())
		if len(l.folders) == 1 || ctx.Err() != nil || s.ended() {
			// The next connection begins behind the folder that ended this one.
			l.folders = slices.Concat(l.folders[i+1:], l.folders[:i+1])
			return news, err
		}
		f.failed(fault)
		l.w.opt.Log.Warn("folder fails, will be tried again", "mailbox", l.w.opt.Name, "folder", f.name, "in", wait.Round(time.Millisecond), "err", fault)
	}
	return news, nil
}

// rest leaves a folder alone for a while, where others can be looked at, after
// an error that may be its own. It returns for how long.
func (f *folder) rest(slow bool) time.Duration {
	wait := backoff(f.failures, slow)
	f.failures++
	f.rested = f.w.wall().Add(wait)
	return wait
}

// gains returns how often the folders got further or were known whole.
func (l *line) gains() (n int) {
	for _, f := range l.folders {
		n += f.gains
	}
	return n
}

// maxRetries is how often Once begins again without getting further. A message
// that the server chokes on is put aside within that.
const maxRetries = stuckAt + maxTries

// once looks at each folder until all of it is dealt with. A folder that
// cannot be is left behind with its error.
func (l *line) once(ctx context.Context) error {
	var errs []error
	for left, tries := l.folders, 0; len(left) > 0; tries++ {
		reached, at, before := false, len(left), left[0].cursor
		l.begin()
		err := l.connected(ctx, func(s *session) error {
			reached = true
			for ; len(left) > 0; left = left[1:] {
				if err := left[0].catchUp(ctx, s); err != nil {
					return err
				}
				errs = append(errs, left[0].unmarked)
			}
			return nil
		})
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return errors.Join(append(errs, err)...)
		}
		if len(left) < at || left[0].cursor > before {
			tries = 0
		}
		fault := l.w.asError(l.name(), err)
		switch {
		case !reached || fault.slow() && fault.Kind != KindEpoch:
			l.failed(fault)
			return errors.Join(append(errs, fault)...)
		case tries >= maxRetries || fault.Kind == KindEpoch || fault.Kind == KindStore || fault.Kind == KindFolder:
			left[0].failed(fault)
			errs = append(errs, fault)
			left, tries = left[1:], -1
		default:
			left[0].failed(fault)
			l.w.opt.Log.Warn("mailbox fails, is tried again", "mailbox", l.w.opt.Name, "folder", left[0].name, "err", fault)
			sleep(ctx, backoffLeast/10<<tries, nil)
		}
	}
	return errors.Join(errs...)
}

// catchUp looks at the folder until nothing is left but what is missing for
// good.
func (f *folder) catchUp(ctx context.Context, s *session) error {
	for {
		drain(s.changed)
		if err := f.pass(ctx, s); err != nil {
			return err
		}
		d := f.untilMissing(patience)
		if d >= patience {
			return nil
		}
		sleep(ctx, d, nil)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// patience is how long Once waits for a missing message to turn up.
const patience = 10 * time.Second
