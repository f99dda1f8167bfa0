package desk

import (
	"context"
	"fmt"
	"io"

	"aupd/internal/aup"
)

// Evidence returns what the log holds about a report and its message, which
// the caller closes. It needs the right to audit; a sealed report is for those
// who are cleared as well, and the log says who took it.
func (d *Desk) Evidence(ctx context.Context, id aup.ReportID) (aup.Proof, io.ReadCloser, error) {
	if _, err := need(ctx, aup.RightAudit); err != nil {
		return aup.Proof{}, nil, err
	}
	if d.prover == nil {
		return aup.Proof{}, nil, fmt.Errorf("no evidence is given here: %w", aup.ErrNotFound)
	}
	r, err := d.open(ctx, id)
	if err != nil {
		return aup.Proof{}, nil, err
	}
	p, err := d.prover.Proof(ctx, r.ID)
	if err != nil {
		return p, nil, err
	}
	raw, err := d.backlog.Raw(ctx, r.ID)
	return p, raw, err
}
