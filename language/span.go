package language

import (
	"strconv"
	"strings"
	"time"
)

// Span is a length of time as pages and mails write it: "250 ms",
// "4 min 55 s", "3 h 20 min", "1 day 4 h". It has two units at most, and is no more exact than
// a reader needs: tenths below ten seconds, no minutes from a day on, no hours from three days on.
func (w *Words) Span(d time.Duration) string {
	switch d = rounded(d); {
	case d == 0:
		return "0 s"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strings.Replace(strconv.FormatFloat(d.Seconds(), 'f', -1, 64), ".", w.T("span.point"), 1) + " s"
	case d < time.Minute:
		return measured(d, time.Second, "s")
	case d < time.Hour:
		return measured(d, time.Minute, "min") + rest(d%time.Minute, time.Second, "s")
	case d < 24*time.Hour:
		return measured(d, time.Hour, w.T("span.hour")) + rest(d%time.Hour, time.Minute, "min")
	}
	days := int(d / (24 * time.Hour))
	text := w.N("span.days", days)
	if days < 3 {
		text += rest(d%(24*time.Hour), time.Hour, w.T("span.hour"))
	}
	return text
}

// rounded is d as exactly as Span writes it. What is rounded up to the next unit, as 59.6 s to a
// minute, is written in that unit.
func rounded(d time.Duration) time.Duration {
	d = max(d, 0)
	for _, step := range []struct{ below, to time.Duration }{
		{time.Second, time.Millisecond}, {10 * time.Second, 100 * time.Millisecond}, {time.Hour, time.Second}, {24 * time.Hour, time.Minute},
	} {
		if d < step.below {
			return d.Round(step.to)
		}
	}
	return d.Round(time.Hour)
}

func measured(d, unit time.Duration, name string) string {
	return strconv.Itoa(int(d/unit)) + " " + name
}

func rest(d, unit time.Duration, name string) string {
	if d < unit {
		return ""
	}
	return " " + measured(d, unit, name)
}

// Symbols are the units of seconds, minutes and hours as Span writes them, for scripts that count
// while a page is open.
func (w *Words) Symbols() []string { return []string{"s", "min", w.T("span.hour")} }
