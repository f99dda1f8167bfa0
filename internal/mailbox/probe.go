package mailbox

import (
	"context"
	"crypto/tls"
	"io"
	"slices"
	"time"
)

// A Probe is what a visit to a mailbox found, for a person who sets it up.
type Probe struct {
	TLS             string    // the version; empty for plain text
	CertificateEnds time.Time // of the server's certificate; zero for plain text
	SecretEnds      time.Time // when the sign-in's secret runs out; zero if unknown
	Capabilities    []string  // after sign-in, sorted
	Folders         []FolderProbe
}

// A FolderProbe is what a visit to a watched folder found.
type FolderProbe struct {
	Name        string
	UIDValidity uint32
	Messages    uint32
	Newest      time.Time // when the server took in the message with the highest UID; zero for none
	Idle        bool      // new mail is told at once
	Err         error     // an *Error; nil when the folder can be opened and read
}

// Probe signs in and opens every watched folder for reading, or for the mark
// that is asked for. It takes no mail and changes nothing. The error, an
// *Error, is for a sign-in that failed; what is wrong with a folder stands with
// it.
func (w *Watcher) Probe(ctx context.Context) (Probe, error) {
	p := Probe{SecretEnds: w.opt.SecretEnds}
	err := newLine(w).connected(ctx, func(s *session) error {
		if conn, ok := s.g.Conn.(*tls.Conn); ok {
			state := conn.ConnectionState()
			p.TLS, p.CertificateEnds = tls.VersionName(state.Version), state.PeerCertificates[0].NotAfter
		}
		for c := range s.c.Caps() {
			p.Capabilities = append(p.Capabilities, string(c))
		}
		slices.Sort(p.Capabilities)
		for _, name := range w.opt.Folders {
			f := newFolder(w, name)
			got := FolderProbe{Name: name, Idle: slices.Contains(p.Capabilities, "IDLE")}
			if got.UIDValidity, got.Err = s.open(f); got.Err == nil && !w.opt.Mark.none() {
				got.Err = f.markable(s)
			}
			if got.Messages = s.messages.Load(); got.Err == nil {
				got.Newest, got.Err = s.newest(ctx)
			}
			p.Folders = append(p.Folders, got)
			if s.ended() {
				return got.Err
			}
		}
		return nil
	})
	return p, err
}

// newest reads the subject of the message with the highest UID, which proves
// that messages can be read, and returns when the server took it in.
func (s *session) newest(ctx context.Context) (at time.Time, err error) {
	uids, err := s.list(1)
	if err != nil || len(uids) == 0 {
		return at, err
	}
	err = s.fetch(ctx, fetchRequest{
		uids: uids[len(uids)-1:], section: subjectSection, most: subjectSize + slack, date: true,
		read: func(_ uint32, section io.Reader, _ int64) error { _, err := io.Copy(io.Discard, section); return err },
		done: func(_ uint32, date time.Time) error { at = date; return nil },
	})
	return at, err
}
