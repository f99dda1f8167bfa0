// Package export turns reports into what other programs and other people read:
// JSON lines, CSV, STIX 2.1, block lists for name servers and mail servers, and
// one report as a bundle of evidence that [Verify] checks without any store.
// The same reports give the same bytes. It decides nothing and opens nothing:
// who may see what is settled by whoever hands it the reports.
package export

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"

	"aupd/internal/aup"
)

// A Reader gives reports page by page, as [aup.Backlog] has it.
type Reader interface {
	Reports(ctx context.Context, q aup.Query) (aup.Page, error)
}

// A Selection yields reports; the first error is the last thing that it yields.
type Selection = iter.Seq2[aup.Report, error]

// pageSize is how many reports of an export are held in memory.
const pageSize = 200

// Select returns all that q selects, the newest recorded first, whatever its
// order, limit and page. The first page is read at once: its error is returned.
func Select(ctx context.Context, b Reader, q aup.Query) (Selection, error) {
	if q.Order == aup.OrderQueue && q.State == "" {
		q.State = aup.StateOpen
	}
	// Only this order stays put while reports change.
	q.Order, q.Limit, q.After = aup.OrderNewest, pageSize, ""
	first, err := b.Reports(ctx, q)
	if err != nil {
		return nil, err
	}
	return func(yield func(aup.Report, error) bool) {
		for q, page := q, first; ; {
			for _, r := range page.Reports {
				if !yield(r, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
			var err error
			if page, err = b.Reports(ctx, q); err != nil {
				yield(aup.Report{}, err)
				return
			}
		}
	}, nil
}

// violations yields those reports of s that were decided to be violations and
// have not been opened again.
func violations(s Selection) Selection {
	return func(yield func(aup.Report, error) bool) {
		for r, err := range s {
			if err == nil && (r.Decision == nil || r.Decision.Outcome != aup.OutcomeViolation || r.State.Open()) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// JSONLines writes each report as one line of JSON.
func JSONLines(w io.Writer, reports Selection) error {
	b := bufio.NewWriter(w)
	lines := json.NewEncoder(b)
	for r, err := range reports {
		if err != nil {
			return err
		}
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return b.Flush()
}
