package daemon_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aupd/config"
	"aupd/internal/aup"
)

// secrets are words by which the sealed report could be found, and beside each
// one like it that is nowhere.
var secrets = [][2]string{
	{"quartzsubject", "xuartzsubject"}, {"quartzbody", "xuartzbody"}, {"quartzoriginal", "xuartzoriginal"}, {"quartzsender@quartzmail.example", "xuartzsender@xuartzmail.example"},
	{"quartzmail.example", "xuartzmail.example"}, {"quartzhost.example", "xuartzhost.example"}, {"quartznote", "xuartznote"}, {"quartztag", "xuartztag"}, {"quartzname", "xuartzname"},
	{secretAddress, "198.51.100.79"}, {secretAddress + "/32", "198.51.100.79/32"}, {"198.51.100.72/29", "198.51.100.88/29"},
}

// asked are the queries that one word makes.
func asked(word string) (out []string) {
	for _, before := range []string{"indicator:", "reporter:", "tag:", "", "subject:", "words:", "original:", "note:", "from:", "order:queue ", "harvest OR ", "harvest -"} {
		out = append(out, before+word)
	}
	return append(out, word[:4]+"*", word+"~", `"`+word+` more"`, "order:queue indicator:"+word, "clause:2.4 reporter:"+word)
}

