//go:build integration

package imaptest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maildirs are the folders of a server that keeps them as Maildirs.
type maildirs struct {
	dir   string // of all the server's files; the mail is in home/Maildir
	owner owner
	index string // what the server's own files in a folder are called, as a pattern
	files int
}

// Maildir returns the path of a folder's Maildir.
func (d *maildirs) Maildir(folder string) string {
	base := filepath.Join(d.dir, "home", "Maildir")
	if folder == "INBOX" {
		return base
	}
	return filepath.Join(base, "."+strings.ReplaceAll(folder, "/", "."))
}

// Create makes a folder.
func (d *maildirs) Create(folder string) error {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := d.mkdir(filepath.Join(d.Maildir(folder), sub)); err != nil {
			return err
		}
	}
	return nil
}

// Deliver puts messages into a folder's Maildir, as mail that nobody has seen.
func (d *maildirs) Deliver(folder string, raws ...[]byte) error {
	for _, raw := range raws {
		if err := d.Copies(folder, raw, 1); err != nil {
			return err
		}
	}
	return nil
}

// Copies delivers a message n times. It costs the disk no more than one.
func (d *maildirs) Copies(folder string, raw []byte, n int) error {
	dir := d.Maildir(folder)
	tmp := filepath.Join(dir, "tmp", "aupd")
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	if err := os.Chown(tmp, d.owner.uid, d.owner.gid); err != nil {
		return err
	}
	for range n {
		d.files++
		name := fmt.Sprintf("%d.M%06dP1.aupd,S=%d,W=%d", 1767225600+d.files/1_000_000, d.files%1_000_000, len(raw), len(raw))
		if err := os.Link(tmp, filepath.Join(dir, "new", name)); err != nil {
			return err
		}
	}
	return os.Remove(tmp)
}

// Forget makes the server lose its index of a folder: it gives every message a
// new UID, under a new UIDVALIDITY.
func (d *maildirs) Forget(folder string) error {
	all, err := filepath.Glob(filepath.Join(d.Maildir(folder), d.index))
	if err != nil {
		return err
	}
	for _, f := range all {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// Remove takes a folder with its mail out of the server's sight. It is not for
// INBOX.
func (d *maildirs) Remove(folder string) error {
	return os.Rename(d.Maildir(folder), d.away(folder))
}

// Restore makes a folder anew that Remove took away, with the same mail: the
// server gives it other UIDs under another UIDVALIDITY.
func (d *maildirs) Restore(folder string) error {
	away := d.away(folder)
	if err := d.Create(folder); err != nil {
		return err
	}
	for _, sub := range []string{"cur", "new"} {
		mail, err := os.ReadDir(filepath.Join(away, sub))
		if err != nil {
			return err
		}
		for _, m := range mail {
			if err := os.Rename(filepath.Join(away, sub, m.Name()), filepath.Join(d.Maildir(folder), sub, m.Name())); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(away)
}

func (d *maildirs) away(folder string) string {
	return filepath.Join(d.dir, "away-"+strings.ReplaceAll(folder, "/", "."))
}

// mkdir makes a folder and its parents for the mail user.
func (d *maildirs) mkdir(path string) error {
	rel, err := filepath.Rel(d.dir, path)
	if err != nil {
		return err
	}
	at := d.dir
	for part := range strings.SplitSeq(rel, string(filepath.Separator)) {
		at = filepath.Join(at, part)
		if err := os.Mkdir(at, 0o700); errors.Is(err, os.ErrExist) {
			continue
		} else if err != nil {
			return err
		}
		if err := os.Chown(at, d.owner.uid, d.owner.gid); err != nil {
			return err
		}
	}
	return nil
}
