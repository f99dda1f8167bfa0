package httpapi

import (
	"context"
	"net/http"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

type trayInput struct {
	All bool `query:"all" doc:"those that were settled as well"`
}

// A settleInput says what becomes of a near miss.
type settleInput struct{ Body settlement }

// A settlement is an [aup.Settlement] as it is sent.
type settlement struct {
	Source place         `json:"source"`
	Do     aup.EventKind `json:"do" enum:"near-miss-taken,near-miss-dismissed,near-miss-restored" doc:"taken: fetch and record it all the same; dismissed: leave it; restored: somebody is to look again"`
	Reason string        `json:"reason,omitempty" maxLength:"2000"`
}

// A place is an [aup.Source] without its time.
type place struct {
	Mailbox     string `json:"mailbox"`
	Folder      string `json:"folder"`
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

func trayRoutes(api huma.API, t aup.Tray) {
	huma.Register(api, get("list-near-misses", "/near-misses", "List the messages whose subject nearly matches"),
		func(ctx context.Context, in *trayInput) (*body[aup.TrayPage], error) {
			if err := need(ctx, aup.RightRead); err != nil {
				return nil, err
			}
			return respond(t.NearMisses(ctx, in.All))
		})
	op := post("settle-near-miss", "/near-misses/settle", "Take a near miss, dismiss it, or put it back")
	op.Errors = []int{http.StatusConflict, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusForbidden}
	huma.Register(api, op, func(ctx context.Context, in *settleInput) (*body[aup.TrayItem], error) {
		if err := need(ctx, aup.RightBulk); err != nil {
			return nil, err
		}
		src := in.Body.Source
		st := aup.Settlement{
			Source: aup.Source{Mailbox: src.Mailbox, Folder: src.Folder, UIDValidity: src.UIDValidity, UID: src.UID},
			Do:     in.Body.Do, Reason: in.Body.Reason,
		}
		return respond(t.Settle(ctx, aup.PrincipalOf(ctx).Actor(), st))
	})
}

// NearMisses implements [aup.Tray].
func (c *Client) NearMisses(ctx context.Context, all bool) (aup.TrayPage, error) {
	path := "/near-misses"
	if all {
		path += "?all=true"
	}
	return fetch[aup.TrayPage](ctx, c, http.MethodGet, path)
}

// Settle implements [aup.Tray]. Only the name of who counts.
func (c *Client) Settle(ctx context.Context, who aup.Actor, s aup.Settlement) (aup.TrayItem, error) {
	src := s.Source
	in := settlement{place{src.Mailbox, src.Folder, src.UIDValidity, src.UID}, s.Do, s.Reason}
	return send[aup.TrayItem](by(ctx, who), c, http.MethodPost, "/near-misses/settle", in, nil)
}
