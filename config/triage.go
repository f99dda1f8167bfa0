package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine without time zones reads the same configuration
)

// weekdays are the names of the days, as time.Weekday counts them.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// severities are the names that a deadline may have.
var severities = []string{"critical", "high", "medium", "low"}

func (t Triage) check() error {
	for s, d := range t.Deadlines {
		if !slices.Contains(severities, s) {
			return fmt.Errorf(".deadlines has %q: want %s", s, strings.Join(severities, ", "))
		}
		if time.Duration(d) < time.Minute {
			return fmt.Errorf(".deadlines.%s is %v: want 1m or more", s, time.Duration(d))
		}
	}
	if t.Hours == nil {
		return nil
	}
	_, _, _, _, err := t.Hours.Read()
	return err
}

// Read returns the days, the start and the end of the working day as time since
// midnight, and the time zone.
func (h Hours) Read() (days []time.Weekday, from, to time.Duration, zone *time.Location, err error) {
	if len(h.Days) == 0 {
		return nil, 0, 0, nil, fmt.Errorf(".hours has no days: want some of %s", strings.Join(weekdays, ", "))
	}
	for _, d := range h.Days {
		i := slices.Index(weekdays, strings.ToLower(d))
		if i < 0 {
			return nil, 0, 0, nil, fmt.Errorf(".hours.days has %q: want %s", d, strings.Join(weekdays, ", "))
		}
		days = append(days, time.Weekday(i))
	}
	if from, err = clock(h.From); err != nil {
		return nil, 0, 0, nil, fmt.Errorf(".hours.from %w", err)
	}
	if to, err = clock(h.To); err != nil {
		return nil, 0, 0, nil, fmt.Errorf(".hours.to %w", err)
	}
	if from >= to {
		return nil, 0, 0, nil, fmt.Errorf(".hours from %s to %s: want a start before an end", h.From, h.To)
	}
	if zone, err = time.LoadLocation(h.Zone); err != nil {
		return nil, 0, 0, nil, fmt.Errorf(".hours.zone is %q: want a name such as Europe/Berlin", h.Zone)
	}
	return days, from, to, zone, nil
}

// clock reads a time of day as time since midnight.
func clock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("is %q: want a time of day such as 09:00", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}
