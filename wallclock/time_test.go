package wallclock_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"notifier/wallclock"
)

func TestTimeIsWrittenWithTwoDigitsEach(t *testing.T) {
	for _, s := range []string{"00:00", "02:30", "08:00", "09:05", "23:59"} {
		var got wallclock.Time
		if err := json.Unmarshal([]byte(`"`+s+`"`), &got); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if b, err := json.Marshal(got); err != nil || string(b) != `"`+s+`"` {
			t.Errorf("%s is written %s (%v)", s, b, err)
		}
	}
	for _, s := range []string{
		"", "8", "8:00", "08", "0800", "08:0", "08:000", "24:00", "23:60", "-1:00", "+8:00", "8 :00", "08:00 ",
		"08.00", "08:00:00", "8am", "٠٨:٠٠", "/9:00", "0::00", "08:-1",
	} {
		at := wallclock.Time{Hour: 7}
		err := at.UnmarshalText([]byte(s))
		if err == nil || !strings.Contains(err.Error(), "as in 08:00") {
			t.Errorf("%q: %v, want a sentence that says what to write", s, err)
		}
		if at != (wallclock.Time{Hour: 7}) {
			t.Errorf("%q: a refused text changed the time to %s", s, at)
		}
	}
}

func TestTimeThatNoClockShowsIsNotWritten(t *testing.T) {
	for _, at := range []wallclock.Time{{Hour: 24}, {Hour: -1}, {Minute: 60}, {Minute: -1}} {
		if b, err := at.MarshalText(); err == nil {
			t.Errorf("%+v is written %s", at, b)
		}
	}
}

func TestDates(t *testing.T) {
	for _, row := range []struct {
		name string
		from wallclock.Date
		days int
		want string
		on   time.Weekday
	}{
		{"the epoch was a Thursday", wallclock.Date{Year: 1970, Month: 1, Day: 1}, 0, "1970-01-01", time.Thursday},
		{"before the epoch", wallclock.Date{Year: 1970, Month: 1, Day: 1}, -1, "1969-12-31", time.Wednesday},
		{"a leap day", wallclock.Date{Year: 2024, Month: 2, Day: 28}, 1, "2024-02-29", time.Thursday},
		{"no leap day in 2100", wallclock.Date{Year: 2100, Month: 2, Day: 28}, 1, "2100-03-01", time.Monday},
		{"the end of a year", wallclock.Date{Year: 2026, Month: 12, Day: 31}, 1, "2027-01-01", time.Friday},
		{"a long way back", wallclock.Date{Year: 2026, Month: 3, Day: 29}, -100000, "1752-06-13", time.Tuesday},
	} {
		got := row.from.AddDays(row.days)
		if got.String() != row.want || got.Weekday() != row.on || got.DaysSince(row.from) != row.days {
			t.Errorf("%s: %s + %d days = %s, a %s; want %s, a %s", row.name, row.from, row.days, got, got.Weekday(), row.want, row.on)
		}
	}
	at := time.Date(2026, 3, 29, 23, 30, 0, 0, time.UTC)
	if got := wallclock.DateOf(at, mustZone(t, "Europe/Warsaw")); got.String() != "2026-03-30" {
		t.Errorf("DateOf(%v, Warsaw) = %s", at, got)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"08:00", "00:00", "8", "24:00", "-1:-1", "08:00:00", "١٢:٠٠"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := wallclock.ParseTime(s)
		if err == nil && (at.String() != s || at.Check() != nil) {
			t.Errorf("ParseTime(%q) = %v", s, at)
		}
		if err != nil && at != (wallclock.Time{}) {
			t.Errorf("ParseTime(%q) = %v and an error", s, at)
		}
	})
}

func FuzzZone(f *testing.F) {
	for _, s := range []string{"Europe/Warsaw", "utc", "../x", "posix/UTC", "GMT+2", "Europe/\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		loc, err := wallclock.Zone(s)
		if (loc == nil) == (err == nil) {
			t.Errorf("Zone(%q) = %v, %v", s, loc, err)
		}
		if loc != nil && loc.String() != s {
			t.Errorf("Zone(%q) is %s", s, loc)
		}
	})
}

func TestParseDate(t *testing.T) {
	for text, good := range map[string]bool{
		"2026-12-01": true, "2024-02-29": true, "2026-02-29": false, "2026-2-1": false, "0000-01-01": false,
		"01.12.2026": false, "": false, "2026-12-01 ": false, "2026-13-01": false,
	} {
		d, err := wallclock.ParseDate(text)
		if (err == nil) != good || good && d.String() != text {
			t.Errorf("ParseDate(%q) = %s, %v", text, d, err)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-12-01")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := wallclock.ParseDate(text); err == nil && d.String() != text {
			t.Errorf("ParseDate(%q) = %s", text, d)
		}
	})
}
