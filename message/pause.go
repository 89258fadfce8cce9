package message

import "time"

// Pause is how long an account is left alone that could not be reached or logged in to. It
// says nothing about any message.
type Pause struct {
	Account  string
	Since    time.Time // the first failure of this series
	Until    time.Time
	Failures int // in a row
	Failure  Failure
	// ProbedUntil is how long the replica that asks the account again has for it; the
	// others wait meanwhile.
	ProbedUntil time.Time
}

// LongestPause bounds a pause; it doubles with each failure, from a second on.
const LongestPause = 5 * time.Minute

// Lengthened is the pause after another failure.
func (p Pause) Lengthened(at time.Time, f Failure) Pause {
	if p.Failures == 0 {
		p.Since = at
	}
	length := time.Second << min(p.Failures, 20)
	p.Failures++
	p.Until, p.ProbedUntil, p.Failure = at.Add(min(length, LongestPause)), time.Time{}, f
	return p
}

// Over tells whether the account may be asked again. A pause that seems to be longer than
// any was begun by a clock that has been set back since.
func (p Pause) Over(at time.Time) bool {
	waits := func(until time.Time) bool { return at.Before(until) && until.Sub(at) <= LongestPause }
	return !waits(p.Until) && !waits(p.ProbedUntil)
}
