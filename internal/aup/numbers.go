package aup

import (
	"slices"
	"time"
)

// MaxNumbersDays is how many days back [Numbers] go at most: what is older
// than a year says little about the work, and each day is a row of them.
const MaxNumbersDays = 366

// Numbers say what came in and how the work on it went since a time. What is
// received counts as it is classified now, what is decided by the decision
// that holds now.
type Numbers struct {
	Since        time.Time       `json:"since"`
	Received     int             `json:"received"`
	ByOutcome    map[Outcome]int `json:"by_outcome"` // of the received ones, as classified
	Decided      int             `json:"decided"`
	AsClassified int             `json:"as_classified"` // of the decided ones
	// Median is the median time from a report's recording to its decision; 0
	// when none was taken.
	Median  time.Duration   `json:"median_ns"`
	Days    []DayNumbers    `json:"days"`    // each day since, in UTC, the oldest first
	Clauses []ClauseNumbers `json:"clauses"` // sorted by their ids; those alone that have a number
	// Reporters holds the senders of the most reports, at most 20, the most
	// diligent first.
	Reporters []ReporterNumbers `json:"reporters"`
}

// DayNumbers are the numbers of one day.
type DayNumbers struct {
	Day      time.Time `json:"day"` // its start, UTC
	Received int       `json:"received"`
	Decided  int       `json:"decided"`
	// ByClause counts the received reports by each of their clauses.
	ByClause map[ClauseID]int `json:"by_clause,omitempty"`
}

// ClauseNumbers are the numbers of one clause. Received counts a report under
// each of its clauses, the rest by the primary clause of the decision, None
// for one of no violation.
type ClauseNumbers struct {
	Clause       ClauseID      `json:"clause"`
	Received     int           `json:"received"`
	Decided      int           `json:"decided"`
	AsClassified int           `json:"as_classified"`
	Median       time.Duration `json:"median_ns"`
}

// ReporterNumbers say how many reports one address sent.
type ReporterNumbers struct {
	Address string `json:"address"`
	Reports int    `json:"reports"`
}

// Median returns the middle of ds, which it sorts: of an even number of them
// the mean of the middle two, of none 0.
func Median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	n := len(ds)
	return (ds[(n-1)/2] + ds[n/2]) / 2
}
