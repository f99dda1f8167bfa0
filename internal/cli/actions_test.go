package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aupd/internal/aup"
	"aupd/internal/cli"
	"aupd/internal/httpapi"
	"aupd/internal/store"
	"aupd/internal/store/storetest"
	"aupd/testdata"
)

// A way is how a kind of action is done by the command line and by the API; ID,
// OTHER and LAST stand for two reports and the number of the last event.
type way struct {
	kind aup.EventKind
	args string
	body string
}

// ways are in an order in which one report can go through all of them.
var ways = []way{
	{aup.EventClaimed, "claim ID", `{"do":"claimed"}`},
	{aup.EventReleased, "release ID", `{"do":"released"}`},
	{aup.EventWaiting, "wait ID for news", `{"do":"waiting","reason":"for news"}`},
	{aup.EventDecided, "decide ID --clause 4", `{"do":"decided","outcome":"violation","clauses":["4"],"saw":LAST}`},
	{aup.EventReopened, "reopen ID", `{"do":"reopened"}`},
	{aup.EventClosed, "close ID", `{"do":"closed"}`},
	{aup.EventNoted, "note ID hello", `{"do":"noted","reason":"hello"}`},
	{aup.EventAssigned, "assign ID bob", `{"do":"assigned","to":"bob"}`},
	{aup.EventTagged, "tag ID +a", `{"do":"tagged","add":["a"]}`},
	{aup.EventPrioritised, "priority ID high", `{"do":"prioritised","priority":"high"}`},
	{aup.EventLinked, "link ID --with OTHER", `{"do":"linked","with":"OTHER"}`},
	{aup.EventUnlinked, "unlink ID", `{"do":"unlinked"}`},
	{aup.EventUndone, "undo ID", `{"do":"undone","undo":LAST}`},
}

// TestEveryActionHasACommandAndACall walks the table of actions: each can be
// done by a command and by a call of the API, and leaves its event.
func TestEveryActionHasACommandAndACall(t *testing.T) {
	known := make(map[aup.EventKind]bool)
	for _, w := range ways {
		known[w.kind] = true
	}
	for _, kind := range aup.ActionKinds {
		if !known[kind] {
			t.Errorf("%s has no command or no call", kind)
		}
	}
	for name, do := range map[string]func(*testing.T, string, way, aup.Report, aup.ReportID){"by the command line": byCommand, "by the API": byCall} {
		t.Run(name, func(t *testing.T) {
			dir := recorded(t, "casino", "booter")
			for _, w := range ways {
				id, other := reports(t, dir)
				do(t, dir, w, id, other)
				if got := lastEvent(t, dir, id.ID); got.Kind != w.kind || got.By != "olga" {
					t.Errorf("%s: the last event is %s by %s", w.kind, got.Kind, got.By)
				}
			}
		})
	}
}

func TestBulkDoesWhatTheCommandsDo(t *testing.T) {
	dir := recorded(t, "casino", "booter")
	id, other := reports(t, dir)
	for _, w := range ways {
		if w.kind == aup.EventUndone {
			continue // of each report its own
		}
		name, _, _ := strings.Cut(w.args, " ")
		got := lines[aup.BulkResult](t, run(t, "--data", dir, "bulk", "outcome:violation", "--action", name, "--preview", "--json",
			"--reason", "r", "--clause", "4", "--with", string(other), "--add", "a"))
		if len(got) != 2 || got[0].ID != id.ID {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// recorded returns a data folder with samples in it.
func recorded(t *testing.T, names ...string) string {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Chdir(t.TempDir())
	dir := filepath.Join(t.TempDir(), "data")
	args := []string{"--data", dir, "ingest"}
	for _, s := range testdata.Mail() {
		for _, name := range names {
			if s.Name == name {
				file := filepath.Join(t.TempDir(), name+".eml")
				if err := os.WriteFile(file, s.Raw, 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, file)
			}
		}
	}
	run(t, args...)
	return dir
}

func byCommand(t *testing.T, dir string, w way, r aup.Report, other aup.ReportID) {
	t.Helper()
	args := strings.NewReplacer("ID", string(r.ID), "OTHER", string(other)).Replace(w.args)
	run(t, append([]string{"--data", dir, "--as", "olga"}, strings.Fields(args)...)...)
}

func byCall(t *testing.T, dir string, w way, r aup.Report, other aup.ReportID) {
	t.Helper()
	s, err := store.Open(dir, store.Options{Policy: func() aup.Pinner { return storetest.Policy{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mux := http.NewServeMux()
	httpapi.New(mux, httpapi.Backend{Backlog: s, Triager: s, Ledger: s})
	body := strings.NewReplacer("OTHER", string(other), "LAST", fmt.Sprint(r.Revision)).Replace(w.body)
	req := httptest.NewRequestWithContext(aup.WithPrincipal(t.Context(), aup.Owner("olga")), http.MethodPost,
		httpapi.Root+"/reports/"+string(r.ID)+"/actions", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", w.kind, rec.Code, rec.Body)
	}
}

// run runs a command that must succeed and returns its output.
func run(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, stderr bytes.Buffer
	if status := cli.Main(t.Context(), args, strings.NewReader(""), &out, &stderr); status != 0 {
		t.Fatalf("aupd %q: exit status %d: %s", args, status, stderr.String())
	}
	return out.Bytes()
}

// reports returns the newest report and the id of the other one.
func reports(t *testing.T, dir string) (aup.Report, aup.ReportID) {
	t.Helper()
	found := lines[aup.Report](t, run(t, "--data", dir, "list", "--json"))
	if len(found) != 2 {
		t.Fatalf("%d reports, want 2", len(found))
	}
	return found[0], found[1].ID
}

func lastEvent(t *testing.T, dir string, id aup.ReportID) aup.Event {
	t.Helper()
	all := lines[aup.Event](t, run(t, "--data", dir, "log", string(id), "--json"))
	return all[len(all)-1]
}

func lines[T any](t *testing.T, data []byte) (out []T) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		out = append(out, v)
	}
	return out
}
