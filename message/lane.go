package message

import "time"

// Priority says which mails of a site leave first.
type Priority string

// The priorities. The zero Priority is Normal.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

var ranks = []Priority{High, Normal, Low}

// Rank is where the priority stands in the queue: 0 leaves first.
func (p Priority) Rank() int {
	for i, known := range ranks {
		if p == known {
			return i
		}
	}
	return 1
}

// Ranked is the priority of that rank; the zero Priority for what is normal.
func Ranked(rank int) Priority {
	if rank < 0 || rank >= len(ranks) || ranks[rank] == Normal {
		return ""
	}
	return ranks[rank]
}

// Lane is a part of a site's queue: what goes out by one account with one priority.
type Lane struct {
	Site     string
	Account  string // as the messages name it; empty: the site's
	Priority Priority
	DueAt    time.Time // of the first message in it
}
