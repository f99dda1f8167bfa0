package access

import (
	"context"
	"sync"
)

// live are the requests in work. An answer may go on for hours, as that to
// somebody who follows the log: it ends with what its caller showed to come in,
// when they sign out, and when what they may do changes.
type live struct {
	mu   sync.Mutex
	ends int // how often some were ended
	open map[*open]struct{}
}

// An open request is one in work.
type open struct {
	caller
	cancel context.CancelFunc
}

// moment returns what add is to be given by a caller that is looked up now.
func (l *live) moment() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ends
}

// add returns a context for a request by c, who was looked up since a moment,
// and what to call when it is done. ok is false when requests were ended since:
// what c is may have changed before anybody could know of this request.
func (l *live) add(ctx context.Context, c caller, since int) (_ context.Context, done func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends != since {
		return ctx, nil, false
	}
	o := &open{caller: c}
	if c.until.IsZero() {
		ctx, o.cancel = context.WithCancel(ctx)
	} else {
		ctx, o.cancel = context.WithDeadline(ctx, c.until)
	}
	if l.open == nil {
		l.open = make(map[*open]struct{})
	}
	l.open[o] = struct{}{}
	return ctx, func() {
		o.cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, o)
	}, true
}

// end ends the requests of the callers that match.
func (l *live) end(match func(caller) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends++
	for o := range l.open {
		if match(o.caller) {
			o.cancel()
		}
	}
}

// endOf ends all requests by name.
func (l *live) endOf(name string) { l.end(func(c caller) bool { return c.Name == name && !c.owner }) }
