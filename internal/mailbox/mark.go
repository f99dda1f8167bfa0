package mailbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"aupd/internal/aup"

	"github.com/emersion/go-imap/v2"
)

// A Mark says what happens in the mailbox to a message that was recorded. The
// zero Mark, which is the default, leaves the mailbox as it is.
type Mark struct {
	Keyword string // a keyword that the message gets, such as $Aupd
	Move    string // a folder that the message is moved to
}

// check reports what is wrong with m where those folders are watched.
func (m Mark) check(watched []string) error {
	switch {
	case m.Move != "" && slices.ContainsFunc(watched, func(f string) bool { return sameFolder(f, m.Move) }):
		return fmt.Errorf("mark: move: %s is watched: what is moved there would be found and moved without end: move to a folder that is not: %w", m.Move, aup.ErrInvalid)
	case m.Keyword != "" && m.Move != "":
		return fmt.Errorf("mark: either a keyword or a folder to move to: %w", aup.ErrInvalid)
	case m.Keyword != "" && !isKeyword(m.Keyword):
		return fmt.Errorf("mark: keyword %q: letters, digits, $ - _ and . only: %w", m.Keyword, aup.ErrInvalid)
	}
	return nil
}

// sameFolder reports whether two names are of one folder: INBOX may be written
// in any case (RFC 9051, 5.1).
func sameFolder(a, b string) bool {
	return a == b || strings.EqualFold(a, b) && strings.EqualFold(a, "INBOX")
}

// isKeyword is stricter than RFC 9051, 9 (flag-keyword): what servers agree on.
func isKeyword(s string) bool {
	const chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$-_."
	return s != "" && strings.Trim(s, chars) == ""
}

func (m Mark) none() bool { return m == Mark{} }

// markNow marks what was recorded. That a mark is refused is told and no more.
func (f *folder) markNow(ctx context.Context, s *session) error {
	refused, broken := f.mark(ctx, s)
	if broken != nil {
		return refused
	}
	if f.unmarked = refused; refused != nil {
		f.failed(f.w.asError(f.name, refused))
		f.w.opt.Log.Warn("recorded messages stay unmarked", "mailbox", f.w.opt.Name, "folder", f.name, "err", refused)
	}
	return nil
}

// mark marks what was recorded and is not marked. Which messages these are
// needs no record of its own: the ledger knows what was recorded, and the
// server what is unmarked, so that a mark that was lost in a crash is made
// later. A mark that the server refuses is tried again at the next look and
// keeps nothing else from being done; broken is for a connection that ended.
func (f *folder) mark(ctx context.Context, s *session) (refused, broken error) {
	m := f.w.opt.Mark
	if m.none() {
		return nil, nil
	}
	if err := f.markable(s); err != nil {
		return err, s.g.cause()
	}
	uids, err := f.toMark(ctx, s)
	if err != nil {
		return err, s.g.cause()
	}
	for chunk := range slices.Chunk(uids, batchSize) {
		if err := s.markAll(chunk); err != nil {
			return err, s.g.cause()
		}
	}
	f.markFrom = math.MaxUint32
	return nil, nil
}

// markable reports whether the folder and the server allow the mark.
func (f *folder) markable(s *session) error {
	m, n := f.w.opt.Mark, s.g.noted()
	switch {
	case n.ReadOnly:
		return f.fault(KindFolder, "mark", "give the account the right to change the folder, or set mark: none", errors.New("the folder can only be read"))
	case m.Move != "" && !s.c.Caps().Has(imap.CapMove):
		return f.fault(KindFolder, "mark", "use mark: keyword or none: without MOVE a message could be lost", errors.New("the server does not offer MOVE"))
	case m.Keyword != "" && !n.takes(m.Keyword):
		return f.fault(KindFolder, "mark", "use mark: move or none", fmt.Errorf("the folder takes no keyword %s", m.Keyword))
	}
	return nil
}

// toMark returns the recorded messages without a mark: on the first look of
// a connection of the whole folder, later of what was recorded since.
func (f *folder) toMark(ctx context.Context, s *session) ([]uint32, error) {
	if f.markFrom == math.MaxUint32 {
		return nil, nil
	}
	var set imap.UIDSet
	set.AddRange(imap.UID(max(1, f.markFrom)), 0)
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{set}}
	if k := f.w.opt.Mark.Keyword; k != "" {
		criteria.NotFlag = []imap.Flag{imap.Flag(k)}
	}
	uids, err := s.search(criteria)
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	rows, err := f.w.acct.Rows(ctx, f.epoch, uids[0], uids[len(uids)-1])
	if err != nil {
		return nil, f.fault(KindStore, "read the ledger", "", storeError{err})
	}
	report := make(map[uint32]bool)
	for _, r := range rows {
		// What lies in quarantine was not read: a person may want it here.
		if r.Fate == aup.Recorded {
			for u := uint64(r.First); u <= uint64(r.Last); u++ {
				report[uint32(u)] = true
			}
		}
	}
	return slices.DeleteFunc(uids, func(u uint32) bool { return !report[u] }), nil
}

// markAll marks messages and looks whether they are: servers say OK to a mark
// that they do not keep.
func (s *session) markAll(uids []uint32) error {
	m, set := s.l.w.opt.Mark, uidSet(uids)
	left := &imap.SearchCriteria{UID: []imap.UIDSet{set}}
	if m.Keyword != "" {
		left.NotFlag = []imap.Flag{imap.Flag(m.Keyword)}
	}
	err := s.command("mark", func() error {
		if m.Move != "" {
			_, err := s.c.Move(set, m.Move).Wait()
			return err
		}
		flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.Flag(m.Keyword)}}
		return s.c.Store(set, flags, nil).Close()
	})
	var no *imap.Error
	if errors.As(err, &no) && m.Move != "" {
		return s.f.fault(KindFolder, "mark", fmt.Sprintf("look whether there is a folder %s and the account may write to it", m.Move), no)
	}
	if err != nil {
		return err
	}
	still, err := s.search(left)
	if err == nil && len(still) > 0 {
		return s.fault(KindServer, "mark", fmt.Errorf("the server says OK and leaves %d of %d messages unmarked", len(still), len(uids)))
	}
	return err
}
