package simulate

import (
	"time"

	"notifier/message"
)

// Tally counts mails as they come. What it keeps grows with the mails only by how long each
// was waited for.
type Tally struct {
	s             Summary
	days, minutes map[int64]int // by their Unix time
	soon, late    []time.Duration
	sizes         []int
}

// NewTally begins to count.
func NewTally() *Tally {
	return &Tally{s: Summary{ByType: map[message.Type]int{}}, days: map[int64]int{}, minutes: map[int64]int{}}
}

// Add counts a mail.
func (t *Tally) Add(m Mail) {
	t.s.Mails++
	t.s.ByType[m.Type]++
	t.days[m.At.Truncate(24*time.Hour).Unix()]++
	t.minutes[m.At.Truncate(time.Minute).Unix()]++
	switch {
	case m.Type == message.Digest:
		t.sizes = append(t.sizes, len(m.Items))
		t.late = append(t.late, m.At.Sub(m.Due))
	case m.Due.Equal(m.Since[0]):
		t.soon = append(t.soon, m.At.Sub(m.Due))
	default:
		t.late = append(t.late, m.At.Sub(m.Due))
	}
}

// Summary is what the mails come to so far.
func (t *Tally) Summary() Summary {
	s := t.s
	s.Days = len(t.days)
	for _, n := range t.days {
		s.MaxDay = max(s.MaxDay, n)
	}
	for at, n := range t.minutes {
		if minute := time.Unix(at, 0).UTC(); n > s.Peak || n == s.Peak && minute.Before(s.Busiest) {
			s.Busiest, s.Peak = minute, n
		}
	}
	s.RightAway = Spread{percentile(t.soon, 50), percentile(t.soon, 95)}
	s.PastDue = Spread{percentile(t.late, 50), percentile(t.late, 95)}
	s.Digest = Sizes{percentile(t.sizes, 50), percentile(t.sizes, 95), percentile(t.sizes, 100)}
	return s
}
