package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	zap "github.com/blevesearch/zapx/v17"
)

// Each batch is a file of its own, and many files are slow to search: some are
// merged into one now and then. The words of what is merged lie in memory
// meanwhile, up to three times. bleve goes by the number of reports alone, of
// which one says as much as a hundred others: it is told to leave that to us,
// who go by bytes.
const (
	// mergeBytes is the most that a file made of others has.
	mergeBytes = 16 << 20
	// mergeFrom is how many files there may be that are not large enough yet.
	mergeFrom = 20
	// mergeOf is how many become one at most.
	mergeOf = 10
)

// options are those of every index: bleve waits a second for another process,
// and finds no file small enough to merge.
func options() map[string]any {
	return map[string]any{"bolt_timeout": "1s", "scorchMergePlanOptions": map[string]any{"MaxSegmentSize": 1}}
}

// estimateNothing keeps bleve from taking memory for a batch before it looks at
// it: a hundred times what a report of the batch before took, which after a long
// one is more than everything else. It is a setting of the whole program.
var estimateNothing = sync.OnceFunc(func() { zap.NewSegmentBufferAvgBytesPerDocFactor = 0 })

// merge merges files while there are too many.
func (ix *Index) merge(ctx context.Context) error {
	b, err := ix.get()
	if err != nil {
		return err
	}
	advanced, err := b.Advanced()
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	files := advanced.(*scorch.Scorch)
	for ctx.Err() == nil {
		how, err := plan(files)
		if how == nil || err != nil {
			return err
		}
		// bleve tries again for as long as a merge fails, as on a full disk, and
		// ends that when the index is closed: nobody who has to stop waits for it.
		merged := make(chan error, 1)
		go func() { merged <- files.ForceMerge(ctx, how) }()
		select {
		case <-ctx.Done():
		case err := <-merged:
			if err != nil {
				return fmt.Errorf("search index: merge: %w", err)
			}
		}
	}
	return nil
}

// plan returns how the files that fit best are to be merged; nil for not at all.
func plan(files *scorch.Scorch) (how *mergeplan.MergePlanOptions, err error) {
	r, err := files.Reader()
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var all []mergeplan.Segment
	small := 0
	for _, s := range r.(*scorch.IndexSnapshot).Segments() {
		all = append(all, s)
		if s.LiveFileSize() < mergeBytes/2 {
			small++
		}
	}
	if small <= mergeFrom {
		return nil, nil
	}
	best := math.Inf(1)
	for of := mergeOf; of > 1; of /= 2 {
		try := &mergeplan.MergePlanOptions{
			MaxSegmentSize: mergeplan.MaxSegmentSizeLimit, SegmentsPerMergeTask: of, ReclaimDeletesWeight: 2, ScoreSegments: score,
			CalcBudget: func(int64, int64, *mergeplan.MergePlanOptions) int { return len(all) - 1 }, // one merge
		}
		p, err := mergeplan.Plan(all, try)
		if err != nil {
			return nil, fmt.Errorf("search index: merge: %w", err)
		}
		if len(p.Tasks) == 0 {
			continue
		}
		if s := score(p.Tasks[0].Segments, try); s < best {
			how, best = try, s
		}
	}
	return how, nil
}

// score says how badly files go together; infinity stands for not at all.
func score(files []mergeplan.Segment, how *mergeplan.MergePlanOptions) float64 {
	var size int64
	for _, f := range files {
		size += f.LiveFileSize()
	}
	if size > mergeBytes {
		return math.Inf(1)
	}
	return mergeplan.ScoreSegments(files, how)
}
