package message

import (
	"slices"
	"time"
)

// Retried is what a person's retry wiped from a message (CQ-14).
type Retried struct {
	Number     int       // 1 for the first
	At         time.Time // when it was asked for
	ExecutedAt time.Time // when the message was last handed over; zero if it never was
	ServedAt   time.Time // when that was answered
	Error      *Failure  // nil if it had been sent
}

// Wiped is what the retry that makes after of m takes away.
func (m Message) Wiped(after Message) Retried {
	r := Retried{Number: after.RetryCount, At: after.RetriedAt, Error: m.Error}
	if !m.ClaimedAt.IsZero() {
		r.ExecutedAt, r.ServedAt = m.ClaimedAt, m.UpdatedAt
	}
	return r
}

// ErrorRecord is a row of a message's history of errors: how it stood, in Conquer's
// words, since when and why (CQ-9).
type ErrorRecord struct {
	Status string
	At     time.Time
	Error  *Failure // nil where a message was retried that had been sent
}

// ErrorRecords lists the history of errors, oldest first. There is a record for Rate
// Limited, Error and Manual Retry, and for nothing else (CQ-10).
func ErrorRecords(attempts []Attempt, retries []Retried) []ErrorRecord {
	var all []ErrorRecord
	for _, a := range attempts {
		if a.LedTo == Error || a.LedTo == RateLimited {
			all = append(all, ErrorRecord{Status: words[a.LedTo].conquer, At: a.EndedAt, Error: a.Failure})
		}
	}
	for _, r := range retries {
		all = append(all, ErrorRecord{Status: manualRetry, At: r.At, Error: r.Error})
	}
	slices.SortStableFunc(all, func(a, b ErrorRecord) int { return a.At.Compare(b.At) })
	return all
}
