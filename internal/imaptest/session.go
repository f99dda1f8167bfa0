package imaptest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// A session is imapmemserver's, but for sign-in and for FETCH: that one
// parses each message and writes it anew, which loses what it cannot parse.
type session struct {
	*imapmemserver.UserSession
	server      *Server
	uidValidity uint32
}

// Login checks the one account there is.
func (s *session) Login(user, password string) error {
	if err := s.server.user.Login(user, password); err != nil {
		return err
	}
	s.UserSession = imapmemserver.NewUserSession(s.server.user)
	return nil
}

// Close frees the view of the selected folder; before login there is none.
func (s *session) Close() error {
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

// Select remembers the UIDVALIDITY, which the messages are filed under.
func (s *session) Select(name string, opt *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(name, opt)
	if err == nil {
		s.uidValidity = data.UIDValidity
	}
	return data, err
}

// Idle tells of news until stop is closed. imapserver forgets what came
// between the last command and IDLE until more comes.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	done := make(chan error, 1)
	go func() { done <- s.UserSession.Idle(w, stop) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if err := s.Poll(w, true); err != nil {
				return errors.Join(err, <-done)
			}
		}
	}
}

// Fetch answers requests for the whole message or its header from the bytes
// that were appended, and leaves all other items to imapmemserver.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, opt *imap.FetchOptions) error {
	uids, ok := set.(imap.UIDSet)
	if !ok || len(opt.BodySection) == 0 || !slices.ContainsFunc(opt.BodySection, plain) {
		return s.UserSession.Fetch(w, set, opt)
	}
	criteria := func() *imap.SearchCriteria { return &imap.SearchCriteria{UID: []imap.UIDSet{slices.Clone(uids)}} }
	byUID, err := s.Search(imapserver.NumKindUID, criteria(), &imap.SearchOptions{})
	if err != nil {
		return err
	}
	bySeq, err := s.Search(imapserver.NumKindSeq, criteria(), &imap.SearchOptions{})
	if err != nil {
		return err
	}
	uidSet, seqSet := byUID.All.(imap.UIDSet), bySeq.All.(imap.SeqSet)
	nums, _ := uidSet.Nums()
	seqs, _ := seqSet.Nums()
	for i := range min(len(nums), len(seqs)) {
		if err := s.write(w.CreateMessage(seqs[i]), nums[i], opt); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) write(w *imapserver.FetchResponseWriter, uid imap.UID, opt *imap.FetchOptions) error {
	m := s.server.message(s.uidValidity, uid)
	w.WriteUID(uid)
	if opt.InternalDate {
		w.WriteInternalDate(m.date)
	}
	if opt.RFC822Size {
		w.WriteRFC822Size(int64(len(m.raw)))
	}
	for _, item := range opt.BodySection {
		b := section(m.raw, item)
		body := w.WriteBodySection(item, int64(len(b)))
		if _, err := body.Write(b); err != nil {
			return err
		}
		if err := body.Close(); err != nil {
			return err
		}
	}
	return w.Close()
}

// plain reports whether item can be cut out of a message without parsing more
// than its header lines, and sets no flag.
func plain(item *imap.FetchItemBodySection) bool {
	return item.Peek && len(item.Part) == 0 && len(item.HeaderFieldsNot) == 0 &&
		(item.Specifier == imap.PartSpecifierNone || item.Specifier == imap.PartSpecifierHeader)
}

func section(raw []byte, item *imap.FetchItemBodySection) []byte {
	b := raw
	if item.Specifier == imap.PartSpecifierHeader {
		b = header(raw)
	}
	if len(item.HeaderFields) > 0 {
		b = fields(b, item.HeaderFields)
	}
	if p := item.Partial; p != nil {
		start := min(p.Offset, int64(len(b)))
		b = b[start : start+min(p.Size, int64(len(b))-start)]
	}
	return b
}

// header returns the header of raw with the empty line that ends it.
func header(raw []byte) []byte {
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		return raw[:i+4]
	}
	return raw
}

// fields returns the named fields of a header with their continuation lines.
func fields(header []byte, names []string) []byte {
	var out []byte
	keep := false
	for line := range bytes.Lines(header) {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := strings.Cut(string(line), ":")
			keep = slices.ContainsFunc(names, func(n string) bool {
				return strings.EqualFold(n, strings.TrimRight(name, " \t"))
			})
		}
		if keep {
			out = append(out, line...)
		}
	}
	return append(out, "\r\n"...)
}