// reads are the calls of the API that only read, each for every report, and
// those that take a query.
func (v vault) reads(t *testing.T) (all, queried []string) {
	t.Helper()
	_, doc := v.get(t, v.blind, "/api/v1/openapi.json")
	calls := apiCalls(t, doc)
	if len(calls) < 25 {
		t.Fatalf("only %d calls in %.200s", len(calls), doc)
	}
	for _, c := range calls {
		if c.method != http.MethodGet || c.id == "follow-reports" {
			continue
		}
		for _, id := range v.ids {
			all = append(all, strings.Replace(c.path, "/reports/x", "/reports/"+string(id), 1))
		}
		if path, _, _ := strings.Cut(c.path, "?"); c.queried {
			queried = append(queried, path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), queried
}

// TestSealedIsNotShown reads all that the API and the console have, following
// every link, as somebody who may do everything but see what is sealed.
func TestSealedIsNotShown(t *testing.T) {
	v := openVault(t)
	todo, _ := v.reads(t)
	todo = append(todo, "/api/v1/near-misses?all=true", "/near-misses?all=1", "/queue?q=", "/")
	for _, kind := range []string{"domains", "mailservers", "rpz", "postfix", "rspamd"} {
		todo = append(todo, "/api/v1/blocklists/"+kind)
	}
	links, seen, shown := regexp.MustCompile(`href="(/[^"]*)"`), map[string]bool{}, 0
	for len(todo) > 0 {
		path := todo[0]
		if todo = todo[1:]; seen[path] || strings.HasPrefix(path, "/static/") {
			continue
		}
		seen[path] = true
		_, got := v.get(t, v.blind, path)
		if strings.HasPrefix(got, "PK") {
			continue // the evidence of an open report, compressed
		}
		if at := strings.Index(got, secretWord); at >= 0 || strings.Contains(got, secretAddress) {
			t.Errorf("%s tells of what is sealed: …%.200s", path, got[max(at-60, 0):])
		}
		if _, all := v.get(t, v.cleared, path); strings.Contains(all, secretWord) {
			shown++
		}
		if strings.HasPrefix(path, "/api/") {
			continue
		}
		for _, to := range links.FindAllStringSubmatch(got, -1) {
			todo = append(todo, strings.ReplaceAll(to[1], "&amp;", "&"))
		}
	}
	for _, of := range []string{"raw", "preview/1", "files/3"} {
		if status, _ := v.get(t, v.blind, "/reports/"+string(v.ids[1])+"/"+of); status != http.StatusForbidden {
			t.Errorf("%s of a sealed report: %d", of, status)
		}
	}
	if shown < 20 || len(seen) < 70 {
		t.Errorf("%d addresses, and only %d tell more to whoever is cleared", len(seen), shown)
	}
}

// passing matches what differs from answer to answer.
var passing = regexp.MustCompile(`name="key" value="[^"]*"|<time[^>]*>[^<]*</time>`)

// TestSealedIsNotFound asks for each secret by each kind of query, and by one
// like it that is nowhere: the answers must be the same.
func TestSealedIsNotFound(t *testing.T) {
	v := openVault(t)
	_, queried := v.reads(t)
	queried = append(queried, "/queue", "/search")
	found := 0
	for _, pair := range secrets {
		ask, other := asked(pair[0]), asked(pair[1])
		for i := range ask {
			for _, path := range queried {
				answer := func(token, q string) string {
					_, got := v.get(t, token, path+"?"+url.Values{"q": {q}}.Encode())
					got = passing.ReplaceAllString(got, "")
					for _, w := range []string{pair[0], pair[1], pair[0][:4], pair[1][:4]} {
						got = strings.NewReplacer(w, "W", url.QueryEscape(w), "W").Replace(got)
					}
					return got
				}
				if a, b := answer(v.blind, ask[i]), answer(v.blind, other[i]); a != b {
					t.Errorf("%s: what is asked for by %s is answered otherwise than by %s:\n%s\n%s", path, ask[i], other[i], a, b)
				}
				if path == "/queue" && answer(v.cleared, ask[i]) != answer(v.cleared, other[i]) {
					found++
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d queries find something for whoever is cleared", found)
	}
}

// TestSealedIsNotTold does what is no reading: it follows the changes, tries a
// policy with the right words, and takes the next report.
func TestSealedIsNotTold(t *testing.T) {
	v := openVault(t)
	cues := strings.Replace(string(config.DefaultPolicy()), "    title: Unlicensed software\n", "    title: Unlicensed software\n    cues: [quartzbody]\n", 1)
	for token, want := range map[string]bool{v.blind: false, v.cleared: true} {
		_, got := v.post(t, token, "/api/v1/rehearsals", map[string]any{"policy": cues})
		if strings.Contains(got, string(v.ids[1])) != want || !strings.Contains(got, `"recorded":false`) {
			t.Errorf("a trial of a policy, cleared: %v: %s", want, got)
		}
		for i, of := range v.ids[:2] {
			_, got = v.get(t, token, "/api/v1/reports/"+string(of)+"/similar")
			if strings.Contains(got, string(v.ids[1-i])) != want {
				t.Errorf("what is similar to report %d, cleared: %v: %s", i, want, got)
			}
		}
		_, got = v.post(t, token, "/api/v1/bulk", map[string]any{"preview": true, "reports": []aup.Sight{{ID: v.ids[1]}}, "action": map[string]any{"do": "noted", "reason": "x"}})
		if strings.Contains(got, secretWord) != want {
			t.Errorf("a preview, cleared: %v: %s", want, got)
		}
		if got := v.stream(t, token); strings.Contains(got, secretWord) != want || !strings.Contains(got, string(v.ids[1])) {
			t.Errorf("the changes, cleared: %v: %s", want, got)
		}
	}
	status, got := v.post(t, v.blind, "/api/v1/queue/next?q=indicator:"+secretAddress, nil)
	if status != http.StatusNotFound {
		t.Errorf("the next report with a secret: %d %s", status, got)
	}
	for _, id := range v.ids[1:] {
		status, got := v.post(t, v.blind, "/api/v1/reports/"+string(id)+"/actions", map[string]any{"do": "decided", "saw": 1, "outcome": "none"})
		if status != http.StatusConflict || strings.Contains(got, secretWord) {
			t.Errorf("a stale decision: %d %s", status, got)
		}
	}
}

// stream returns what is told of the changes from the first event on, up to the
// last report's.
func (v vault) stream(t *testing.T, token string) string {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/v1/stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Last-Event-ID", "1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var all strings.Builder
	told := make(map[aup.ReportID]bool)
	for lines := bufio.NewScanner(resp.Body); len(told) < len(v.ids) && lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		for _, id := range v.ids {
			if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), `"id":"`+string(id)) {
				told[id] = true
			}
		}
	}
	return all.String()
}
