package mailbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

const (
	// stuckAt is how many failures at the same cursor make the folder careful:
	// one message at a time, to find the one that the server chokes on.
	stuckAt = 2
	// maxTries is how often a message may end the connection before it is put
	// aside as missing.
	maxTries = 3
	// harmful is how many tries a message counts at least that ended the
	// connection, so that it is asked for again after a minute at first.
	harmful = 6
)

// A missing message is asked for again, ever less often.
type missing struct {
	tries int
	at    time.Time
}

// wait returns how long it is until a missing message is to be asked for
// again: two seconds, for it may just have arrived, then twice as long each
// time, up to six hours; none when the clock was set back behind the last time.
func (m missing) wait(now time.Time) time.Duration {
	if now.Before(m.at) {
		return 0
	}
	return m.at.Add(min(2*time.Second<<min(m.tries-1, 20), 6*time.Hour)).Sub(now)
}

// retry asks again for the missing messages that are due, each alone and after
// all others, for one of them may end the connection. News go before the rest.
func (f *folder) retry(ctx context.Context, s *session, now time.Time) error {
	for _, uid := range slices.Sorted(maps.Keys(f.missing)) {
		if f.missing[uid].wait(now) > 0 {
			continue
		}
		if err := f.retryOne(ctx, s, uid); err != nil {
			if ctx.Err() == nil && kindOf(err) != KindStore {
				err = errors.Join(err, f.putAside(ctx, uid, err))
			}
			return err
		}
		if len(s.changed) > 0 {
			break
		}
	}
	return nil
}

func (f *folder) retryOne(ctx context.Context, s *session, uid uint32) error {
	uids := []uint32{uid}
	subjects, err := s.subjects(ctx, uids)
	if err != nil {
		return err
	}
	b, err := f.fetchBatch(ctx, s, uids, subjects)
	if err == nil {
		err = f.settle(ctx, b)
	}
	if err != nil {
		return errors.Join(err, b.wait(ctx))
	}
	return nil
}

// putAside makes a message missing at which the connection ended.
func (f *folder) putAside(ctx context.Context, uid uint32, why error) error {
	b := f.newBatch([]uint32{uid})
	got := f.missed(uid, why.Error())
	got.tries = max(got.tries, harmful)
	b.fates[uid] = got
	b.done(0, nil)
	return f.settle(ctx, b)
}

// careful reports whether messages are taken one at a time.
func (f *folder) careful() bool { return f.carefulUntil > 0 }

// stumble draws the consequence of an error while fetching. A message at which
// the connection ends again and again is put aside, so that it does not hold
// up the others.
func (f *folder) stumble(ctx context.Context, chunk []uint32, err error) error {
	if ctx.Err() != nil || kindOf(err) == KindStore {
		return err
	}
	if !f.careful() {
		if f.stuck++; f.stuck >= stuckAt {
			f.carefulUntil = chunk[len(chunk)-1]
		}
		return err
	}
	uid := chunk[0]
	if f.blame[uid]++; f.blame[uid] < maxTries {
		return err
	}
	delete(f.blame, uid)
	return errors.Join(err, f.putAside(ctx, uid, err))
}
