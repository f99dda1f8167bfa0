package daemon_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aupd/config"
	"aupd/internal/access"
	"aupd/internal/aup"
	"aupd/internal/policy"
	"aupd/internal/search"
	"aupd/internal/store"
)

// Every word of the sealed report, and of what is written about it, begins with
// quartz, and no other word does. One of its addresses is in no other report
// either.
const (
	secretWord    = "quartz"
	secretAddress = "198.51.100.78"
	sharedAddress = "198.51.100.7" // an open report names it as well
)

// A vault is a daemon with an open report, a sealed one, and one that answers
// the sealed one.
type vault struct {
	base    string
	cleared string // the token of somebody who may do everything
	blind   string // and of somebody who may do everything but see what is sealed
	ids     []aup.ReportID
}

func mail(raw string, src aup.Source) *aup.Mail {
	return &aup.Mail{Hash: sha256.Sum256([]byte(raw)), Size: int64(len(raw)), Raw: strings.NewReader(raw), Source: src}
}

func openVault(t *testing.T) vault {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.Admin.Listen = t.TempDir(), "127.0.0.1:0", ""
	p, err := policy.Parse(config.DefaultPolicy(), "built-in policy")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(cfg.Data, store.Options{Policy: func() aup.Pinner { return p }})
	if err != nil {
		t.Fatal(err)
	}
	v := vault{ids: fillVault(t, s)}
	ctx, d := aup.WithPrincipal(t.Context(), aup.Owner("o")), access.NewDirectory(s.Shelf(), s, nil)
	every := []aup.UserRole{aup.RoleOperator, aup.RoleLead, aup.RolePolicyEditor, aup.RoleAuditor, aup.RoleAdmin}
	for name, to := range map[string]*string{"blind": &v.blind, "cleared": &v.cleared} {
		roles := every
		if name == "cleared" {
			roles = append(slices.Clone(every), aup.RoleCleared)
		}
		got, err := d.AddToken(ctx, aup.Token{Name: name, Roles: roles, Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		*to = string(got.Secret)
	}
	ix, err := search.Open(t.Context(), cfg.Data, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func() error{func() error { return ix.CatchUp(t.Context()) }, ix.Close, s.Close} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	at, _, err := start(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	v.base = "http://" + at.HTTP
	return v
}

// fillVault records the reports and works on them.
func fillVault(t *testing.T, s *store.Store) []aup.ReportID {
	t.Helper()
	shared := aup.Part{ID: "2", Kind: aup.PartText, Message: 1, Text: "the same message of more than forty bytes was passed on by both"}
	source := aup.Indicator{Kind: aup.IndicatorIP, Value: sharedAddress, Role: aup.RoleSource, Part: "1"}
	open := aup.Document{
		Messages:   []aup.Message{{Parent: -1, Subject: "open", From: []aup.Address{{Addr: "ann@mail.example"}}}, {Via: aup.ViaRFC822}},
		Parts:      []aup.Part{{ID: "1", Kind: aup.PartText, Text: "they harvest"}, shared},
		Indicators: []aup.Indicator{source},
	}
	from := []aup.Address{{Name: "quartzname", Addr: "quartzsender@quartzmail.example"}}
	sealed := aup.Document{
		Messages: []aup.Message{
			{Parent: -1, Subject: "quartzsubject", MessageID: "quartzid@quartzmail.example", From: from, Header: []aup.Field{{Name: "X-Q", Value: "quartzheader"}}},
			{Via: aup.ViaRFC822, Subject: "quartzoriginal", From: from},
		},
		Parts:       []aup.Part{{ID: "1", Kind: aup.PartText, Text: "quartzbody harvest"}, shared},
		Attachments: []aup.Attachment{{Path: "3", Name: "quartzfile.jpg"}},
		Problems:    []aup.Problem{{Kind: "charset", Detail: "quartzdetail"}},
		Indicators: []aup.Indicator{
			source, {Kind: aup.IndicatorIP, Value: secretAddress, Role: aup.RoleSource}, {Kind: aup.IndicatorURL, Value: "http://www.quartzhost.example/quartzpath", Role: aup.RoleSource},
		},
	}
	answer := aup.Document{
		Messages: []aup.Message{{Parent: -1, Subject: "Re: quartzsubject", MessageID: "quartzsecond@quartzmail.example", InReplyTo: []string{"quartzid@quartzmail.example"}, From: from}},
		Parts:    []aup.Part{{ID: "1", Kind: aup.PartText, Text: "any news? quartzbody"}},
	}
	verdict := aup.Verdict{
		Outcome: aup.OutcomeViolation, Primary: "2.4", Clauses: []aup.ClauseID{"2.4"}, Sealed: true,
		Findings: []aup.Finding{{Clause: "2.4", Score: 0.9, Spans: []aup.Span{{Part: "1", End: 6, Text: "quartzbody", Reason: "names minors", Rule: "quartzrule"}}}},
	}
	harmless := aup.Verdict{Outcome: aup.OutcomeViolation, Primary: "4", Clauses: []aup.ClauseID{"4"}}
	src := func(uid uint32) aup.Source {
		return aup.Source{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: uid}
	}
	takeNearMiss(t, s, src(2), "quartzsubject")
	var ids []aup.ReportID
	for i, r := range []struct {
		raw string
		doc aup.Document
		v   aup.Verdict
	}{{"open", open, harmless}, {"quartzraw", sealed, verdict}, {"quartzagain", answer, harmless}} {
		m, at := mail(r.raw, src(uint32(i+1))), time.Now().Add(time.Duration(i-9)*time.Minute)
		got, err := s.Record(t.Context(), []aup.Intake{{Mail: m, Events: []aup.Event{aup.NewReceived(m, r.doc, at, "mailbox"), aup.NewClassified(m.Hash, r.v, at, "mailbox")}}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got[0].ID)
	}
	again := mail("quartzraw", aup.Source{Mailbox: "file", Folder: "quartzfile.eml"})
	if _, err := s.Record(t.Context(), []aup.Intake{{Mail: again, Events: []aup.Event{aup.NewSeen(again.Hash, again.Source, time.Now(), "file")}}}); err != nil {
		t.Fatal(err)
	}
	workOn(t, s, ids[1])
	return ids
}

// takeNearMiss has a message lie in the tray and somebody take it.
func takeNearMiss(t *testing.T, s *store.Store, src aup.Source, subject string) {
	t.Helper()
	row := aup.LedgerRow{First: src.UID, Last: src.UID, Fate: aup.NearMiss, Note: subject}
	if err := s.Account(t.Context(), src.Epoch(), []aup.LedgerRow{row}, src.UID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Settle(t.Context(), aup.Actor{Name: "carla"}, aup.Settlement{Source: src, Do: aup.EventNearMissTaken, Reason: "quartzreason"}); err != nil {
		t.Fatal(err)
	}
}

// workOn does to a report whatever takes words.
func workOn(t *testing.T, s *store.Store, id aup.ReportID) {
	t.Helper()
	for _, a := range []aup.Action{
		{Do: aup.EventNoted, Reason: "quartznote"}, {Do: aup.EventTagged, Add: []string{"quartztag", "quartzother"}}, {Do: aup.EventTagged, Remove: []string{"quartzother"}},
		{Do: aup.EventWaiting, Reason: "quartzwait", Key: "quartzkey"}, {Do: aup.EventLinked, Case: "c-7", Reason: "quartzlink"},
		{Do: aup.EventDecided, Outcome: aup.OutcomeViolation, Clauses: []aup.ClauseID{"2.4"}, Reason: "quartzwhy", Taken: []string{"quartzmeasure"}},
		{Do: aup.EventReopened, Reason: "quartzopen"}, {Do: aup.EventClosed, Reason: "quartzend"}, {Do: aup.EventReopened, Reason: "quartzopen"},
	} {
		r, err := s.Report(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		a.Saw = r.Revision
		if _, err := s.Act(t.Context(), aup.Actor{Name: "carla", From: "cli"}, id, a); err != nil {
			t.Fatal(err)
		}
	}
}

func (v vault) get(t *testing.T, token, path string) (int, string) {
	t.Helper()
	return ask(t, v.base, token, apiCall{method: http.MethodGet, path: path})
}

// post sends v as JSON.
func (v vault) post(t *testing.T, token, path string, body any) (int, string) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}
