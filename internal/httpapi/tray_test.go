package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"aupd/internal/aup"
	"aupd/internal/httpapi"

	"github.com/google/go-cmp/cmp"
)

// A tray has one item and remembers what was made of it.
type tray struct {
	all     bool
	who     aup.Actor
	settled aup.Settlement
	err     error
}

var trayItem = aup.TrayItem{
	Source:  aup.Source{Mailbox: "support", Folder: "Ä/b&c", UIDValidity: 4294967295, UID: 4294967294},
	Subject: "AUP ☃", State: aup.TrayDismissed, Fate: aup.NearMiss, Since: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	By: "olga", At: time.Date(2026, 3, 5, 5, 6, 7, 0, time.UTC), Reason: "a newsletter",
}

func (t *tray) NearMisses(_ context.Context, all bool) (aup.TrayPage, error) {
	t.all = all
	return aup.TrayPage{Items: []aup.TrayItem{trayItem}, Open: 3, More: true}, t.err
}

func (t *tray) Settle(_ context.Context, who aup.Actor, s aup.Settlement) (aup.TrayItem, error) {
	t.who, t.settled = who, s
	return trayItem, t.err
}

func TestClientIsTheTray(t *testing.T) {
	b := &tray{}
	c := serve(t, httpapi.Backend{Tray: b})
	for _, all := range []bool{true, false} {
		page, err := c.NearMisses(t.Context(), all)
		if d := cmp.Diff(aup.TrayPage{Items: []aup.TrayItem{trayItem}, Open: 3, More: true}, page); d != "" || err != nil || b.all != all {
			t.Errorf("all %v, asked for %v: %v (-want +got):\n%s", all, b.all, err, d)
		}
	}
	for _, kind := range aup.SettleKinds {
		want := aup.Settlement{Source: trayItem.Source, Do: kind, Reason: "a newsletter"}
		item, err := c.Settle(t.Context(), aup.Actor{Name: "olga"}, want)
		if d := cmp.Diff(trayItem, item) + cmp.Diff(want, b.settled); d != "" || err != nil || b.who.Name != "olga" {
			t.Errorf("%s by %+v: %v (-want +got):\n%s", kind, b.who, err, d)
		}
	}
	b.err = aup.ErrConflict
	if _, err := c.Settle(t.Context(), aup.Actor{}, aup.Settlement{Source: trayItem.Source, Do: aup.EventNearMissTaken}); !errors.Is(err, aup.ErrConflict) {
		t.Errorf("a refused settlement: %v, want %v", err, aup.ErrConflict)
	}
	if _, err := c.Settle(t.Context(), aup.Actor{}, aup.Settlement{Do: "decided"}); !errors.Is(err, aup.ErrInvalid) {
		t.Errorf("another event: %v, want %v", err, aup.ErrInvalid)
	}
}

// Everybody who reads sees the tray; a lead settles what is in it.
func TestWhoSettles(t *testing.T) {
	o := newOffice(t)
	const settle = `{"source":{"mailbox":"m","folder":"f","uidvalidity":1,"uid":1},"do":"near-miss-taken"}`
	for role, want := range map[aup.UserRole]int{
		aup.RoleReader: http.StatusForbidden, aup.RoleOperator: http.StatusForbidden, aup.RoleAuditor: http.StatusForbidden,
		aup.RoleLead: http.StatusNotFound, aup.RoleAdmin: http.StatusNotFound,
	} {
		o.ask(call{path: "/near-misses", roles: []aup.UserRole{role}}, http.StatusOK, nil)
		o.ask(call{method: http.MethodPost, path: "/near-misses/settle", body: settle, roles: []aup.UserRole{role}}, want, nil)
	}
}
