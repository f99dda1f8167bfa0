package daemon

import (
	"errors"
	"fmt"
	"io"

	"aupd/internal/aup"
	"aupd/internal/evidence"
)

// contents reads attachments and HTML from messages once more.
type contents struct {
	spool string // the folder for a message while it is read
}

// File implements web.Contents.
func (c contents) File(raw io.Reader, size int64, path aup.PartID, w io.Writer) error {
	return c.with(raw, size, func(m *aup.Mail) error {
		if !evidence.File(m.Raw, m.Size, path, w) {
			return fmt.Errorf("attachment %q: %w", path, aup.ErrNotFound)
		}
		return nil
	})
}

// Markup implements web.Contents.
func (c contents) Markup(raw io.Reader, size int64, part aup.PartID) (markup string, err error) {
	err = c.with(raw, size, func(m *aup.Mail) error {
		var ok bool
		if markup, ok = evidence.Markup(m.Raw, m.Size, part); !ok {
			return fmt.Errorf("part %q has no HTML: %w", part, aup.ErrNotFound)
		}
		return nil
	})
	return markup, err
}

// with calls f with the message laid into a file: its parts are read by their
// place in it.
func (c contents) with(raw io.Reader, size int64, f func(*aup.Mail) error) error {
	m, err := spool(c.spool, "a stored message", raw, size)
	if err != nil {
		return err
	}
	return errors.Join(f(m), m.Close())
}
