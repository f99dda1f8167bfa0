package mailbox

import (
	"context"
	"time"
)

const (
	// SecretSoon is how long before its end a secret is worth a warning: it
	// takes an administrator, and perhaps a meeting, to make a new one.
	SecretSoon = 4 * 7 * 24 * time.Hour
	// warnEvery is how often the warning is repeated.
	warnEvery = 24 * time.Hour
)

// warn says every day that the secret is about to run out, or has.
func (w *Watcher) warn(ctx context.Context) {
	ends := w.opt.SecretEnds
	if ends.IsZero() {
		return
	}
	w.opt.Metrics.secretEnds.WithLabelValues(w.opt.Name).Set(float64(ends.Unix()))
	for ctx.Err() == nil {
		if left := ends.Sub(w.wall().Round(0)); left < SecretSoon {
			w.opt.Log.Warn("the secret of the sign-in runs out: make a new one, or no mail will be read",
				"mailbox", w.opt.Name, "ends", ends.UTC().Format(time.DateOnly), "days", int(left.Hours()/24))
		}
		sleep(ctx, warnEvery, nil)
	}
}
