package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"aupd/internal/aup"
)

// rawOf returns the report that the address names and its message, which the
// caller closes.
func (c *Console) rawOf(r *http.Request) (aup.Report, io.ReadCloser, error) {
	report, err := c.Desk.Report(r.Context(), aup.ReportID(r.PathValue("id")))
	if err != nil {
		return report, nil, err
	}
	raw, err := c.Desk.Raw(r.Context(), report.ID)
	return report, raw, err
}

// asFile sets the header of a download that no program opens by itself.
func asFile(w http.ResponseWriter, name string) {
	head := w.Header()
	head.Set("Content-Type", "application/octet-stream")
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// raw sends the message as a file to keep: never as something to show.
func (c *Console) raw(w http.ResponseWriter, r *http.Request) error {
	report, raw, err := c.rawOf(r)
	if err != nil {
		return err
	}
	defer raw.Close()
	asFile(w, string(report.ID)+".eml")
	w.Header().Set("Content-Length", strconv.FormatInt(report.Size, 10))
	if _, err := io.Copy(w, raw); err != nil {
		panic(http.ErrAbortHandler) // so that a part is not taken for the whole
	}
	return nil
}

// file sends an attachment as a file to keep.
func (c *Console) file(w http.ResponseWriter, r *http.Request) error {
	if c.Contents == nil {
		return fmt.Errorf("attachments: they cannot be read here: %w", aup.ErrNotFound)
	}
	report, err := c.Desk.Report(r.Context(), aup.ReportID(r.PathValue("id")))
	if err != nil {
		return err
	}
	doc, raw, err := c.Desk.Message(r.Context(), report.ID)
	if err != nil {
		return err
	}
	defer raw.Close()
	path := aup.PartID(r.PathValue("path"))
	i := slices.IndexFunc(doc.Attachments, func(a aup.Attachment) bool { return a.Path == path })
	if i < 0 {
		return fmt.Errorf("report %s: attachment %q: %w", report.ID, path, aup.ErrNotFound)
	}
	a := doc.Attachments[i]
	asFile(w, fileName(a.Name, report.ID))
	w.Header().Set("Content-Length", strconv.FormatInt(a.Size, 10))
	if err := c.Contents.File(raw, report.Size, a.Path, w); err != nil {
		c.Log.Error("attachment", "report", report.ID, "err", err)
		panic(http.ErrAbortHandler) // so that a part is not taken for the whole
	}
	return nil
}

// maxFileName is how long a download's name may be, in characters.
const maxFileName = 80

// fileName returns a name for a download out of what a sender wrote: no
// folder, nothing that a shell, a file system or the eye takes for something
// else, and an ending that no program opens at a click.
func fileName(sent string, id aup.ReportID) string {
	sent = sent[strings.LastIndexAny(sent, `/\`)+1:]
	var b strings.Builder
	for _, c := range sent {
		switch {
		case b.Len() >= maxFileName:
		case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' || c == '_' || c == '.' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.Trim(b.String(), "._")
	if name == "" {
		name = "attachment"
	}
	return string(id) + "_" + name + ".bin"
}
