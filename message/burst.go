package message

import "time"

// Burst is that many addresses were suppressed one soon after the other because servers said,
// through one account, that they do not exist. It may be the account, its relay or its name
// server that is wrong: the brake (RULES 5) needs five domains, and knows only the last minute.
type Burst struct {
	Site, Account string
	From, To      time.Time // of the first and the last of them
	N             int
}

// The bounds of a burst.
const (
	// BurstSize is how many addresses a burst has at least.
	BurstSize = 10
	// burstWithin is how soon after the first of so many the last of them comes.
	burstWithin = 10 * time.Minute
	// BurstSeen is for how long a burst is told, unless its suppressions are removed before.
	BurstSeen = 24 * time.Hour
	// BurstShare is of how many mails one is suppressed, at least: among a great many mails
	// some addresses do not exist on any day.
	BurstShare = 10
)

// LastBurst finds the last burst among times at which addresses were suppressed, the newest
// first. It begins and ends with the addresses that stand close enough together.
func LastBurst(times []time.Time) (b Burst, found bool) {
	for i := 0; i+BurstSize <= len(times); i++ {
		if times[i].Sub(times[i+BurstSize-1]) > burstWithin {
			continue
		}
		last := i + BurstSize - 1
		for last+1 < len(times) && times[last+2-BurstSize].Sub(times[last+1]) <= burstWithin {
			last++
		}
		return Burst{From: times[last], To: times[i], N: last - i + 1}, true
	}
	return b, false
}
