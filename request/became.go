package request

import "notifier/message"

// Became counts what has become of the messages that a retry or a release moved. It is how
// they stand when it is asked: mail that is on its way is counted elsewhere later.
type Became struct {
	Sent    int `json:"sent"`
	Failed  int `json:"failed" doc:"In error again."`
	Unsent  int `json:"not_sent" doc:"Not sent for another reason: skipped, cancelled or expired."`
	Waiting int `json:"waiting" doc:"Still on their way."`
}

// Count counts n messages with that status.
func (b *Became) Count(s message.Status, n int) {
	switch {
	case s == message.Sent || s == message.Delivered || s == message.Merged:
		b.Sent += n
	case s == message.Error:
		b.Failed += n
	case s.Final():
		b.Unsent += n
	default:
		b.Waiting += n
	}
}

// Result is how an operation ended, in a word.
type Result string

// The results. An operation that runs has none, nor has one whose messages were purged.
const (
	ResultOpen    Result = "open"    // some of its messages are on their way
	ResultDone    Result = "done"    // all of them
	ResultPartly  Result = "partly"  // some failed again, were not sent, or were left alone
	ResultFailed  Result = "failed"  // none was sent
	ResultNothing Result = "nothing" // none was moved
)

// Sends tells whether the operation sets messages going, so that its result is theirs.
func (o Operation) Sends() bool { return o.Action == ActRetry || o.Action == ActRelease }

// Judged is the operation with its result, which is that of its messages and not that each
// could be moved. The counts are given for one that sends.
func (o Operation) Judged(b *Became) Operation {
	o.Result, o.Became = "", nil
	if o.Status != Done && o.Status != Stopped {
		return o
	}
	if o.Sends() && o.Succeeded > 0 {
		o.Became = b
	}
	switch {
	case o.Succeeded == 0:
		o.Result = ResultNothing
	case o.Sends() && (b == nil || *b == Became{}): // they are purged
	case o.Sends() && b.Waiting > 0:
		o.Result = ResultOpen
	case o.Sends() && b.Sent == 0:
		o.Result = ResultFailed
	case o.Refused > 0 || o.Status == Stopped || o.Sends() && b.Failed+b.Unsent > 0:
		o.Result = ResultPartly
	default:
		o.Result = ResultDone
	}
	return o
}
