package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed says for every package which packages of this module it may import.
// Data flows one way, so imports go downwards only and no sibling imports a
// sibling.
var allowed = map[string][]string{
	"cmd/aupd":               {"internal/cli"},
	"config":                 {"internal/strictyaml"},
	"internal/strictyaml":    {},
	"internal/aup":           {},
	"internal/policy":        {"internal/aup", "internal/strictyaml"},
	"internal/mailbox":       {"internal/aup"},
	"internal/evidence":      {"internal/aup"},
	"internal/classify":      {"internal/aup", "internal/policy"},
	"internal/ingest":        {"internal/aup", "internal/evidence", "internal/classify"},
	"internal/store":         {"internal/aup"},
	"internal/desk":          {"internal/aup"},
	"internal/search":        {"internal/aup"},
	"internal/export":        {"internal/aup"},
	"internal/httpapi":       {"internal/aup", "internal/policy", "internal/desk", "internal/export"},
	"internal/web":           {"internal/aup", "internal/policy", "internal/desk"},
	"internal/access":        {"internal/aup"},
	"internal/imaptest":      {"internal/aup"},
	"internal/store/logtest": {"internal/aup"},
	// What stands on the store is tested on a real one.
	"internal/store/storetest": {"internal/aup", "internal/store"},
	"internal/daemon": {"config", "internal/aup", "internal/policy", "internal/mailbox", "internal/evidence",
		"internal/classify", "internal/ingest", "internal/store", "internal/search", "internal/desk", "internal/httpapi", "internal/web", "internal/access"},
	"internal/cli": {"config", "internal/aup", "internal/policy", "internal/mailbox", "internal/evidence",
		"internal/classify", "internal/ingest", "internal/store", "internal/search", "internal/desk", "internal/httpapi", "internal/web", "internal/access",
		"internal/export", "internal/daemon", "internal/imaptest", "testdata"},
	"testdata": {},
}

// inTests says what a package's tests may import beyond allowed.
var inTests = []string{"internal/aup", "internal/imaptest", "internal/store", "internal/store/logtest", "internal/store/storetest", "testdata"}

func TestImports(t *testing.T) {
	const root = ".."
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		checkFile(t, root, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, root, file string) {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		t.Fatal(err)
	}
	pkg := path.Dir(filepath.ToSlash(rel))
	test := strings.HasSuffix(rel, "_test.go")
	may, known := allowed[pkg]
	if !known && !test {
		t.Errorf("%s: package %s is not in the table of allowed imports; if it has its own vocabulary or dependency, add it", rel, pkg)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, imp := range f.Imports {
		p, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		ours, isOurs := strings.CutPrefix(p, "aupd/")
		if !isOurs || slices.Contains(may, ours) || test && (ours == pkg || slices.Contains(inTests, ours)) {
			continue
		}
		t.Errorf("%s imports %s, which %s may not: imports go downwards only", rel, p, pkg)
	}
}
