package cli

import (
	"context"
	"errors"

	"aupd/config"
	"aupd/internal/aup"
	"aupd/internal/desk"
)

// Reports implements [aup.Backlog]: words are searched for as the daemon does.
func (b *backend) Reports(ctx context.Context, q aup.Query) (aup.Page, error) {
	if q.Text == "" || b.daemon != nil {
		return b.Backlog.Reports(ctx, q)
	}
	find, err := b.searcher(ctx)
	if err != nil {
		return aup.Page{}, err
	}
	return desk.New(b.Backlog, b.Triager).Searching(find).Reports(ctx, q)
}

// openReport opens the backlog for showing the content of one report. That of
// a sealed one is read by way of the log, which says who did; a running daemon
// sees to that by itself.
func openReport(ctx context.Context, cfg config.Config, id string) (*backend, aup.Report, error) {
	b, err := openData(ctx, cfg, readOnly)
	if err != nil {
		return nil, aup.Report{}, err
	}
	r, err := b.Report(ctx, aup.ReportID(id))
	if err == nil && r.Sealed && b.store != nil {
		if err = b.Close(); err != nil {
			return nil, r, err
		}
		if b, err = openData(ctx, cfg, readWrite); err != nil {
			return nil, r, err
		}
		err = b.opened(ctx, r)
	}
	if err != nil {
		return nil, r, errors.Join(err, b.Close())
	}
	return b, r, nil
}

// opened leaves in the log that the content of r is shown, if r is sealed and
// no daemon does so.
func (b *backend) opened(ctx context.Context, r aup.Report) error {
	if b.store == nil {
		return nil
	}
	return desk.Open(ctx, b, aup.PrincipalOf(ctx), r)
}
