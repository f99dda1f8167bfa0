package daemon_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/store"
)

// rightOf says what each call of the API takes. A call that is not here has no
// place in the API: it would be open to whoever may read.
var rightOf = map[string]aup.Right{
	"list-reports": aup.RightRead, "export-reports": aup.RightRead, "read-report": aup.RightRead, "read-document": aup.RightRead,
	"read-raw": aup.RightRead, "list-report-events": aup.RightRead, "list-similar": aup.RightRead, "read-status": aup.RightRead,
	"read-numbers": aup.RightRead, "follow-reports": aup.RightRead, "list-cases": aup.RightRead, "list-policies": aup.RightRead,
	"read-cursor": aup.RightRead, "list-ledger-rows": aup.RightRead, "search": aup.RightRead,
	"list-filters": aup.RightRead, "read-filter": aup.RightRead, "save-filter": aup.RightRead, "delete-filter": aup.RightRead,
	"export-table": aup.RightRead, "export-stix": aup.RightRead, "export-blocklist": aup.RightRead, "read-bundle": aup.RightAudit,
	"list-near-misses": aup.RightRead, "settle-near-miss": aup.RightBulk,
	"act": aup.RightTriage, "claim-next": aup.RightTriage, "act-in-bulk": aup.RightBulk,
	"rehearse":    aup.RightPolicy, // with "record", without it is a trial
	"train":       aup.RightPolicy,
	"list-events": aup.RightAudit,
	"list-users":  aup.RightManage, "add-user": aup.RightManage, "set-user": aup.RightManage, "remove-user": aup.RightManage,
	"list-tokens": aup.RightManage, "add-token": aup.RightManage, "remove-token": aup.RightManage,
}

// bodies are those of the calls that have one.
var bodies = map[string]string{
	"act": `{"do":"claimed"}`, "act-in-bulk": `{"reports":[{"id":"x"}],"action":{"do":"claimed"}}`, "save-filter": `{"query":"clause:4"}`,
	"rehearse": `{"record":true,"policy":"x"}`, "train": `{}`, "add-user": `{"name":"x","roles":["reader"],"password":"short"}`,
	"set-user": `{"roles":["reader"]}`, "add-token": `{"name":"x","roles":["reader"],"expires":"2001-02-03T04:05:06Z"}`,
	"settle-near-miss": `{"source":{"mailbox":"m","folder":"f","uidvalidity":1,"uid":1},"do":"near-miss-taken"}`,
}

// mustParams are the parameters that a call needs.
const mustParams = "mailbox=support&folder=INBOX&uidvalidity=7&first=1&last=9&q=x&name=x"

type apiCall struct {
	id, method, path string
	queried          bool // it takes a query
}

// apiCalls reads the calls from the OpenAPI document that is served.
func apiCalls(t *testing.T, doc string) (calls []apiCall) {
	t.Helper()
	var d struct {
		Paths map[string]map[string]struct {
			ID         string `json:"operationId"`
			Parameters []struct {
				Name, In string
				Required bool
			}
		}
	}
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		t.Fatal(err)
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			var must []string
			queried := false
			for _, p := range op.Parameters {
				queried = queried || p.Name == "q"
				for kv := range strings.SplitSeq(mustParams, "&") {
					if p.Required && p.In == "query" && strings.HasPrefix(kv, p.Name+"=") {
						must = append(must, kv)
					}
				}
			}
			path := strings.NewReplacer("{id}", "x", "{name}", "x", "{kind}", "ips").Replace(path) + "?" + strings.Join(must, "&")
			calls = append(calls, apiCall{op.ID, strings.ToUpper(method), path, queried})
		}
	}
	return calls
}

// ask makes a call and returns the status, with the body unless it streams.
func ask(t *testing.T, base, token string, c apiCall) (int, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, c.method, base+c.path, strings.NewReader(bodies[c.id]))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp.StatusCode, ""
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestRolesOnEveryRoute asks every call of the API by every role and by nobody.
func TestRolesOnEveryRoute(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen = t.TempDir(), "127.0.0.1:0", ""
	addUser(t, cfg.Data, "root", aup.RoleAdmin)
	tokens := addTokens(t, cfg.Data)
	at, log, err := start(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + at.HTTP
	document := apiCall{method: http.MethodGet, path: "/api/v1/openapi.json"}
	_, doc := ask(t, base, string(tokens[aup.RoleReader]), document)
	calls := apiCalls(t, doc)
	if len(calls) < 25 {
		t.Fatalf("only %d calls in %.200s", len(calls), doc)
	}
	if status, _ := ask(t, base, "", document); status != http.StatusUnauthorized {
		t.Errorf("the document, by nobody: %d", status)
	}
	for _, c := range calls {
		right, known := rightOf[c.id]
		if !known {
			t.Errorf("%s %s (%s): nobody said what right it takes", c.method, c.path, c.id)
			continue
		}
		if status, body := ask(t, base, "", c); status != http.StatusUnauthorized || !strings.Contains(body, `"status":401`) {
			t.Errorf("%s by nobody: %d %s", c.id, status, body)
		}
		for role, token := range tokens {
			may := aup.Principal{Roles: []aup.UserRole{role}}.May(right)
			status, body := ask(t, base, string(token), c)
			if status == http.StatusUnauthorized || status >= 500 || (status == http.StatusForbidden) == may {
				t.Errorf("%s by %s: %d %s, may: %v", c.id, role, status, body, may)
			}
		}
	}
	for role, token := range tokens {
		if strings.Contains(log.String(), string(token)[5:]) {
			t.Errorf("the log holds the token of %s", role)
		}
	}
}

// addTokens makes a token for every role that stands by itself.
func addTokens(t *testing.T, data string) map[aup.UserRole]aup.Secret {
	t.Helper()
	s, err := store.Open(data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, d := aup.WithPrincipal(t.Context(), aup.Owner("o")), access.NewDirectory(s.Shelf(), s, nil)
	out := make(map[aup.UserRole]aup.Secret)
	for _, role := range aup.UserRoles {
		if role == aup.RoleCleared {
			continue
		}
		got, err := d.AddToken(ctx, aup.Token{Name: string(role), Roles: []aup.UserRole{role}, Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		out[role] = got.Secret
	}
	return out
}
