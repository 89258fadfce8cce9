package language_test

import (
	"testing"
	"time"

	"notifier/language"
)

// P9: a length of time is written in one style, each unit in the form of its language.
func TestSpan(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d          time.Duration
		en, pl, fr string
	}{
		{-time.Hour, "0 s", "0 s", "0 s"},
		{0, "0 s", "0 s", "0 s"},
		{400 * time.Microsecond, "0 s", "0 s", "0 s"},
		{250 * time.Millisecond, "250 ms", "250 ms", "250 ms"},
		{999_600 * time.Microsecond, "1 s", "1 s", "1 s"},
		{1500 * time.Millisecond, "1.5 s", "1,5 s", "1,5 s"},
		{9960 * time.Millisecond, "10 s", "10 s", "10 s"},
		{59*time.Second + 600*time.Millisecond, "1 min", "1 min", "1 min"},
		{4*time.Minute + 55*time.Second, "4 min 55 s", "4 min 55 s", "4 min 55 s"},
		{time.Hour - time.Millisecond, "1 h", "1 godz.", "1 h"},
		{3 * time.Hour, "3 h", "3 godz.", "3 h"},
		{3*time.Hour + 20*time.Minute + 40*time.Second, "3 h 21 min", "3 godz. 21 min", "3 h 21 min"},
		{day - time.Second, "1 day", "1 dzień", "1 jour"},
		{day + 4*time.Hour, "1 day 4 h", "1 dzień 4 godz.", "1 jour 4 h"},
		{2*day + 29*time.Minute, "2 days", "2 dni", "2 jours"},
		{3*day + 20*time.Hour, "3 days", "3 dni", "3 jours"},
		{22 * day, "22 days", "22 dni", "22 jours"},
	} {
		for lang, want := range map[string]string{"en": c.en, "pl": c.pl, "fr": c.fr, "en-XA": c.en} {
			if got := language.In(lang).Span(c.d); got != want {
				t.Errorf("P9: Span(%s, %s) = %q, want %q", lang, c.d, got, want)
			}
		}
	}
}
