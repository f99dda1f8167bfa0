package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// A progress is a bar on standard error, on a terminal only. The zero width
// shows nothing. Its methods are safe for concurrent use.
type progress struct {
	a     *app
	what  string
	width int

	mu    sync.Mutex
	done  int
	total int // 0 while unknown
	drawn time.Time
	parts map[string][2]int // done and total of each folder
}

func (a *app) progress(what string) *progress {
	width, _ := terminal(a.err)
	return &progress{a: a, what: what, width: width, parts: make(map[string][2]int)}
}

// redraw is how often the bar is drawn at most: often enough to look alive.
const redraw = 100 * time.Millisecond

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.draw()
}

// set takes how far one folder is.
func (p *progress) set(folder string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parts[folder] = [2]int{done, total}
	p.done, p.total = 0, 0
	for _, n := range p.parts {
		p.done += n[0]
		p.total += n[1]
	}
	p.draw()
}

func (p *progress) draw() {
	if p.width == 0 || time.Since(p.drawn) < redraw {
		return
	}
	p.drawn = time.Now()
	line := fmt.Sprintf("%d %s", p.done, p.what)
	if p.total > 0 {
		const bar = 24
		full := bar * min(p.done, p.total) / p.total
		line = fmt.Sprintf("[%s%s] %d of %d %s", strings.Repeat("=", full), strings.Repeat(" ", bar-full), p.done, p.total, p.what)
	}
	fmt.Fprintf(p.a.err, "\r\x1b[K%s", fit(line, p.width-1))
}

// clear takes the bar off the line, for something else to be printed.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprint(p.a.err, "\r\x1b[K")
	}
}

func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.width = 0
}
