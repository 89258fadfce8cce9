package wallclock_test

import (
	"testing"
	"time"

	"notifier/wallclock"
)

const hour = time.Hour

var eight = wallclock.Time{Hour: 8}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func date(tb testing.TB, s string) wallclock.Date {
	tb.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		tb.Fatal(err)
	}
	return wallclock.DateOf(at, time.UTC)
}

func wall(tb testing.TB, s string) wallclock.Time {
	tb.Helper()
	at, err := wallclock.ParseTime(s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestAt(t *testing.T) {
	for _, row := range []struct{ name, zone, date, time, want string }{
		{"an ordinary day", "Europe/Warsaw", "2026-11-25", "08:00", "2026-11-25T07:00:00Z"},
		{"UTC", "UTC", "2026-11-25", "23:59", "2026-11-25T23:59:00Z"},
		{"a quarter of an hour", "Asia/Kathmandu", "2026-11-25", "08:00", "2026-11-25T02:15:00Z"},
		{"furthest ahead of UTC", "Pacific/Kiritimati", "2026-11-25", "00:00", "2026-11-24T10:00:00Z"},
		{"furthest behind UTC", "Pacific/Niue", "2026-11-25", "23:59", "2026-11-26T10:59:00Z"},

		{"RULES 2: forward: a minute before the gap", "Europe/Warsaw", "2026-03-29", "01:59", "2026-03-29T00:59:00Z"},
		{"RULES 2: forward: in the gap it is the change", "Europe/Warsaw", "2026-03-29", "02:30", "2026-03-29T01:00:00Z"},
		{"RULES 2: forward: the end of the gap", "Europe/Warsaw", "2026-03-29", "03:00", "2026-03-29T01:00:00Z"},
		{"RULES 2: back: the first of the two", "Europe/Warsaw", "2026-10-25", "02:30", "2026-10-25T00:30:00Z"},
		{"RULES 2: back: after both", "Europe/Warsaw", "2026-10-25", "03:00", "2026-10-25T02:00:00Z"},
		{"forward at midnight", "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00:00Z"},
		{"forward at midnight, in the gap", "America/Sao_Paulo", "2018-11-04", "00:30", "2018-11-04T03:00:00Z"},
		{"back at midnight: the evening before comes twice", "America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18T01:30:00Z"},
		{"back past midnight: a date that begins twice", "America/St_Johns", "2006-10-29", "00:00", "2006-10-29T02:30:00Z"},
		{"back past midnight: the evening before", "America/St_Johns", "2006-10-28", "23:30", "2006-10-29T02:00:00Z"},
		{"half an hour forward", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
		{"half an hour back", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"},
		{"two hours forward", "Antarctica/Troll", "2026-03-29", "02:30", "2026-03-29T01:00:00Z"},
		{"twenty minutes forward", "Asia/Singapore", "1933-01-01", "00:10", "1932-12-31T17:00:00Z"},
		{"half an hour forward for good, before midnight", "Asia/Singapore", "1981-12-31", "23:45", "1981-12-31T16:00:00Z"},
		{"RULES 2: the change reads the next date", "America/Nuuk", "2024-03-30", "23:30", "2024-03-31T01:00:00Z"},
		{"which begins at the same instant", "America/Nuuk", "2024-03-31", "00:00", "2024-03-31T01:00:00Z"},
		{"an offset with seconds", "Africa/Monrovia", "1971-06-01", "08:00", "1971-06-01T08:44:30Z"},
		{"its end: midnight falls into the gap", "Africa/Monrovia", "1972-01-07", "00:00", "1972-01-07T00:44:30Z"},

		{"RULES 2: the day before a skipped date", "Pacific/Apia", "2011-12-29", "23:59", "2011-12-30T09:59:00Z"},
		{"RULES 2: a skipped date has none", "Pacific/Apia", "2011-12-30", "08:00", ""},
		{"RULES 2: nor at its midnight", "Pacific/Apia", "2011-12-30", "00:00", ""},
		{"RULES 2: nor at its end", "Pacific/Apia", "2011-12-30", "23:59", ""},
		{"RULES 2: the day after a skipped date", "Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z"},
		{"Tokelau skipped it too", "Pacific/Fakaofo", "2011-12-30", "12:00", ""},
		{"Kwajalein skipped one", "Pacific/Kwajalein", "1993-08-21", "08:00", ""},
		{"Kiritimati skipped one", "Pacific/Kiritimati", "1994-12-31", "08:00", ""},
		{"Enderbury skipped one", "Pacific/Enderbury", "1994-12-31", "08:00", ""},
		{"a date that came twice: the first", "America/Juneau", "1867-10-18", "12:00", "1867-10-17T20:57:41Z"},

		{"a time of 1890, by the sun", "Europe/Warsaw", "1879-12-31", "08:00", "1879-12-31T06:36:00Z"},
		{"after the last change that zone files list", "Europe/Warsaw", "2096-07-01", "08:00", "2096-07-01T06:00:00Z"},
		{"after the year 2100", "Europe/Warsaw", "2199-03-31", "02:30", "2199-03-31T01:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			at, exists := wallclock.At(date(t, row.date), wall(t, row.time), mustZone(t, row.zone))
			if !exists {
				if row.want != "" || !at.IsZero() {
					t.Errorf("At(%s, %s, %s) = %v and does not exist, want %s", row.date, row.time, row.zone, at, row.want)
				}
				return
			}
			if got := at.Format(time.RFC3339Nano); got != row.want {
				t.Errorf("At(%s, %s, %s) = %s, want %q", row.date, row.time, row.zone, got, row.want)
			}
		})
	}
}

func TestNext(t *testing.T) {
	sundays := func(d wallclock.Date) bool { return d.Weekday() == time.Sunday }
	fridays := func(d wallclock.Date) bool { return d.Weekday() == time.Friday }
	for _, row := range []struct {
		name, zone, after, time string
		on                      func(wallclock.Date) bool
		want                    string
	}{
		{"the same day", "Europe/Warsaw", "2026-11-25T06:59:59.999Z", "08:00", nil, "2026-11-25T07:00:00Z"},
		{"strictly after", "Europe/Warsaw", "2026-11-25T07:00:00Z", "08:00", nil, "2026-11-26T07:00:00Z"},
		{"a moment after", "Europe/Warsaw", "2026-11-25T07:00:00.000000001Z", "08:00", nil, "2026-11-26T07:00:00Z"},
		{"a 23-hour day", "Europe/Warsaw", "2026-03-28T07:00:00Z", "08:00", nil, "2026-03-29T06:00:00Z"},
		{"a 25-hour day", "Europe/Warsaw", "2026-10-24T06:00:00Z", "08:00", nil, "2026-10-25T07:00:00Z"},
		{"into the gap", "Europe/Warsaw", "2026-03-28T01:30:00Z", "02:30", nil, "2026-03-29T01:00:00Z"},
		{"not again after the gap", "Europe/Warsaw", "2026-03-29T01:00:00Z", "02:30", nil, "2026-03-30T00:30:00Z"},
		{"the first of two", "Europe/Warsaw", "2026-10-25T00:00:00Z", "02:30", nil, "2026-10-25T00:30:00Z"},
		{"not the second of two", "Europe/Warsaw", "2026-10-25T00:30:00Z", "02:30", nil, "2026-10-26T01:30:00Z"},
		{"midnight that begins twice", "America/St_Johns", "2006-10-29T02:30:00Z", "00:00", nil, "2006-10-30T03:30:00Z"},
		{"over the skipped date", "Pacific/Apia", "2011-12-29T18:00:00Z", "08:00", nil, "2011-12-30T18:00:00Z"},
		{"a weekday that was skipped waits a week", "Pacific/Apia", "2011-12-23T19:00:00Z", "08:00", fridays, "2012-01-05T18:00:00Z"},
		{"a weekday on its day", "Europe/Warsaw", "2026-11-22T06:59:00Z", "08:00", sundays, "2026-11-22T07:00:00Z"},
		{"a weekday just passed", "Europe/Warsaw", "2026-11-22T07:00:00Z", "08:00", sundays, "2026-11-29T07:00:00Z"},
		{"the weekday is the wall's, not UTC's", "Pacific/Kiritimati", "2026-11-21T09:00:00Z", "00:00", sundays, "2026-11-21T10:00:00Z"},
		{"a weekday over the change", "Europe/Warsaw", "2026-03-22T07:00:00Z", "08:00", sundays, "2026-03-29T06:00:00Z"},
		{"before 1970", "America/New_York", "1918-03-31T06:00:00Z", "02:30", nil, "1918-03-31T07:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := wallclock.Next(instant(t, row.after), wall(t, row.time), mustZone(t, row.zone), row.on)
			if !got.Equal(instant(t, row.want)) {
				t.Errorf("Next(%s, %s, %s) = %v, want %s", row.after, row.time, row.zone, got, row.want)
			}
		})
	}
}

func TestNextGivesUpWhenNoDateIsAccepted(t *testing.T) {
	never := func(wallclock.Date) bool { return false }
	for _, zone := range []string{"UTC", "Europe/Warsaw"} {
		if got := wallclock.Next(time.Unix(0, 0), eight, mustZone(t, zone), never); !got.IsZero() {
			t.Errorf("Next on no date in %s = %v, want the zero time", zone, got)
		}
	}
	leapDay := func(d wallclock.Date) bool { return d.Month == time.February && d.Day == 29 }
	after := instant(t, "2096-03-01T00:00:00Z")
	if got := wallclock.Next(after, eight, time.UTC, leapDay); !got.Equal(instant(t, "2104-02-29T08:00:00Z")) {
		t.Errorf("the leap day after 2096 is %v", got)
	}
}

func TestNextHour(t *testing.T) {
	for _, row := range []struct{ name, zone, after, want string }{
		{"the next full hour", "UTC", "2026-11-25T14:48:03Z", "2026-11-25T15:00:00Z"},
		{"RULES 2: an event at 15:00:00.000 waits for 16:00", "UTC", "2026-11-25T15:00:00.000Z", "2026-11-25T16:00:00Z"},
		{"a moment before", "UTC", "2026-11-25T14:59:59.999999999Z", "2026-11-25T15:00:00Z"},
		{"a moment after", "UTC", "2026-11-25T15:00:00.000000001Z", "2026-11-25T16:00:00Z"},
		{"the wall's hour, not UTC's", "Asia/Kathmandu", "2011-10-11T11:45:40.276Z", "2011-10-11T12:15:00Z"},
		{"before the gap", "Europe/Warsaw", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		{"both of two hours: the first", "Europe/Warsaw", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z"},
		{"both of two hours: the second", "Europe/Warsaw", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"after both", "Europe/Warsaw", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		{"half an hour forward: 90 minutes without", "Australia/Lord_Howe", "2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"},
		{"half an hour back: 02:00 comes late", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z"},
		{"over a skipped date", "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"},
		{"an offset with seconds", "Africa/Monrovia", "1971-06-01T08:00:00Z", "1971-06-01T08:44:30Z"},
		{"its end: midnight is not read", "Africa/Monrovia", "1972-01-06T23:50:00Z", "1972-01-07T01:00:00Z"},
		{"before 1970", "UTC", "1969-12-31T22:59:59.5Z", "1969-12-31T23:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := wallclock.NextHour(instant(t, row.after), mustZone(t, row.zone))
			if !got.Equal(instant(t, row.want)) {
				t.Errorf("NextHour(%s, %s) = %v, want %s", row.after, row.zone, got, row.want)
			}
		})
	}
}

func TestInstantsAreInUTC(t *testing.T) {
	loc := mustZone(t, "Europe/Warsaw")
	at, _ := wallclock.At(date(t, "2026-11-25"), eight, loc)
	for _, got := range []time.Time{at, wallclock.NextHour(at.In(loc), loc), wallclock.Next(at.In(loc), eight, loc, nil)} {
		if got.Location() != time.UTC {
			t.Errorf("%v is in %s", got, got.Location())
		}
	}
}
