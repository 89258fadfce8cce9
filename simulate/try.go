package simulate

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Trial is what one journal comes to under several schedules.
type Trial struct {
	Lines   int // that were taken
	Skipped int // that could not be: a kind that config.yaml has no longer, or nobody known
	People  int // who came up
	// Summaries are in the order of the options.
	Summaries []Summary
	// Minutes are how many mails leave in each minute that has any, by its Unix time.
	Minutes []map[int64]int
	// Watched are the first mails to the address that was watched.
	Watched [][]Mail
}

// Watch is what to tell of a trial while it goes on, and to keep of it.
type Watch struct {
	// Progress is called now and then with how far it has come.
	Progress func(at time.Time, lines int)
	// To is an address whose mails from From on are kept; empty: none is.
	To   string
	From time.Time
}

// watchedAtMost is how many mails to one address are kept of each plan.
const watchedAtMost = 500

// tellEvery is after how many lines progress is told.
const tellEvery = 1000

// MaxItems is how much a trial takes at most: events count once for each of their users.
const MaxItems = 1_000_000

// ErrTooMuch means that there is more in the journal than a trial takes.
var ErrTooMuch = errors.New("that is too much for one trial")

// Try counts what the lines lead to under each of the options, all at once and without
// keeping the mails. It plans on after Until until what came in by then has left, so that no
// schedule gains by what still waits. Lines that cannot be taken are left out and counted.
func Try(lines Lines, all ...Options) (Trial, error) { return TryWatched(lines, Watch{}, all...) }

// TryWatched is Try for somebody who waits for it.
func TryWatched(lines Lines, w Watch, all ...Options) (Trial, error) {
	t := Trial{Watched: make([][]Mail, len(all))}
	var planners []*planner
	var tallies []*Tally
	for i, o := range all {
		p, tally := newPlanner(o), NewTally()
		p.hand = func(m Mail) {
			tally.Add(m)
			if m.At.After(p.o.Until) {
				tally.s.Later++
			}
			if w.To != "" && m.To == w.To && !m.At.Before(w.From) && len(t.Watched[i]) < watchedAtMost {
				t.Watched[i] = append(t.Watched[i], m)
			}
		}
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
		if w.Progress != nil && (t.Lines+t.Skipped)%tellEvery == 1 {
			w.Progress(line.At, t.Lines)
		}
	}
	for i, p := range planners {
		p.runOn()
		tallies[i].s.Waiting = p.stillWaiting()
		t.Summaries, t.Minutes, t.People = append(t.Summaries, tallies[i].Summary()), append(t.Minutes, tallies[i].minutes), len(p.users)
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
