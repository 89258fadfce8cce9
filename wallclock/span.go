package wallclock

import (
	"strconv"
	"strings"
	"time"
)

// units are how a language writes lengths of time. Days are a word with its plural; the rest
// are symbols, which have none.
type units struct {
	hour  string
	point string // of a decimal fraction
	days  func(n int) string
}

var unitsOf = map[string]units{
	"en": {"h", ".", func(n int) string { return either(n == 1, "day", "days") }},
	"pl": {"godz.", ",", func(n int) string { return either(n == 1, "dzień", "dni") }},
	"fr": {"h", ",", func(n int) string { return either(n < 2, "jour", "jours") }},
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// in is how that language writes lengths of time, English where it is none of ours.
func in(lang string) units {
	if u, known := unitsOf[lang]; known {
		return u
	}
	return unitsOf["en"]
}

// Span is a length of time as pages and mails write it in a language (en, pl or fr): "250 ms",
// "4 min 55 s", "3 h 20 min", "1 day 4 h". It has two units at most, and is no more exact than
// a reader needs: tenths below ten seconds, no minutes from a day on, no hours from three days on.
func Span(lang string, d time.Duration) string {
	u := in(lang)
	switch d = rounded(d); {
	case d == 0:
		return "0 s"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strings.Replace(strconv.FormatFloat(d.Seconds(), 'f', -1, 64), ".", u.point, 1) + " s"
	case d < time.Minute:
		return counted(d, time.Second, "s")
	case d < time.Hour:
		return counted(d, time.Minute, "min") + rest(d%time.Minute, time.Second, "s")
	case d < 24*time.Hour:
		return counted(d, time.Hour, u.hour) + rest(d%time.Hour, time.Minute, "min")
	}
	days := int(d / (24 * time.Hour))
	text := strconv.Itoa(days) + " " + u.days(days)
	if days < 3 {
		text += rest(d%(24*time.Hour), time.Hour, u.hour)
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

func counted(d, unit time.Duration, name string) string {
	return strconv.Itoa(int(d/unit)) + " " + name
}

func rest(d, unit time.Duration, name string) string {
	if d < unit {
		return ""
	}
	return " " + counted(d, unit, name)
}

// Symbols are the units of seconds, minutes and hours as Span writes them in that language, for
// scripts that count while a page is open.
func Symbols(lang string) [3]string { return [3]string{"s", "min", in(lang).hour} }
