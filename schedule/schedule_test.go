package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"notifier/schedule"
	"notifier/wallclock"
)

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestNext(t *testing.T) {
	const warsaw, utc = "Europe/Warsaw", "UTC"
	for _, row := range []struct {
		name, every, cron, zone, after string
		want                           []string
	}{
		{"RULES 3: multiples since the epoch", "3m", "", "", "2011-10-11T11:45:40.276Z", []string{"2011-10-11T11:48:00Z", "2011-10-11T11:51:00Z"}},
		{"strictly after", "3m", "", "", "2011-10-11T11:48:00Z", []string{"2011-10-11T11:51:00Z"}},
		{"a moment before", "3m", "", "", "2011-10-11T11:47:59.999999999Z", []string{"2011-10-11T11:48:00Z"}},
		{"a week from the epoch, a Thursday", "168h", "", "", "2026-11-22T13:48:03Z", []string{"2026-11-26T00:00:00Z"}},
		{"before the epoch", "15m", "", "", "1969-12-31T23:50:00Z", []string{"1970-01-01T00:00:00Z"}},

		{"every hour", "", "0 * * * *", utc, "2011-10-11T11:45:40.276Z", []string{"2011-10-11T12:00:00Z", "2011-10-11T13:00:00Z"}},
		{"strictly after a run", "", "0 * * * *", utc, "2011-10-11T12:00:00.000Z", []string{"2011-10-11T13:00:00Z"}},
		{"a moment after a run", "", "0 * * * *", utc, "2011-10-11T12:00:00.001Z", []string{"2011-10-11T13:00:00Z"}},
		{"on the wall of the zone", "", "0 8 * * *", warsaw, "2026-11-22T13:48:03Z", []string{"2026-11-23T07:00:00Z"}},
		{"working days", "", "0 8 * * 1-5", warsaw, "2026-11-20T13:48:03Z", []string{"2026-11-23T07:00:00Z"}},
		{"a list of minutes", "", "0,20,40 * * * *", utc, "2026-11-22T13:48:03Z", []string{"2026-11-22T14:00:00Z", "2026-11-22T14:20:00Z"}},
		{"the last day of a leap February", "", "0 0 29 2 *", utc, "2026-11-22T13:48:03Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"no leap year in 2100", "", "0 0 29 2 *", warsaw, "2096-03-01T00:00:00Z", []string{"2104-02-28T23:00:00Z"}},
		{"a leap day at a weekend, 28 years on", "", "0 0 29 2 */6", utc, "2088-03-01T00:00:00Z", []string{"2116-02-29T00:00:00Z"}},

		{"Vixie: one of two restricted days is enough", "", "0 0 13 * 5", utc, "2026-11-22T00:00:00Z", []string{"2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"}},
		{"Vixie: a star with a step is still a star", "", "0 0 */2 * 5", utc, "2026-11-22T00:00:00Z", []string{"2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z"}},
		{"Vixie: so is one in the week", "", "0 0 13 * */5", utc, "2026-11-22T00:00:00Z", []string{"2026-12-13T00:00:00Z", "2027-06-13T00:00:00Z"}},

		{"RULES 3: fixed hours in a gap run at the change", "", "30 2 * * *", warsaw, "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"RULES 3: many in one gap run once", "", "*/10 2 * * *", warsaw, "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"the end of the gap and what it skipped is one run", "", "0 2,3 * * *", warsaw, "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", "2026-03-30T01:00:00Z"}},
		{"RULES 3: fixed hours that come twice run once, the first", "", "30 2 * * *", warsaw, "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"asked between the two", "", "30 2 * * *", warsaw, "2026-10-25T01:00:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"all of an hour that comes twice", "", "0,30 1-3 * * *", warsaw, "2026-10-24T23:30:00Z", []string{
			"2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z", "2026-10-26T00:00:00Z",
		}},
		{"RULES 3: wildcard hours run in both", "", "30 * * * *", warsaw, "2026-10-24T23:00:00Z", []string{"2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
		{"RULES 3: wildcard hours make up for nothing", "", "30 * * * *", warsaw, "2026-03-29T00:00:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
		{"every other hour is a wildcard too", "", "0 */2 * * *", warsaw, "2026-10-24T23:00:00Z", []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T03:00:00Z"}},
		{"every other hour in spring", "", "0 */2 * * *", warsaw, "2026-03-28T23:00:00Z", []string{"2026-03-29T02:00:00Z"}},
		{"half an hour forward", "", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		{"half an hour back, wildcard", "", "*/30 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", []string{"2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"}},
		{"midnight in a gap", "", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", []string{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		{"a skipped date is not made up", "", "0 8 30 * *", "Pacific/Apia", "2011-12-01T00:00:00Z", []string{"2012-01-29T18:00:00Z"}},
		{"nor at its change", "", "0 8 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", []string{"2011-12-29T18:00:00Z", "2011-12-30T18:00:00Z"}},
		{"an evening whose change reads the next date", "", "30 23 * * 6", "America/Nuuk", "2024-03-30T12:00:00Z", []string{"2024-03-31T01:00:00Z", "2024-04-07T00:30:00Z"}},
		{"before 1970", "", "0 8 * * *", warsaw, "1931-06-01T12:00:00Z", []string{"1931-06-02T07:00:00Z"}},
		{"after 2100", "", "30 2 * * *", warsaw, "2199-03-30T12:00:00Z", []string{"2199-03-31T01:00:00Z", "2199-04-01T00:30:00Z"}},
		{"the last day of a leap year after 2100", "", "0 8 * * *", "America/New_York", "2104-12-31T04:00:00Z", []string{"2104-12-31T13:00:00Z", "2105-01-01T13:00:00Z"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := compile(t, schedule.Spec{Every: row.every, Cron: row.cron, Timezone: row.zone})
			var got []string
			for _, at := range s.NextN(instant(t, row.after), len(row.want)) {
				got = append(got, at.Format(time.RFC3339Nano))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%s after %s: %v, want %v", s, row.after, got, row.want)
			}
		})
	}
	var never schedule.Schedule
	at := time.Unix(0, 0)
	if !never.Next(at).IsZero() || !never.Last(at).IsZero() || never.NextN(at, 5) != nil {
		t.Error("the zero Schedule runs")
	}
}

func TestLast(t *testing.T) {
	for _, row := range []struct{ name, text, at, want string }{
		{"at a run", "3m", "2011-10-11T11:48:00Z", "2011-10-11T11:48:00Z"},
		{"a moment before a run", "3m", "2011-10-11T11:47:59.999Z", "2011-10-11T11:45:00Z"},
		{"at a run of a cron", "0 * * * *", "2011-10-11T12:00:00Z", "2011-10-11T12:00:00Z"},
		{"a moment after", "0 * * * *", "2011-10-11T12:00:00.001Z", "2011-10-11T12:00:00Z"},
		{"a moment before", "0 * * * *", "2011-10-11T11:59:59.999Z", "2011-10-11T11:00:00Z"},
		{"a dense month long ago", "* * * 1 *", "2026-12-31T00:00:00Z", "2026-01-31T23:59:00Z"},
		{"a dense hour yesterday", "* 2 * * *", "2026-12-31T01:59:00Z", "2026-12-30T02:59:00Z"},
		{"a leap day", "0 0 29 2 *", "2027-01-01T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"a leap day eight years ago", "0 0 29 2 *", "2104-02-28T00:00:00Z", "2096-02-29T00:00:00Z"},
		{"longer ago than Last looks", "0 0 29 2 */6", "2019-12-31T00:00:00Z", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			spec, err := schedule.ParseSpec(row.text)
			if err != nil {
				t.Fatal(err)
			}
			got := compile(t, spec).Last(instant(t, row.at))
			if row.want == "" && !got.IsZero() || row.want != "" && !got.Equal(instant(t, row.want)) {
				t.Errorf("%s: Last(%s) = %v, want %q", row.text, row.at, got, row.want)
			}
		})
	}
}

// checkNext holds what is true of any schedule at any instant.
func checkNext(t interface{ Fatalf(string, ...any) }, s schedule.Schedule, sec int64) {
	at := time.Unix(sec, 0)
	next := s.Next(at)
	if !next.After(at) || next.Nanosecond() != 0 {
		t.Fatalf("%s: Next(%v) = %v", s, at.UTC(), next)
	}
	if almost := next.Add(-1); !s.Next(almost).Equal(next) {
		t.Fatalf("%s: Next(%v) = %v, want %v", s, almost, s.Next(almost), next)
	}
	if last := s.Last(next); !last.Equal(next) {
		t.Fatalf("%s: Last(%v) = %v, want the same", s, next, last)
	}
	last := s.Last(next.Add(-1))
	if last.After(at) || !last.IsZero() && !s.Next(last).Equal(next) {
		t.Fatalf("%s: before %v comes %v, after which comes %v", s, next, last, s.Next(last))
	}
}

func TestEveryIsAlignedToTheEpoch(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seconds := rapid.Int64Range(1, 168*3600).Draw(r, "seconds")
		s, err := schedule.Spec{Every: fmt.Sprintf("%ds", seconds)}.Compile()
		if err != nil {
			r.Fatal(err)
		}
		sec := rapid.Int64Range(-1<<33, 1<<33).Draw(r, "at")
		checkNext(r, s, sec)
		if next := s.Next(time.Unix(sec, 0)).Unix(); next%seconds != 0 || next > sec+seconds {
			r.Fatalf("%s: Next(%d) = %d", s, sec, next)
		}
	})
}

// field draws one field of a cron: its text, and what it asks for.
func field(r *rapid.T, name string, low, high int) (text string, takes map[int]bool) {
	takes = map[int]bool{}
	add := func(from, to, step int) {
		for i := from; i <= to; i += step {
			takes[i] = true
		}
	}
	a, b := rapid.IntRange(low, high).Draw(r, name), rapid.IntRange(low, high).Draw(r, name)
	a, b = min(a, b), max(a, b)
	step := rapid.IntRange(1, high-low).Draw(r, name)
	switch rapid.IntRange(0, 5).Draw(r, name) {
	case 0, 1:
		add(low, high, 1)
		return "*", takes
	case 2:
		add(low, high, step)
		return fmt.Sprintf("*/%d", step), takes
	case 3:
		add(a, b, step)
		return fmt.Sprintf("%d-%d/%d", a, b, step), takes
	case 4:
		add(a, a, 1)
		add(b, b, 1)
		return fmt.Sprintf("%d,%d", a, b), takes
	}
	add(a, a, 1)
	return fmt.Sprint(a), takes
}

// drawn is a cron as drawn, which can say by itself what it asks for.
type drawn struct {
	text  string
	takes [5]map[int]bool
}

func drawCron(r *rapid.T) drawn {
	var d drawn
	words := make([]string, 5)
	for i, f := range []struct {
		name      string
		low, high int
	}{{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 6}} {
		words[i], d.takes[i] = field(r, f.name, f.low, f.high)
	}
	d.text = strings.Join(words, " ")
	return d
}

func (d drawn) star(i int) bool { return strings.HasPrefix(strings.Fields(d.text)[i], "*") }

// asks tells whether the cron asks for that reading of a wall clock.
func (d drawn) asks(wall time.Time) bool {
	inMonth, inWeek := d.takes[2][wall.Day()], d.takes[4][int(wall.Weekday())]
	onDay := inMonth && inWeek
	if !d.star(2) && !d.star(4) {
		onDay = inMonth || inWeek
	}
	return onDay && d.takes[0][wall.Minute()] && d.takes[1][wall.Hour()] && d.takes[3][int(wall.Month())]
}

// runs lists what the cron leads to in [from, to), by watching the clock on the wall
// every minute. All offsets must be whole minutes.
func (d drawn) runs(loc *time.Location, from, to time.Time) []time.Time {
	wallAt := func(at time.Time) time.Time {
		_, ahead := at.In(loc).Zone()
		return at.Add(time.Duration(ahead) * time.Second).UTC()
	}
	first, dates := map[time.Time]time.Time{}, map[string]bool{}
	for at := from.Add(-48 * time.Hour); at.Before(to.Add(48 * time.Hour)); at = at.Add(time.Minute) {
		wall := wallAt(at)
		dates[wall.Format(time.DateOnly)] = true
		if _, twice := first[wall]; !twice {
			first[wall] = at
		}
	}
	var runs []time.Time
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		wall, before := wallAt(at), wallAt(at.Add(-time.Minute))
		run := d.asks(wall) && (d.star(1) || first[wall].Equal(at))
		for w := before.Add(time.Minute); w.Before(wall) && !d.star(1); w = w.Add(time.Minute) {
			if _, read := first[w]; !read && dates[w.Format(time.DateOnly)] && d.asks(w) {
				run = true
			}
		}
		if run {
			runs = append(runs, at)
		}
	}
	return runs
}

// difference is where two lists of runs part; -1 if nowhere.
func difference(got, want []time.Time) int {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !got[i].Equal(want[i]) {
			return i
		}
	}
	return -1
}

// changes lists when the clocks of a zone change between 1973 and 2037.
func changes(loc *time.Location) []time.Time {
	var all []time.Time
	for at := int64(1e8); ; {
		_, until := wallclock.Offset(at, loc)
		if until > 2_100_000_000 {
			return all
		}
		at = until
		all = append(all, time.Unix(at, 0).UTC())
	}
}

// No time is lost or doubled over a change of clocks, in any zone.
func TestCronOverChangesOfClocks(t *testing.T) {
	var zones []*time.Location
	for _, name := range wallclock.Names() {
		if loc, err := wallclock.Zone(name); err == nil && len(changes(loc)) > 0 {
			zones = append(zones, loc)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(r, "zone")
		change := rapid.SampledFrom(changes(loc)).Draw(r, "change")
		cron := drawCron(r)
		spec := schedule.Spec{Cron: cron.text, Timezone: loc.String()}
		s, err := spec.Compile()
		if err != nil {
			return // it never comes
		}
		from, to := change.Add(-12*time.Hour), change.Add(36*time.Hour)
		want := cron.runs(loc, from, to)
		var got []time.Time
		for at := s.Next(from.Add(-1)); !at.IsZero() && at.Before(to); at = s.Next(at) {
			got = append(got, at)
		}
		if i := difference(got, want); i >= 0 {
			r.Fatalf("%s after %v: run %d of %d is %v, want %v (%d runs)", s, from, i, len(got), got[i:min(i+1, len(got))], want[i:min(i+1, len(want))], len(want))
		}
		checkNext(r, s, change.Unix()+rapid.Int64Range(-90000, 90000).Draw(r, "at"))
	})
}

// In UTC, where no clock changes, the parser's own arithmetic must agree. It reads a step
// in a day field as a restriction, which Vixie cron does not.
func TestCronAgreesWithTheLibraryInUTC(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cr := drawCron(r)
		words := strings.Fields(cr.text)
		if strings.HasPrefix(words[2], "*/") || strings.HasPrefix(words[4], "*/") {
			return
		}
		s, err := schedule.Spec{Cron: cr.text}.Compile()
		if err != nil {
			return // it never comes
		}
		library, err := cron.ParseStandard(cr.text)
		if err != nil {
			r.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 1<<32).Draw(r, "at"), rapid.Int64Range(0, 999_999_999).Draw(r, "nano")).UTC()
		if got, want := s.Next(at), library.Next(at); !got.Equal(want) && !want.IsZero() {
			r.Fatalf("%s: Next(%v) = %v, want %v", s, at, got, want)
		}
	})
}

