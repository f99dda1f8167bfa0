package mailbox

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// greetingTime is how long a server may take to greet.
	greetingTime = 30 * time.Second
	// goodbyeTime is how long a server may take over LOGOUT.
	goodbyeTime = 2 * time.Second
	// answerTime is how long the answer to a command that has no literals may
	// take, however steadily it drips.
	answerTime = 10 * time.Minute
	// maxUIDs bounds the list of UIDs in memory (8 MB).
	maxUIDs = 2_000_000
)

// A session is one signed-in connection. It is for one goroutine.
type session struct {
	l *line
	f *folder // in work; nil at first
	c *imapclient.Client
	g *guard
	// changed is signalled when the server tells of more messages than there
	// were; some tell their number when nothing has changed.
	changed  chan struct{}
	messages atomic.Uint32
	stop     func() bool // ends the watch over the context
}

// close ends the connection at once and waits for the library's goroutine. No
// command may have undelivered data.
func (s *session) close() {
	s.stop()
	_ = s.g.Close()
	<-s.c.Closed()
}

// logout ends a connection that is in order.
func (s *session) logout() {
	s.g.expect(goodbyeTime)
	defer s.within(goodbyeTime)()
	// The answer changes nothing: the connection is closed in any case.
	_ = s.c.Logout().Wait()
	s.close()
}

// within ends the connection after d, unless stop is called before.
func (s *session) within(d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, func() {
		s.g.abort(fmt.Errorf("the server was not done with its answer after %v: %w", d, os.ErrDeadlineExceeded))
	}).Stop
}

// command runs one command that answers without literals.
func (s *session) command(doing string, run func() error) error {
	s.g.expect(s.l.w.opt.Quiet)
	defer s.g.expect(0)
	defer s.within(answerTime)()
	if err := run(); err != nil {
		return s.fault("", doing, err)
	}
	return nil
}

// open selects the folder of f, which is in work from then on, and returns its
// UIDVALIDITY.
func (s *session) open(f *folder) (uint32, error) {
	s.f = f
	var data *imap.SelectData
	s.g.note(func(n *notes) { n.ReadOnly, n.UIDNext, n.Flags = false, false, "" })
	s.messages.Store(0)
	readOnly := s.l.w.opt.Mark.none()
	err := s.command("open the folder", func() (err error) {
		data, err = s.c.Select(f.name, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	var refused *imap.Error
	switch {
	case errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo && !notConnected(refused.Text):
		return 0, f.fault(KindFolder, "open the folder", folderMend(f.name, s.folders()), notFound(refused))
	case err != nil:
		return 0, err
	case data.UIDValidity == 0:
		return 0, f.fault(KindEpoch, "open the folder", "without a UIDVALIDITY no message can be told from another", errors.New("the server gives no UIDVALIDITY"))
	}
	s.messages.Store(data.NumMessages)
	return data.UIDValidity, nil
}

// folders lists the names of the folders that can be opened; nil if the server
// does not tell.
func (s *session) folders() []string {
	var names []string
	// The list only helps to mend a name, so an error leaves it empty.
	_ = s.command("list the folders", func() error {
		all, err := s.c.List("", "*", nil).Collect()
		for _, l := range all {
			if !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) {
				names = append(names, l.Mailbox)
			}
		}
		return err
	})
	return names
}

// list returns the UIDs from lowest on, in ascending order.
func (s *session) list(lowest uint32) ([]uint32, error) {
	var set imap.UIDSet
	set.AddRange(imap.UID(lowest), 0)
	uids, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{set}})
	// The highest UID is found even when it is below lowest (RFC 9051, 6.4.9).
	return slices.DeleteFunc(uids, func(u uint32) bool { return u < lowest }), err
}

// since returns the UIDs of the messages that arrived on that day or later.
func (s *session) since(day time.Time) ([]uint32, error) {
	return s.search(&imap.SearchCriteria{Since: day})
}

// present returns those of uids that the server still lists.
func (s *session) present(uids []uint32) ([]uint32, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	// Some servers tell of what was expunged only when they are asked.
	if err := s.command("ask for news", func() error { return s.c.Noop().Wait() }); err != nil {
		return nil, err
	}
	var there []uint32
	for part := range slices.Chunk(uids, batchSize) {
		found, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{uidSet(part)}})
		if err != nil {
			return nil, err
		}
		there = append(there, found...)
	}
	return there, nil
}

func (s *session) search(criteria *imap.SearchCriteria) ([]uint32, error) {
	var uids []uint32
	err := s.command("list the messages", func() error {
		data, err := s.c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, _ := data.All.(imap.UIDSet)
		for _, r := range set {
			if r.Start == 0 || r.Stop < r.Start || uint64(r.Stop)-uint64(r.Start) > uint64(maxUIDs-len(uids)) {
				return fmt.Errorf("a list of more than %d messages, or none that makes sense: %w", maxUIDs, errTooLong)
			}
			for u := uint64(r.Start); u <= uint64(r.Stop); u++ {
				uids = append(uids, uint32(u&math.MaxUint32))
			}
		}
		return nil
	})
	return uids, err
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// fault makes the *Error of a step that failed on this connection. What ended
// the connection says more than what the library makes of it, and a BYE says
// why.
func (s *session) fault(kind Kind, doing string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var refused *imap.Error
	said := errors.As(err, &refused)
	if cause := s.g.cause(); cause != nil && !said {
		err = cause
		if errors.Is(cause, io.EOF) {
			err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
	}
	if kind == "" {
		kind = kindOf(err)
	}
	if bye := s.g.noted().Bye; bye != "" {
		err = fmt.Errorf("%w (the server said: %s)", err, bye)
	}
	mend := ""
	if said && notConnected(refused.Text) {
		mend = "for an application in Exchange Online, " + exchangeMailbox
	}
	return s.l.w.fault(s.name(), kind, doing, mend, err)
}

// name names the folder that an error is about, if it is about one.
func (s *session) name() string {
	if s.f != nil {
		return s.f.name
	}
	return s.l.name()
}
