package ingest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	"aupd/internal/aup"
)

// MailboxFile is the Mailbox in the Source of a message read from a file.
const MailboxFile = "file"

// Files yields the messages in the named files and folders: a file is one
// message or, when it starts with an mbox separator, an mbox of them; a folder
// is walked, names that start with a dot left out, and so is every file that
// is no message. Bytes are taken as they lie. Each error names one file and
// does not end the sequence; a folder without any message is an error. The
// caller closes each mail when it is done with it.
func Files(paths []string) iter.Seq2[*aup.Mail, error] {
	return func(yield func(*aup.Mail, error) bool) {
		for _, p := range paths {
			if !path(p, yield) {
				return
			}
		}
	}
}

func path(p string, yield func(*aup.Mail, error) bool) bool {
	info, err := os.Stat(p)
	if err != nil {
		return yield(nil, noPath(p, err))
	}
	if !info.IsDir() {
		return file(p, yield)
	}
	found, more := 0, true
	err = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != p && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || !isMail(name):
			return nil
		}
		found++
		if more = file(name, yield); !more {
			return fs.SkipAll
		}
		return nil
	})
	if more && err != nil {
		return yield(nil, fmt.Errorf("read %s: %w", p, err))
	}
	if more && found == 0 {
		return yield(nil, fmt.Errorf("%s: no mail in it: want .eml files, an mbox or a Maildir: %w", p, aup.ErrNotFound))
	}
	return more
}

func noPath(p string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file or folder: %w", p, aup.ErrNotFound)
	}
	return fmt.Errorf("read %s: %w", p, err)
}

// isMail reports whether a file met in a folder is taken for mail: by its
// ending, by lying in a Maildir, or by starting like a message.
func isMail(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".eml", ".mbox", ".mbx":
		return true
	}
	switch filepath.Base(filepath.Dir(name)) {
	case "cur", "new":
		return true
	}
	f, err := os.Open(name)
	if err != nil {
		return true // so that the error is seen
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := io.ReadFull(f, head)
	return looksLikeMail(head[:n])
}

// field is a header field as a message may start with: those of RFC 5322 and
// what servers put above them.
var field = regexp.MustCompile(`(?i)^(From |(Return-Path|Received|Delivered-To|X-[a-z0-9-]+|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type|DKIM-Signature|Authentication-Results|Reply-To|Sender)[ \t]*:)`)

func looksLikeMail(head []byte) bool { return field.Match(head) }

func file(name string, yield func(*aup.Mail, error) bool) bool {
	opened, err := os.Open(name)
	if err != nil {
		return yield(nil, noPath(name, err))
	}
	f := &sharedFile{File: opened}
	f.users.Store(1)
	defer f.release()
	info, err := f.Stat()
	if err != nil {
		return yield(nil, fmt.Errorf("read %s: %w", name, err))
	}
	if info.Size() == 0 {
		return yield(nil, fmt.Errorf("%s: the file is empty, there is no message in it: %w", name, aup.ErrInvalid))
	}
	n := 0
	for start, end := range messages(f, info.Size()) {
		n++
		label := name
		if start > 0 || end < info.Size() {
			label = fmt.Sprintf("%s#%d", name, n)
		}
		m, err := section(f, start, end, label)
		if !yield(m, err) {
			return false
		}
	}
	return true
}

// A sharedFile is closed when the last of its users has released it: the
// messages of an mbox are read from it after the next ones were found.
type sharedFile struct {
	*os.File
	users atomic.Int32
}

func (f *sharedFile) release() error {
	if f.users.Add(-1) > 0 {
		return nil
	}
	return f.Close()
}

func section(f *sharedFile, start, end int64, label string) (*aup.Mail, error) {
	m := &aup.Mail{
		Source: aup.Source{Mailbox: MailboxFile, Folder: label},
		Raw:    io.NewSectionReader(f, start, end-start), Size: end - start,
		Close: f.release,
	}
	h := sha256.New()
	if _, err := io.Copy(h, m.Reader()); err != nil {
		return nil, fmt.Errorf("read %s: %w", label, err)
	}
	h.Sum(m.Hash[:0])
	f.users.Add(1)
	return m, nil
}

// separator is an mbox From line: an address and a date (RFC 4155, appendix
// A). A line of a body that merely starts with "From " has no date at its end.
var separator = regexp.MustCompile(`^From \S*.*\b\d{1,2}:\d\d(:\d\d)?\b.*\b\d{4}\s*$`)

// messages yields the start and end offset of each message in f: one for the
// whole file, or those of an mbox, where a separator stands at the start of
// the file or behind an empty line.
func messages(f io.ReaderAt, size int64) iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		r := bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 64<<10)
		head, _ := r.Peek(5)
		if string(head) != "From " {
			yield(0, size)
			return
		}
		start, at, empty, inLine := int64(-1), int64(0), true, false
		for at < size {
			line, err := r.ReadSlice('\n')
			if empty && bytes.HasPrefix(line, []byte("From ")) && separator.Match(bytes.TrimRight(line, "\r\n")) {
				if start >= 0 && !yield(start, at) {
					return
				}
				start = at + int64(len(line))
			}
			at += int64(len(line))
			// The rest of a line longer than the buffer is no empty line.
			empty = !inLine && err == nil && len(bytes.TrimRight(line, "\r\n")) == 0
			inLine = errors.Is(err, bufio.ErrBufferFull)
			if err != nil && !inLine {
				break
			}
		}
		if start < 0 {
			start = 0
		}
		if start < size {
			yield(start, size)
		}
	}
}
