//go:build integration

package evidence_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/evidence"
)

// bodiless are the TNEF samples of a read receipt and a meeting, which have
// neither a body nor attachments.
var bodiless = map[string]bool{"garbage-at-end.tnef": true, "multi-name-property.tnef": true}

// TestCorpus parses every file under the folder that AUPD_CORPUS names: none
// takes a second or 64 MB, and a winmail.dat or .msg yields what it holds. With
// -v it prints the problems by kind.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AUPD_CORPUS")
	if dir == "" {
		t.Fatal("set AUPD_CORPUS to a folder of mail")
	}
	const slowest, largest = time.Second, 64 << 20
	kinds, examples := map[string]int{}, map[string]string{}
	files, size, textless, packed := 0, 0, 0, 0
	var total, longest time.Duration
	var most uint64
	var forwards recovered
	eachFile(t, dir, func(name string, raw []byte) {
		doc, took, allocated := measured(raw)
		// A machine that does other work besides may stop us for a second once.
		if took > slowest {
			doc, took, allocated = measured(raw)
		}
		if took > slowest || allocated > largest {
			t.Errorf("%s: took %v and %d bytes", name, took, allocated)
		}
		longest, most = max(longest, took), max(most, allocated)
		checkDocument(t, name, &doc, raw)
		files, size, total = files+1, size+len(raw), total+took
		if bytes.HasPrefix(raw, []byte("\x78\x9f\x3e\x22")) || bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")) {
			packed++
			if !hasText(&doc) && len(doc.Attachments) < 2 && !bodiless[filepath.Base(name)] {
				t.Errorf("%s: neither text nor attachments: %+v", name, doc.Problems)
			}
		}
		if !hasText(&doc) && len(doc.Attachments) == 0 {
			textless++
			t.Logf("no text: %s (%d bytes)", name, len(raw))
		}
		for _, m := range doc.Messages {
			if m.Via == aup.ViaInline {
				forwards.add(m)
			}
		}
		for _, p := range doc.Problems {
			if kinds[p.Kind]++; examples[p.Kind] == "" {
				examples[p.Kind] = name + ": " + p.Detail
			}
		}
	})
	t.Logf("%d files, %d bytes in %v; %d without any text; %d of TNEF or .msg; at most %v and %d bytes allocated for one",
		files, size, total.Round(time.Millisecond), textless, packed, longest.Round(time.Millisecond), most)
	t.Logf("%d inline forwards: sender %d, date %d, subject %d recovered", forwards.all, forwards.sender, forwards.date, forwards.subject)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%-18s %6d  %s", kind, kinds[kind], examples[kind])
	}
}

// recovered counts what is known of inline forwards.
type recovered struct{ all, sender, date, subject int }

func (r *recovered) add(m aup.Message) {
	r.all++
	if len(m.From) > 0 {
		r.sender++
	}
	if !m.Date.IsZero() {
		r.date++
	}
	if m.Subject != "" {
		r.subject++
	}
}

// measured parses raw and returns how long that took and how many bytes were
// allocated for it, which is more than were held at any time.
func measured(raw []byte) (doc aup.Document, took time.Duration, allocated uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	doc = evidence.Parse(bytes.NewReader(raw), int64(len(raw)), evidence.Options{})
	took = time.Since(start)
	runtime.ReadMemStats(&after)
	return doc, took, after.TotalAlloc - before.TotalAlloc
}

func hasText(doc *aup.Document) bool {
	return slices.ContainsFunc(doc.Parts, func(p aup.Part) bool {
		return p.Kind != aup.PartSubject && strings.TrimSpace(p.Text) != ""
	})
}

// TestCorpusXARF: of the X-ARF samples under the folder that AUPD_CORPUS names,
// those of folders called negative list a problem, the others none.
func TestCorpusXARF(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(os.Getenv("AUPD_CORPUS"), "xarf-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal("set AUPD_CORPUS to a folder of mail with X-ARF samples")
	}
	valid, invalid := 0, 0
	for _, dir := range dirs {
		eachFile(t, dir, func(name string, raw []byte) {
			doc := parse(raw)
			wrong := slices.ContainsFunc(doc.Problems, func(p aup.Problem) bool { return p.Kind == "machine" })
			if bad := strings.Contains(name, "negative"); bad != wrong {
				t.Errorf("%s: problems %v", name, doc.Problems)
			} else if bad {
				invalid++
			} else {
				valid++
			}
		})
	}
	t.Logf("%d valid and %d invalid samples", valid, invalid)
}

// eachFile calls f with each file below dir.
func eachFile(t *testing.T, dir string, f func(name string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if err == nil {
			f(name, raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
