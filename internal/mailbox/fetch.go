package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"aupd/internal/aup"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// subjectSize is how much of the Subject fields is asked for at first.
	subjectSize = 16 << 10
	// headerSize is how much of a header is read when that did not do, and
	// kept of a message that is too big.
	headerSize = 1 << 20
	// slack is what a server may give beyond the part asked for.
	slack = 4 << 10
	// messageTime is how long one message may take, however steadily its bytes
	// drip: 50 MB at 30 KB a second.
	messageTime = 30 * time.Minute
)

// The sections that are asked for. PEEK leaves \Seen as it is.
var (
	subjectSection = &imap.FetchItemBodySection{
		Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}, Peek: true,
		Partial: &imap.SectionPartial{Size: subjectSize},
	}
	headerSection = &imap.FetchItemBodySection{
		Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: headerSize},
	}
)

// bodySection asks for one byte more than is wanted, which tells a message of
// just that size from a bigger one without a word about sizes, that servers
// often get wrong.
func bodySection(most int64) *imap.FetchItemBodySection {
	return &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: most + 1}}
}

// A fetchRequest is one UID FETCH for one section of some messages.
type fetchRequest struct {
	uids    []uint32
	section *imap.FetchItemBodySection
	most    int64 // the longest literal to be accepted
	date    bool  // ask for INTERNALDATE
	// read takes a message's section in; it must not be slow, and must read
	// all of it or fail. It is not called for a section that is NIL.
	read func(uid uint32, section io.Reader, size int64) error
	// done is called for each message in turn, before read is called for the
	// next, once it is certain that the message came whole. It may be slow.
	done func(uid uint32, date time.Time) error
	// take is called, in place of both, for what came in the plainest form of an
	// answer for header fields (tap.go). It is called on another goroutine, but
	// not any more once the request has been run without an error.
	take func(uid uint32, section []byte)
}

// fetch runs a request. Messages that the server does not give are simply not
// read: the caller counts. An error of read or done ends the connection.
func (s *session) fetch(ctx context.Context, req fetchRequest) error {
	s.g.limit(req.most)
	s.g.expect(s.l.w.opt.Quiet)
	defer s.g.expect(0)
	budget := time.AfterFunc(messageTime, func() {
		s.g.abort(fmt.Errorf("a message took more than %v: %w", messageTime, os.ErrDeadlineExceeded))
	})
	defer budget.Stop()
	if req.take != nil {
		left := len(req.uids) // of a server that answers without end
		s.g.divert(func(uid uint32, section []byte) {
			if left--; left >= 0 {
				budget.Reset(messageTime)
			}
			req.take(uid, section)
		})
	}
	cmd := s.c.Fetch(uidSet(req.uids), &imap.FetchOptions{
		UID: true, InternalDate: req.date, BodySection: []*imap.FetchItemBodySection{req.section},
	})
	// That a message came whole is known only once the response it lies in
	// has come to a good end: when the next one begins, or the command ends.
	var last *received
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		budget.Stop()
		if err := s.deliver(ctx, req, last); err != nil {
			s.giveUp(cmd, nil)
			return err
		}
		budget.Reset(messageTime)
		var at *literal
		var err error
		if last, at, err = s.message(msg, req); err != nil {
			fault := s.fault("", fmt.Sprintf("fetch uid %d", last.uid), err)
			s.giveUp(cmd, at)
			return fault
		}
	}
	if err := cmd.Close(); err != nil {
		return s.fault("", "fetch", err)
	}
	return s.deliver(ctx, req, last)
}

// deliver hands on a message that came whole.
func (s *session) deliver(ctx context.Context, req fetchRequest, m *received) error {
	if m == nil {
		return nil
	}
	if err := req.done(m.uid, m.date); err != nil {
		return s.fault("", fmt.Sprintf("take uid %d", m.uid), err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// received is what is known of a message beside its bytes.
type received struct {
	uid  uint32
	date time.Time
}

// message reads one response. With an error, at is the literal that it met it
// in.
func (s *session) message(msg *imapclient.FetchMessageData, req fetchRequest) (m *received, at *literal, err error) {
	m = new(received)
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.uid = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			m.date = item.Time.UTC()
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			lit := &literal{LiteralReader: item.Literal}
			if err := req.read(m.uid, lit, lit.Size()); err != nil {
				return m, lit, err
			}
			// Reading its end tells the library that the literal is done.
			if n, err := lit.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
				return m, lit, fmt.Errorf("the section was not read whole: %w", err)
			}
		}
	}
	return m, nil, nil
}

// A literal knows how reading it ended. After an error it must not be touched,
// for the library works on behind it.
type literal struct {
	imap.LiteralReader
	err error // io.EOF at its end
}

