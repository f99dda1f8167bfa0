package ingest_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/ingest"

	"github.com/google/go-cmp/cmp"
)

// read returns the content of every message found, by its label, and the errors.
func read(t *testing.T, paths ...string) (map[string]string, []error) {
	t.Helper()
	got, errs := make(map[string]string), []error(nil)
	var open []*aup.Mail
	for m, err := range ingest.Files(paths) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		open = append(open, m)
	}
	// Only now are they read and closed: the files stay open for that long.
	for _, m := range open {
		data, err := io.ReadAll(m.Reader())
		if err != nil {
			t.Errorf("%s: %v", m.Source.Folder, err)
		}
		got[filepath.Base(m.Source.Folder)] = string(data)
		if err := m.Close(); err != nil {
			t.Errorf("close %s: %v", m.Source.Folder, err)
		}
	}
	return got, errs
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFiles(t *testing.T) {
	const box = "From a@b.example Tue Mar  4 09:12:44 2025\nSubject: one\n\nFrom here on it is text.\n\nFrom the office, no date\n\n" +
		"From c@d.example Wed Mar  5 10:00:00 2025\nSubject: two\n\ntext\n"
	dir := write(t, map[string]string{
		"a.eml": "Subject: a\r\n\r\nx\r\n", "noext": "Received: x\n\ny\n", "notes.txt": "buy milk\n",
		"md/cur/1.x:2,S": "anything", ".hidden/b.eml": "Subject: no\n\n", "box.mbox": box,
	})
	got, errs := read(t, dir)
	if errs != nil {
		t.Errorf("errors: %v", errs)
	}
	want := map[string]string{
		"a.eml": "Subject: a\r\n\r\nx\r\n", "noext": "Received: x\n\ny\n", "1.x:2,S": "anything",
		"box.mbox#1": "Subject: one\n\nFrom here on it is text.\n\nFrom the office, no date\n\n",
		"box.mbox#2": "Subject: two\n\ntext\n",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("messages (-want +got):\n%s", d)
	}
}

func TestFilesLongLineIsNoEmptyLine(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	box := "From a@b.example Tue Mar  4 09:12:44 2025\nSubject: one\n\n" + long + "\nFrom a@b.example Tue Mar  4 09:12:44 2025\n"
	got, _ := read(t, filepath.Join(write(t, map[string]string{"b": box}), "b"))
	if len(got) != 1 {
		t.Errorf("%d messages, want 1: a separator needs an empty line above it", len(got))
	}
}

func TestFilesErrors(t *testing.T) {
	dir := write(t, map[string]string{"empty.eml": "", "none/notes.txt": "buy milk", "good.eml": "Subject: a\n\n"})
	for name, tc := range map[string]struct {
		kind error
		text string
	}{
		"empty.eml": {aup.ErrInvalid, "the file is empty"},
		"none":      {aup.ErrNotFound, "no mail in it"},
		"missing":   {aup.ErrNotFound, "no such file or folder"},
	} {
		t.Run(name, func(t *testing.T) {
			got, errs := read(t, filepath.Join(dir, name), filepath.Join(dir, "good.eml"))
			if len(errs) != 1 || !errors.Is(errs[0], tc.kind) || !strings.Contains(errs[0].Error(), tc.text) {
				t.Errorf("errors %v, want one that is %q and says %q", errs, tc.kind, tc.text)
			}
			if len(got) != 1 {
				t.Errorf("%d messages, want the good one all the same", len(got))
			}
		})
	}
}
