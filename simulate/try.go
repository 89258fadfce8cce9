package simulate

import (
	"errors"
	"fmt"
	"io"
)

// Trial is what one journal comes to under several schedules.
type Trial struct {
	Lines   int // that were taken
	Skipped int // that could not be: a kind that config.yaml has no longer, or nobody known
	// Summaries are in the order of the options.
	Summaries []Summary
}

// MaxItems is how much a trial takes at most: events count once for each of their users.
const MaxItems = 1_000_000

// ErrTooMuch means that there is more in the journal than a trial takes.
var ErrTooMuch = errors.New("that is too much for one trial")

// Try counts what the lines lead to under each of the options, all at once and without
// keeping the mails. Lines that cannot be taken are left out and counted.
func Try(lines Lines, all ...Options) (Trial, error) {
	var t Trial
	var planners []*planner
	var tallies []*Tally
	for _, o := range all {
		p, tally := newPlanner(o), NewTally()
		p.hand = tally.Add
		planners, tallies = append(planners, p), append(tallies, tally)
	}
	for items := 0; ; {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, err
		}
		if items += weight(line); items > MaxItems {
			return t, fmt.Errorf("%w: there are more than %d events, messages and settings in this time. Choose a shorter one", ErrTooMuch, MaxItems)
		}
		var wrong error
		for _, p := range planners {
			if line.At.After(p.o.Until) {
				continue
			}
			if err := p.next(line); err != nil {
				wrong = err
			}
		}
		if wrong != nil {
			t.Skipped++
		} else {
			t.Lines++
		}
	}
	for i, p := range planners {
		p.runUntil(p.o.Until, true)
		t.Summaries = append(t.Summaries, tallies[i].Summary())
	}
	return t, nil
}

// weight is how much work a line is.
func weight(l Line) int {
	switch {
	case l.Event != nil:
		return max(1, len(l.Event.Users))
	case l.Draft != nil:
		return max(1, len(l.Draft.To))
	case l.Deadline != nil:
		return max(1, len(l.Deadline.Users))
	}
	return 1
}