// Read reads on.
func (l *literal) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	var n int
	n, l.err = l.LiteralReader.Read(p)
	return n, l.err
}

// giveUp ends the connection in the middle of cmd, at a literal or nil. The
// library's goroutine may wait for the literal to be read or for messages to
// be taken; after an error inside a literal it must be left to end by itself
// first.
func (s *session) giveUp(cmd *imapclient.FetchCommand, at *literal) {
	s.g.abort(errors.New("given up")) // keeps an earlier cause
	if at != nil {
		_, _ = io.Copy(io.Discard, at) // at knows its error
		if !errors.Is(at.err, io.EOF) {
			<-s.c.Closed()
		}
	}
	// The command ends with the connection, which has been reported already.
	_ = cmd.Close()
}

// subjects decides on the subjects of uids. What the server does not give is
// not among the results.
func (s *session) subjects(ctx context.Context, uids []uint32) (map[uint32]decided, error) {
	all := make(map[uint32]decided, len(uids))
	for part := range slices.Chunk(uids, batchSize) {
		if err := s.decide(ctx, part, subjectSection, subjectSize, all); err != nil {
			return nil, err
		}
	}
	var again []uint32
	for _, uid := range uids {
		// No subject, or none that can be read, or one that may be cut off:
		// the server may have looked at too little of the header.
		if d, ok := all[uid]; ok && d.Decision != Match && (d.cut || d.Decision == Undecided || d.subject == "") {
			again = append(again, uid)
			delete(all, uid)
		}
	}
	for part := range slices.Chunk(again, batchSize) {
		if err := s.decide(ctx, part, headerSection, headerSize, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// decide fetches at most size bytes of a section of the header of uids and
// puts what the rule makes of it into all.
func (s *session) decide(ctx context.Context, uids []uint32, section *imap.FetchItemBodySection, size int, all map[uint32]decided) error {
	judge := func(header []byte) decided {
		d, subject := s.l.w.rule.Decide(header)
		cut := len(header) >= size
		if d == No && cut {
			d = Undecided
		}
		return decided{d, subject, cut}
	}
	taken := make(map[uint32]decided, len(uids))
	err := s.fetch(ctx, fetchRequest{
		uids: uids, section: section, most: int64(size) + slack,
		read: func(uid uint32, section io.Reader, n int64) error {
			b := make([]byte, n)
			if _, err := io.ReadFull(section, b); err != nil {
				return short(err)
			}
			all[uid] = judge(b)
			return nil
		},
		done: func(uint32, time.Time) error { return nil },
		take: func(uid uint32, section []byte) {
			if _, asked := slices.BinarySearch(uids, uid); asked {
				taken[uid] = judge(section)
			}
		},
	})
	if err == nil {
		maps.Copy(all, taken)
	}
	return err
}

// decided is what the rule made of a message.
type decided struct {
	Decision
	subject string
	cut     bool // there may be more of the header
}

// bodies fetches whole messages and passes each to take, which owns it then,
// with the message's raw bytes in a spool. Of a message over the cap it fetches
// the header alone, and says so in Quarantine.
func (s *session) bodies(ctx context.Context, uids []uint32, date bool, take func(*aup.Mail) error) error {
	if len(uids) == 0 {
		return nil
	}
	most := s.l.w.opt.MaxMessage
	whole := fetchRequest{uids: uids, section: bodySection(most), most: most + slack, date: date}
	big, err := s.mail(ctx, whole, most, "", take)
	if err != nil || len(big) == 0 {
		return err
	}
	reason := fmt.Sprintf("the message has more than %d bytes: only its header was fetched", most)
	head := fetchRequest{uids: big, section: headerSection, most: headerSize + slack, date: date}
	_, err = s.mail(ctx, head, head.most, reason, take)
	return err
}

// mail runs a request for the messages themselves. Those whose section has
// more than most bytes are read over and returned.
func (s *session) mail(ctx context.Context, req fetchRequest, most int64, quarantine string, take func(*aup.Mail) error) (big []uint32, err error) {
	var mail *aup.Mail
	req.read = func(uid uint32, section io.Reader, size int64) (err error) {
		if size > most {
			big = append(big, uid)
			_, err = io.CopyN(io.Discard, section, size)
			return err
		}
		mail, err = s.l.w.spool.take(ctx, section, size)
		return err
	}
	req.done = func(uid uint32, date time.Time) error {
		if mail == nil {
			return nil
		}
		m := mail
		mail = nil
		m.Source, m.Quarantine = s.f.source(uid, date), quarantine
		s.f.count(s.l.w.opt.Metrics.bytes, int(m.Size))
		return take(m)
	}
	err = s.fetch(ctx, req)
	if mail != nil {
		err = errors.Join(err, mail.Close())
	}
	return big, err
}
