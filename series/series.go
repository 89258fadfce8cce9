// Package series counts what the service does, minute by minute, for charts.
//
// It knows no database and no clock. Counts are kept in memory and handed on every few
// seconds, so that no message costs a row or a query. What a process had not handed on when
// it was killed is missing: that is statistics, never mail.
package series

import (
	"time"
)

// Metric is what is counted.
type Metric string

// The metrics.
const (
	// Sent are messages that a relay took, by kind.
	Sent Metric = "sent"
	// Errors are messages that were given up, by category.
	Errors Metric = "errors"
	// Queue is how many messages wait, by status: the most in the time.
	Queue Metric = "queue"
	// Waits are how long messages waited from when they were due until a relay took them,
	// by kind.
	Waits Metric = "waits"
	// Digests are how many messages a mail of UserNotifications was made of.
	Digests Metric = "digests"
)

// Metrics lists them.
func Metrics() []Metric { return []Metric{Sent, Errors, Queue, Waits, Digests} }

// Level tells whether the metric is a level rather than a count: of several the highest
// stands for all.
func (m Metric) Level() bool { return m == Queue }

// Rows are kept of each minute and each quarter of an hour for two days, and of each hour
// for 90. All are written at once, so that nothing has to be added up later, and a day is
// read from a hundred rows of a kind.
const (
	Minute      = time.Minute
	Quarter     = 15 * time.Minute
	Hour        = time.Hour
	KeepMinutes = 48 * time.Hour
	KeepHours   = 90 * 24 * time.Hour
)

// Kept is how long the rows of each step are kept.
func Kept() map[time.Duration]time.Duration {
	return map[time.Duration]time.Duration{Minute: KeepMinutes, Quarter: KeepMinutes, Hour: KeepHours}
}

// Count is how often something was in a step.
type Count struct {
	Site   string
	Metric Metric
	Step   time.Duration // Minute, Quarter or Hour; that of the question in an answer
	At     time.Time     // when it begins
	Label  string        // the kind, category or status
	Bucket int           // of a histogram
	N      int
}
