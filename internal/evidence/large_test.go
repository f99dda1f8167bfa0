package evidence_test

import (
	"runtime"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/evidence"
)

// An endless reads a message whose attachment goes on and on, without holding
// it.
type endless struct {
	head, line string
}

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		if at := off + int64(i); at < int64(len(e.head)) {
			p[i] = e.head[at]
		} else {
			p[i] = e.line[(at-int64(len(e.head)))%int64(len(e.line))]
		}
	}
	return len(p), nil
}

// TestLargeAttachment: a large message never lies in memory.
func TestLargeAttachment(t *testing.T) {
	const size, most = 50 << 20, 2 << 20
	raw := endless{
		head: "Subject: Acceptable Use Policy\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the film.\r\n--b\r\n" +
			"Content-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n",
		line: strings.Repeat("AAECAwQFBgcICQoL", 4) + "AAECAwQFBgcI\r\n",
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc := evidence.Parse(raw, size, evidence.Options{})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("reading %d bytes allocated %d, want at most %d", int64(size), got, int64(most))
	}
	const row = 78 // 76 characters and a line end
	n := int64(size - len(raw.head))
	characters := n/row*(row-2) + min(n%row, row-2)
	want := aup.Attachment{
		Path: "2", Name: "film.mp4", MediaType: "video/mp4", Unread: "video",
		Size: characters/4*3 + max(characters%4-1, 0),
	}
	if len(doc.Attachments) != 1 {
		t.Fatalf("%d attachments, want 1", len(doc.Attachments))
	}
	got := doc.Attachments[0]
	want.SHA256 = got.SHA256
	if got != want {
		t.Errorf("attachment %+v, want %+v", got, want)
	}
}
