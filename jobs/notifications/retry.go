package notifications

import (
	"math/rand/v2"
	"time"

	"notifier/message"
)

// Retry says when a temporary failure is tried again, and when it is given up. The zero
// value of each field means its default.
type Retry struct {
	Base        time.Duration // the longest wait after the first attempt; 1m
	Cap         time.Duration // the longest wait at all; 2h
	MaxAttempts int           // 25
	MaxAge      time.Duration // since it was queued, or asked for again; 48h
}

func (r Retry) withDefaults() Retry {
	r.Base = orDefault(r.Base, time.Minute)
	r.Cap = orDefault(r.Cap, 2*time.Hour)
	r.MaxAttempts = orDefault(r.MaxAttempts, 25)
	r.MaxAge = orDefault(r.MaxAge, 48*time.Hour)
	return r
}

// ceiling is the longest wait after so many attempts: it doubles with each.
func (r Retry) ceiling(attempts int) time.Duration {
	ceiling := r.Base
	for i := 1; i < attempts && ceiling < r.Cap; i++ {
		ceiling *= 2
	}
	return min(ceiling, r.Cap)
}

// wait is a random part of the ceiling ("full jitter"), so that a backlog does not come
// back all at once; at least a second, and as long as the server asked for.
func (r Retry) wait(attempts int, f *message.Failure) time.Duration {
	return max(rand.N(r.ceiling(attempts)), time.Second, f.NotBefore)
}

// exhausted tells whether the message has been tried often or long enough.
func (r Retry) exhausted(m message.Message, c message.Category, at time.Time) bool {
	return m.Tries >= r.MaxAttempts || r.tooOld(m, c, at)
}

// tooOld tells whether the message has been tried long enough.
func (r Retry) tooOld(m message.Message, c message.Category, at time.Time) bool {
	since := m.QueuedAt
	if m.RetriedAt.After(since) {
		since = m.RetriedAt
	}
	longest := r.MaxAge
	if within := c.Within(); within > 0 {
		longest = min(longest, within)
	}
	return at.Sub(since) > longest
}

// judge turns what the courier brought back into the message's next move.
func (r Retry) judge(m message.Message, receipt message.Receipt, at time.Time) message.Outcome {
	o := message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, At: at,
		Rejected: m.Rejected, Remaining: m.Remaining, Reached: m.Reached,
	}
	if !receipt.Tried {
		o.Move, o.NotBefore, o.Error = message.HandBack, at, m.Error
		return o
	}
	o.Rejected = append(append([]string(nil), m.Rejected...), receipt.Rejected...)
	o.Remaining = receipt.Pending
	o.Reached = m.Reached || len(receipt.Accepted) > 0
	failure, blame := receipt.Failure, receipt.AccountFailure
	o.Spent = failure != nil && r.exhausted(m, failure.Category, at)
	retry := len(receipt.Pending) > 0 && !o.Spent
	if blame != nil && blame.Quota() && len(receipt.Pending) > 0 { // no attempt is counted for a quota
		failure, retry = blame, !r.tooOld(m, blame.Category, at)
	}
	switch {
	case retry && failure.Category == message.TooFast:
		o.Move = message.Limit
	case retry:
		o.Move = message.Postpone
	case o.Reached:
		o.Move = message.Accept
		return o
	default:
		o.Move, o.Error = message.Fail, failure
		return o
	}
	o.Error = failure
	o.NotBefore = at.Add(r.wait(m.Tries, failure))
	return o
}
