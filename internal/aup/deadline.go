package aup

import (
	"fmt"
	"slices"
	"time"
)

// Deadlines say when somebody should have decided on a report. The zero
// Deadlines set none.
type Deadlines struct {
	// Within is how much time there is for each severity; "" stands for
	// reports without one. A severity that is missing has no deadline.
	Within map[Severity]time.Duration
	// Hours are the hours in which the time runs, the zero Hours for always.
	// Urgent and critical reports do not wait for them.
	Hours Hours
}

// Hours are the hours of a working week.
type Hours struct {
	From, To time.Duration // since midnight, in whole minutes, From before To
	Days     []time.Weekday
	Zone     *time.Location // UTC if nil
}

// Check says what is wrong with h; the error is ErrInvalid.
func (h Hours) Check() error {
	switch {
	case len(h.Days) == 0 && h.From == 0 && h.To == 0:
		return nil
	case len(h.Days) == 0:
		return fmt.Errorf("business hours without days: %w", ErrInvalid)
	case h.From < 0 || h.To > 24*time.Hour || h.From >= h.To:
		return fmt.Errorf("business hours from %v to %v: want a start before an end within one day: %w", h.From, h.To, ErrInvalid)
	}
	return nil
}

// Due returns when a report of that severity, recorded at a time, is due; the
// zero time when it never is.
func (d Deadlines) Due(s Severity, urgent bool, recorded time.Time) time.Time {
	within, ok := d.Within[s]
	switch {
	case !ok:
		return time.Time{}
	case urgent || s == Critical || len(d.Hours.Days) == 0:
		return recorded.Add(within).UTC()
	}
	return d.Hours.add(recorded, within).UTC()
}

// add returns the time at which left has passed since t, counting the hours of
// h alone.
func (h Hours) add(t time.Time, left time.Duration) time.Time {
	zone := h.Zone
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	for {
		y, m, day := t.Date()
		// Counted in minutes of the day, as a clock on the wall shows them on a
		// day with a change of the clock too.
		clock := func(d time.Duration) time.Time { return time.Date(y, m, day, 0, int(d/time.Minute), 0, 0, zone) }
		start, end := clock(h.From), clock(h.To)
		if slices.Contains(h.Days, t.Weekday()) && t.Before(end) {
			if t.Before(start) {
				t = start
			}
			rest := end.Sub(t)
			if left <= rest {
				return t.Add(left)
			}
			left -= rest
		}
		t = time.Date(y, m, day+1, 0, 0, 0, 0, zone)
	}
}
