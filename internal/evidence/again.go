package evidence

import (
	"io"

	"aupd/internal/aup"
)

// A wanted is what of a message is read once more.
type wanted struct {
	id     aup.PartID
	file   io.Writer // takes the decoded content of the attachment
	markup string    // of the HTML part, once it was met
	found  bool
}

// File reads the size bytes of r once more as [Parse] does and writes the
// decoded content of the attachment with that path to w. It reports whether
// there is one; what w does not take is left out.
func File(r io.ReaderAt, size int64, path aup.PartID, w io.Writer) bool {
	return again(r, size, wanted{id: path, file: w}).found
}

// Markup reads the size bytes of r once more as [Parse] does and returns the
// HTML, in UTF-8 and as it was sent, that the text of the part with that id was
// made from. It is an attacker's: sanitise it. ok is false for a part without.
func Markup(r io.ReaderAt, size int64, id aup.PartID) (markup string, ok bool) {
	got := again(r, size, wanted{id: id})
	return got.markup, got.found
}

func again(r io.ReaderAt, size int64, want wanted) wanted {
	b := &builder{raw: r, size: max(size, 0), markup: map[aup.PartID]markup{}, want: want}
	b.walk()
	return b.want
}

// sink returns where the content of the file with that path goes to beside w.
func (b *builder) sink(path aup.PartID, w io.Writer) io.Writer {
	if b.want.file == nil || b.want.found || path != b.want.id {
		return w
	}
	b.want.found = true
	return io.MultiWriter(w, b.want.file)
}
