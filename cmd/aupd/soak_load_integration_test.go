//go:build integration

package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"sync"
	"time"

	"aupd/internal/aup"
	"aupd/internal/imaptest"

	"github.com/emersion/go-imap/v2/imapclient"
)

// soakRate is how many messages arrive in a second.
const soakRate = 50

// A load appends messages to the folders of a server in turn, whatever happens
// to it: one that fails is appended again until it is there.
type load struct {
	addr    string
	folders []string
	retried int // read when run is over

	mu   sync.Mutex
	n    int
	want map[aup.Hash]bool // false for one that was cut off by the end: it may be there or not
}

func newLoad(addr string, folders []string) *load {
	return &load{addr: addr, folders: folders, want: make(map[aup.Hash]bool)}
}

// run appends until ctx ends. What it was held up by is made up for.
func (l *load) run(ctx context.Context) {
	var c *imapclient.Client
	start := time.Now()
	for ctx.Err() == nil {
		due := int(time.Since(start).Seconds() * soakRate)
		n := l.count()
		if n >= due {
			time.Sleep(time.Second / soakRate)
			continue
		}
		raw, matches := soakMessage(n)
		for {
			var err error
			if c, err = l.append(ctx, c, l.folders[n%len(l.folders)], raw); err == nil || ctx.Err() != nil {
				break
			}
			l.retried++
			time.Sleep(100 * time.Millisecond)
		}
		l.appended(raw, matches, ctx.Err() == nil)
	}
	if c != nil {
		c.Close()
	}
}

// append puts raw into a folder and returns the connection to use next; nil
// for a new one.
func (l *load) append(ctx context.Context, c *imapclient.Client, folder string, raw []byte) (*imapclient.Client, error) {
	if c == nil {
		var err error
		if c, err = imapclient.DialInsecure(l.addr, nil); err != nil {
			return nil, err
		}
		if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
			c.Close()
			return nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	cmd := c.Append(folder, int64(len(raw)), nil)
	_, err := cmd.Write(raw)
	if err == nil {
		err = cmd.Close()
	}
	if err == nil {
		_, err = cmd.Wait()
	}
	if !stop() || err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (l *load) appended(raw []byte, matches, certain bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	if matches {
		l.want[sha256.Sum256(raw)] = certain
	}
}

// count returns how many messages there are.
func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// wanted returns the hashes of the messages that must be reports, and with
// false of one that may be.
func (l *load) wanted() map[aup.Hash]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.want)
}

// soakMessage returns message i. One in three matches; most are small, some too
// large for memory, a few for one transaction.
func soakMessage(i int) (raw []byte, matches bool) {
	var b bytes.Buffer
	subject := "Weekly figures"
	if matches = i%3 == 0; matches {
		subject = "Re: Acceptable =?utf-8?q?Use?= Policy"
	}
	fmt.Fprintf(&b, "From: r%d@reporter.example\r\nSubject: %s, case %d\r\nMessage-ID: <%d@reporter.example>\r\n\r\n", i, subject, i, i%100)
	fmt.Fprintf(&b, "Account %d on your service sends spam.\r\n", i)
	size := 1000 + i%5*500
	switch {
	case i%600 == 300:
		size = 3 << 20
	case i%60 == 30:
		size = 300 << 10
	}
	for sum := sha256.Sum256(b.Bytes()); b.Len() < size; sum = sha256.Sum256(sum[:]) {
		fmt.Fprintf(&b, "line %d of message %d, %x\r\n", b.Len(), i, sum)
	}
	return b.Bytes(), matches
}
