package access

import (
	"context"
	"sync"
)

// live are the requests in work, by who makes them. An answer may go on for
// hours, as that to somebody who follows the log: it ends when they sign out,
// or when what they may do changes.
type live struct {
	mu   sync.Mutex
	next int
	by   map[string]map[int]context.CancelFunc
}

// add returns a context for a request by name, and what to call when it is
// done.
func (l *live) add(ctx context.Context, name string) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = make(map[string]map[int]context.CancelFunc)
	}
	if l.by[name] == nil {
		l.by[name] = make(map[int]context.CancelFunc)
	}
	l.next++
	n := l.next
	l.by[name][n] = cancel
	return ctx, func() {
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		if delete(l.by[name], n); len(l.by[name]) == 0 {
			delete(l.by, name)
		}
	}
}

// end ends all requests by name.
func (l *live) end(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.by[name] {
		cancel()
	}
}
