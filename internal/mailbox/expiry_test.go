package mailbox

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// That a secret runs out is told once a day from four weeks before.
func TestSecretEnds(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		left time.Duration // at the start; 0 for not known
		said int           // within ten days
	}{
		"not known": {0, 0}, "in a year": {365 * day, 0}, "in 33 days": {33*day + day/2, 4}, "in a week": {7 * day, 10}, "over": {-day, 10},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			var ends time.Time
			try(t, f, func(o *Options) {
				if tc.left != 0 {
					ends = time.Now().Add(tc.left)
				}
				o.SecretEnds = ends
			}, func(t *trial) {
				time.Sleep(10*day - time.Hour)
				synctest.Wait()
				if n := strings.Count(t.log.String(), "the secret of the sign-in"); n != tc.said {
					t.Errorf("told %d times in ten days, want %d:\n%s", n, tc.said, t.log)
				}
			})
		})
	}
}
