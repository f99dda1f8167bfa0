package mailbox

import (
	"context"
	"errors"
)

// process deals with uids, many subjects at a time.
func (f *folder) process(ctx context.Context, s *session, uids []uint32) error {
	defer f.setWaiting(0)
	w := work{total: len(uids)}
	for w.done < len(uids) {
		run := f.run(uids[w.done:])
		subjects, err := s.subjects(ctx, run)
		if err != nil {
			if err := f.settle(ctx, w.open...); err != nil {
				return err
			}
			return f.stumble(ctx, run, err)
		}
		if err := f.processRun(ctx, s, &w, run, subjects); err != nil {
			return err
		}
	}
	if err := f.settle(ctx, w.open...); err != nil {
		return err
	}
	if len(uids) > 0 {
		f.w.opt.Progress(f.name, len(uids), len(uids))
	}
	f.stuck, f.carefulUntil = 0, 0
	return nil
}

// work is how far a pass is.
type work struct {
	total, done, settled int      // messages
	open                 []*batch // handed over, and not in the ledger
}

// processRun deals with a run of UIDs whose subjects are known, in batches.
// While batches are on their way to the disk the next are fetched.
func (f *folder) processRun(ctx context.Context, s *session, w *work, run []uint32, subjects map[uint32]decided) error {
	for len(run) > 0 {
		f.setWaiting(w.total - w.done)
		f.w.opt.Progress(f.name, w.done, w.total)
		chunk := f.chunk(run, subjects)
		b, err := f.fetchBatch(ctx, s, chunk, subjects)
		if err != nil || w.done-w.settled >= ledgerEvery {
			if err := f.settle(ctx, w.open...); err != nil {
				return errors.Join(err, b.wait(ctx))
			}
			w.open, w.settled = nil, w.done
		}
		if err != nil {
			// What was handed over is on its way to the disk; let it arrive
			// before it is asked for again.
			return errors.Join(f.stumble(ctx, chunk, err), b.wait(ctx))
		}
		run = run[len(chunk):]
		w.open, w.done = append(w.open, b), w.done+len(chunk)
	}
	return nil
}

// run cuts off the UIDs whose subjects are asked for next. Where something
// went wrong these are few, to get past it.
func (f *folder) run(uids []uint32) []uint32 {
	if f.careful() && uids[0] <= f.carefulUntil {
		return uids[:1]
	}
	f.carefulUntil = 0
	if f.stuck > 0 {
		return uids[:min(len(uids), batchSize)]
	}
	return uids[:min(len(uids), ledgerEvery)]
}

// chunk cuts off the begin of a run with as many messages to fetch as one
// command may name.
func (f *folder) chunk(run []uint32, subjects map[uint32]decided) []uint32 {
	n := 0
	for i, uid := range run {
		if !f.takes(uid, subjects[uid]) {
			continue
		}
		if n++; n > batchSize {
			return run[:i]
		}
	}
	return run
}

// takes reports whether the message with that subject is to be fetched.
func (f *folder) takes(uid uint32, d decided) bool { return d.Decision == Match || f.wanted[uid] }
