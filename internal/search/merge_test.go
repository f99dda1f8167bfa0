package search_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/search"
	"aupd/internal/store/storetest"
)

// Reports that come one by one leave no file each, large ones that come together
// are written in parts, and all of them are found.
func TestMerge(t *testing.T) {
	s := storetest.Open(t)
	dir := t.TempDir()
	ix, err := search.Open(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	much := strings.Repeat("some words about it, ", 10_000)
	const parts, large = 45, 5
	for i := range parts {
		letters := []storetest.Letter{{Subject: fmt.Sprintf("report part%d", i)}}
		if i == parts/2 {
			for n := range large {
				letters = append(letters, storetest.Letter{Subject: fmt.Sprintf("report large%d", n), Text: much})
			}
		}
		storetest.Post(t, s, letters...)
		if err := ix.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	foundAll(t, ix, parts, large)
	ix.Close()
	foundAll(t, open(t, dir, s), parts, large) // opening removes the files that were merged
	files, err := filepath.Glob(filepath.Join(dir, search.FolderName, "store", "*.zap"))
	if err != nil || len(files) == 0 || len(files) > parts/2 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func foundAll(t *testing.T, ix *search.Index, parts, large int) {
	t.Helper()
	page, err := ix.Search(t.Context(), aup.Query{Text: "report"})
	if err != nil || len(page.Hits) != parts+large || page.Behind != 0 {
		t.Errorf("%d found, %d events behind, %v", len(page.Hits), page.Behind, err)
	}
	for _, text := range []string{"part0", "part7", "part44", "large0", "large4"} {
		if got := find(t, ix, aup.Query{Text: text}); len(got) != 1 {
			t.Errorf("%d hits for %s", len(got), text)
		}
	}
}
