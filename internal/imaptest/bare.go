//go:build integration

package imaptest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// A Bare is the least that an IMAP client can be: what others do is measured
// against it. It is for one goroutine.
type Bare struct {
	conn net.Conn
	r    *bufio.Reader
}

// DialBare signs in at addr, in plain text, and selects INBOX.
func DialBare(ctx context.Context, addr string) (*Bare, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	b := &Bare{conn, bufio.NewReaderSize(conn, 64<<10)}
	_, err = b.command("LOGIN " + Username + " " + Password)
	if err == nil {
		_, err = b.command("EXAMINE INBOX")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return b, nil
}

// FetchAll fetches every message with one command, throws it away, and returns
// how many bytes there were.
func (b *Bare) FetchAll() (int64, error) { return b.command("UID FETCH 1:* (UID BODY.PEEK[])") }

// command runs one command and returns how many bytes its literals had.
func (b *Bare) command(cmd string) (literals int64, err error) {
	if _, err := fmt.Fprintf(b.conn, "a %s\r\n", cmd); err != nil {
		return 0, err
	}
	for {
		line, err := b.r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if status, ok := strings.CutPrefix(line, "a "); ok {
			if !strings.HasPrefix(status, "OK") {
				return 0, fmt.Errorf("%s: %s", cmd, status)
			}
			return literals, nil
		}
		open := strings.LastIndexByte(line, '{')
		if open < 0 || !strings.HasSuffix(line, "}\r\n") {
			continue
		}
		n, err := strconv.ParseInt(line[open+1:len(line)-3], 10, 64)
		if err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, b.r, n); err != nil {
			return 0, err
		}
		literals += n
	}
}

// Warm makes the server at addr read all of INBOX, and its index hold the
// subjects, as it does once a mail program has shown the folder.
func Warm(ctx context.Context, addr string) error {
	b, err := DialBare(ctx, addr)
	if err != nil {
		return err
	}
	_, err = b.command("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
	if err == nil {
		_, err = b.FetchAll()
	}
	return errors.Join(err, b.Close())
}

// Close ends the connection without a word.
func (b *Bare) Close() error { return b.conn.Close() }
