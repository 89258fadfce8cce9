package console

import (
	"time"

	"notifier/jobs"
	"notifier/schedule"
)

// How far ahead an effect is reckoned: far enough for a week's rhythm, and few enough ticks
// for a page.
const (
	effectOver  = 28 * 24 * time.Hour
	effectTicks = 5000
)

// effect says what a schedule means for mail.
func (b base) effect(j jobs.State, s schedule.Schedule, wake bool) string {
	words := b.Clock.Words
	switch j.Name {
	case schedule.UserNotifications:
		mean, most := lateness(s, b.Clock.Now())
		if most == 0 {
			return words.T("job.effect_on_time")
		}
		return words.T("job.effect_deferred", "Value", b.Span(mean), "All", b.Span(most))
	case schedule.Reminders:
		mean, most := waits(s, b.Clock.Now())
		return words.T("job.effect_reminder", "Value", b.Span(mean), "All", b.Span(most))
	}
	if wake {
		return words.T("job.effect_wake")
	}
	mean, most := waits(s, b.Clock.Now())
	return words.T("job.effect_ready", "Value", b.Span(mean), "All", b.Span(most))
}

// waits is how long something waits for the next tick that may come at any time: on
// average, and at most.
func waits(s schedule.Schedule, from time.Time) (mean, most time.Duration) {
	if every := s.Spec().Every; every != "" {
		d, _ := time.ParseDuration(every)
		return d / 2, d
	}
	last := s.Next(from)
	var sum, squares float64 // of the gaps, in seconds
	for range effectTicks {
		next := s.Next(last)
		if last.IsZero() || next.IsZero() {
			break
		}
		gap := next.Sub(last)
		sum, squares, most = sum+gap.Seconds(), squares+gap.Seconds()*gap.Seconds(), max(most, gap)
		if last = next; last.Sub(from) > effectOver {
			break
		}
	}
	if sum == 0 {
		return 0, 0
	}
	return time.Duration(squares / sum / 2 * float64(time.Second)), most
}

// lateness is how long after the full hour, on which deferred mail is due, the job comes.
func lateness(s schedule.Schedule, from time.Time) (mean, most time.Duration) {
	var sum time.Duration
	n := 0
	for due := from.Truncate(time.Hour); due.Sub(from) < effectOver; due = due.Add(time.Hour) {
		tick := s.Next(due.Add(-1))
		if tick.IsZero() {
			break
		}
		late := tick.Sub(due)
		sum, most = sum+late, max(most, late)
		n++
	}
	return sum / time.Duration(max(n, 1)), most
}
