package wallclock_test

import (
	"testing"
	"time"

	"notifier/wallclock"
)

// The instants of a benchmark lie a prime number of seconds apart, so that they fall on
// all hours and seasons.
func benchmark(b *testing.B, zone string, f func(at time.Time, loc *time.Location)) {
	loc := mustZone(b, zone)
	at := time.Date(2011, 10, 11, 11, 45, 40, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(7919 * time.Second)
		if at.Year() > 2040 {
			at = at.AddDate(-29, 0, 0)
		}
		f(at, loc)
	}
}

func BenchmarkNextHour(b *testing.B) {
	benchmark(b, "Europe/Warsaw", func(at time.Time, loc *time.Location) { wallclock.NextHour(at, loc) })
}

func BenchmarkNextDaily(b *testing.B) {
	benchmark(b, "Europe/Warsaw", func(at time.Time, loc *time.Location) { wallclock.Next(at, eight, loc, nil) })
}

func BenchmarkNextWeekly(b *testing.B) {
	monday := func(d wallclock.Date) bool { return d.Weekday() == time.Monday }
	benchmark(b, "America/New_York", func(at time.Time, loc *time.Location) { wallclock.Next(at, eight, loc, monday) })
}

func BenchmarkAt(b *testing.B) {
	d := wallclock.Date{Year: 2026, Month: 11, Day: 25}
	benchmark(b, "Europe/Warsaw", func(_ time.Time, loc *time.Location) { wallclock.At(d, eight, loc) })
}

func BenchmarkZone(b *testing.B) {
	for b.Loop() {
		if _, err := wallclock.Zone("Europe/Warsaw"); err != nil {
			b.Fatal(err)
		}
	}
}
