package mailbox

import (
	"context"
	"iter"

	"aupd/internal/aup"

	"github.com/emersion/go-imap/v2"
)

// A Holding is what lies in a folder now.
type Holding struct {
	aup.Epoch
	UIDs []uint32 // in ascending order
}

// Survey lists every watched folder, in the order of the options, on one
// connection of its own; where that ends it makes another. An error, an *Error,
// is of the folder that it names and does not end the sequence. Survey changes
// no state and takes no mail.
func (w *Watcher) Survey(ctx context.Context) iter.Seq2[Holding, error] {
	return func(yield func(Holding, error) bool) {
		v := survey{w: w, left: w.opt.Folders, yield: yield}
		for fruitless := 0; len(v.left) > 0; {
			at, signedIn := len(v.left), false
			err := newLine(w).connected(ctx, func(s *session) error {
				signedIn = true
				return v.visit(s)
			})
			switch fruitless++; {
			case len(v.left) < at:
				fruitless = 0
			case signedIn && ctx.Err() == nil && fruitless < maxRetries:
				v.blame(1, err) // it ended a connection on which nothing else was asked for
			default:
				v.blame(at, err)
			}
		}
	}
}

// A survey is the work on one call of Survey.
type survey struct {
	w     *Watcher
	left  []string
	yield func(Holding, error) bool
}

// visit lists folders until the connection ends; that folder is left.
func (v *survey) visit(s *session) error {
	for len(v.left) > 0 {
		h, err := s.holding(newFolder(v.w, v.left[0]))
		if err != nil && s.ended() {
			return err
		}
		v.give(h, err)
	}
	return nil
}

// give hands on what is known of the next folder. When no more is wanted, none
// is left.
func (v *survey) give(h Holding, err error) {
	v.left = v.left[1:]
	if !v.yield(h, err) {
		v.left = nil
	}
}

// blame makes err the error of the next n folders.
func (v *survey) blame(n int, err error) {
	for ; n > 0 && len(v.left) > 0; n-- {
		its := *v.w.asError("", err)
		its.Folder = v.left[0]
		v.give(Holding{}, &its)
	}
}

// holding lists a folder.
func (s *session) holding(f *folder) (Holding, error) {
	validity, err := s.open(f)
	if err != nil {
		return Holding{}, err
	}
	uids, err := s.list(1)
	if err != nil {
		return Holding{}, err
	}
	return Holding{aup.Epoch{Mailbox: s.l.w.opt.Name, Folder: f.name, UIDValidity: validity}, uids}, nil
}

// ended reports whether the connection is of no more use: the server, the guard
// or the library ended it.
func (s *session) ended() bool {
	return s.g.cause() != nil || s.c.State() == imap.ConnStateLogout
}