// A daily cron and a daily preference are the same rule.
func TestDailyCronIsADailyWallTimeInEveryZone(t *testing.T) {
	for _, name := range wallclock.Names() {
		loc, err := wallclock.Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, hour := range []wallclock.Time{{}, {Hour: 2, Minute: 30}, {Hour: 23, Minute: 59}} {
			s := compile(t, schedule.Spec{Cron: fmt.Sprintf("%d %d * * *", hour.Minute, hour.Hour), Timezone: name})
			for _, change := range changes(loc) {
				at := change.Add(-50 * time.Hour)
				for range 5 {
					want := wallclock.Next(at, hour, loc, nil)
					if at = s.Next(at); !at.Equal(want) {
						t.Fatalf("%s: %v, want %v", s, at, want)
					}
				}
			}
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, spec := range []schedule.Spec{
		{Every: "3m"}, {Cron: "0 * * * *"}, {Cron: "0 8 * * 1", Timezone: "Europe/Warsaw"}, {Cron: "0 0 29 2 *", Timezone: "Europe/Warsaw"},
	} {
		s := compile(b, spec)
		b.Run(s.String(), func(b *testing.B) {
			b.ReportAllocs()
			start := time.Date(2011, 10, 11, 11, 45, 40, 0, time.UTC)
			for i := 0; b.Loop(); i++ {
				s.Next(start.Add(time.Duration(i%100_000) * 7919 * time.Second))
			}
		})
	}
}

func BenchmarkLast(b *testing.B) {
	s := compile(b, schedule.Spec{Cron: "0 8 * * 1", Timezone: "Europe/Warsaw"})
	start := time.Date(2011, 10, 11, 11, 45, 40, 0, time.UTC)
	for i := 0; b.Loop(); i++ {
		s.Last(start.Add(time.Duration(i%100_000) * 7919 * time.Second))
	}
}
