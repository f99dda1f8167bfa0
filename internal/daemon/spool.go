package daemon

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/ingest"
)

// spoolDir is where message bodies lie until they are recorded.
func spoolDir(data string) string { return filepath.Join(data, "spool") }

// emptySpool makes the spool folder and takes out what a killed aupd left: it
// is in the mailbox still.
func emptySpool(cfg config.Config) error {
	dir := spoolDir(cfg.Data)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return fmt.Errorf("spool folder: %w", err)
	}
	return nil
}

// spool takes a message sent by a command into a file of the spool folder,
// which goes when the mail is closed.
func spool(dir, name string, body io.Reader, most int64) (_ *aup.Mail, err error) {
	f, err := os.CreateTemp(dir, "submitted-*")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	drop := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	defer func() {
		if err != nil {
			err = errors.Join(err, drop())
		}
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case n == 0:
		return nil, fmt.Errorf("%s: the file is empty, there is no message in it: %w", name, aup.ErrInvalid)
	case n > most:
		return nil, fmt.Errorf("%s: larger than the %d bytes of max_message: raise it to take this message in: %w", name, most, aup.ErrInvalid)
	}
	return &aup.Mail{
		Source: aup.Source{Mailbox: ingest.MailboxFile, Folder: name},
		Hash:   aup.Hash(h.Sum(nil)), Size: n, Raw: f, Close: drop,
	}, nil
}
