package evidence_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/evidence"

	"github.com/google/go-cmp/cmp"
)

// A message that lies in memory reads as the same one from elsewhere does, however
// long it is said to be, and is not written to.
func TestInMemory(t *testing.T) {
	const head = "Subject: Acceptable Use Policy\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	for _, tc := range []struct{ name, raw string }{
		{"nothing", ""},
		{"small", head + "--b\r\n\r\nPlease block 192.0.2.7.\r\n--b--\r\n"},
		{"large", head + "--b\r\n\r\nPlease block 192.0.2.7.\r\n--b\r\nContent-Type: image/png\r\n\r\n" + strings.Repeat("image\r\n", 30_000) + "--b--\r\n"},
		{"a line longer than the window", head + "--b\r\n\r\n" + strings.Repeat("spam ", 30_000) + "\r\n--b--\r\n"},
		{"a boundary behind the window", head + strings.Repeat("preamble\r\n", 20_000) + "--b\r\n\r\nPlease block 192.0.2.7.\r\n--b--\r\n"},
	} {
		for _, more := range []int64{0, 10, -10} {
			t.Run(fmt.Sprintf("%s %+d", tc.name, more), func(t *testing.T) {
				size := int64(len(tc.raw)) + more
				held := aup.Bytes(tc.raw)
				got := evidence.Parse(held, size, evidence.Options{})
				want := evidence.Parse(strings.NewReader(tc.raw), size, evidence.Options{})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("in memory it reads otherwise (-want +got):\n%s", diff)
				}
				if !bytes.Equal(held, []byte(tc.raw)) {
					t.Error("it was written to")
				}
			})
		}
	}
}
