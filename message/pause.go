package message

import "time"

// Pause is how long an account is left alone that could not be reached or logged in to,
// that has used up its quota, or that servers refuse. It says nothing about any message.
type Pause struct {
	Account  string
	Kind     PauseKind
	Since    time.Time // the first failure of this series
	Until    time.Time
	Failures int // in a row
	Failure  Failure
	// Site and Message are those by which the account failed: it is asked again with another
	// message where there is one.
	Site    string
	Message ID
	// ProbedUntil is how long the replica that asks the account again has for it; the
	// others wait meanwhile.
	ProbedUntil time.Time
}

// PauseKind is why an account is left alone.
type PauseKind string

// The kinds of pauses.
const (
	RelayDown      PauseKind = ""        // not reached, not logged in: no message came so far
	QuotaUsedUp    PauseKind = "quota"   // the account may not send more for now
	AccountRefused PauseKind = "account" // servers of three domains refused it within a minute
	Braked         PauseKind = "brake"   // too many addresses at once are said not to exist
)

// The bounds of a pause, which doubles with each failure.
const (
	shortestPause = time.Second
	shortestBrake = time.Minute
	longestDown   = 5 * time.Minute
	longestBrake  = 30 * time.Minute
	longestQuota  = time.Hour
)

// Lengthened is the pause after another failure.
func (p Pause) Lengthened(at time.Time, kind PauseKind, f Failure) Pause {
	if p.Kind != kind {
		p.Failures = 0
	}
	if p.Failures == 0 {
		p.Since = at
	}
	shortest := shortestPause
	switch kind {
	case Braked:
		shortest = shortestBrake
	case QuotaUsedUp:
		shortest = max(shortestPause, f.NotBefore)
	}
	length := shortest << min(p.Failures, 12)
	p.Failures++
	p.Kind, p.Until, p.ProbedUntil, p.Failure = kind, at.Add(min(length, kind.longest())), time.Time{}, f
	return p
}

func (k PauseKind) longest() time.Duration {
	switch k {
	case Braked:
		return longestBrake
	case QuotaUsedUp:
		return longestQuota
	}
	return longestDown
}

// Ends tells whether the pause ends what waits for longer than a message may: it is about
// the account, and a reply says so. A relay that is down says nothing of the kind.
func (p Pause) Ends() bool {
	return p.Kind == QuotaUsedUp || p.Kind == AccountRefused || p.Kind == Braked
}

// Over tells whether the account may be asked again. A pause that seems to be longer than
// any was begun by a clock that has been set back since.
func (p Pause) Over(at time.Time) bool {
	waits := func(until time.Time) bool { return at.Before(until) && until.Sub(at) <= p.Kind.longest() }
	return !waits(p.Until) && !waits(p.ProbedUntil)
}
