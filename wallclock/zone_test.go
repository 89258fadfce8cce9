package wallclock_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/wallclock"
)

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := wallclock.Zone(name)
	if err != nil {
		tb.Fatalf("Zone(%s): %v", name, err)
	}
	return loc
}

func TestZoneTakesEveryIANAName(t *testing.T) {
	names := wallclock.Names()
	if len(names) < 500 {
		t.Fatalf("Names() has %d names, want them all", len(names))
	}
	for _, name := range names {
		if loc := mustZone(t, name); loc.String() != name {
			t.Errorf("Zone(%s) is %s", name, loc)
		}
	}
	names[0] = "changed"
	if wallclock.Names()[0] == "changed" {
		t.Error("a caller can change the list of names")
	}
}

func TestZoneRefuses(t *testing.T) {
	const place = "Write the name of a place, as in Europe/Warsaw"
	for _, row := range []struct{ name, zone, says string }{
		{"nothing", "", "a time zone is missing. " + place},
		{"the machine's zone", "Local", place},
		{"the machine's zone as a file", "localtime", place},
		{"the machine's rules", "posixrules", place},
		{"the zone of a clock that was never set", "Factory", place},
		{"the folder without leap seconds", "posix/Europe/Warsaw", `Did you mean "Europe/Warsaw"?`},
		{"the folder with leap seconds", "right/UTC", `Did you mean "UTC"?`},
		{"such a folder and no zone", "right/Nowhere", place},
		{"wrong case", "europe/warsaw", `Did you mean "Europe/Warsaw"?`},
		{"wrong case of a short name", "utc", `Did you mean "UTC"?`},
		{"wrong case of an offset that has a name", "gmt+0", `Did you mean "GMT+0"?`},
		{"another language", "Europe/Warschau", `Did you mean "Europe/Warsaw"?`},
		{"a space", "America/New York", `Did you mean "America/New_York"?`},
		{"a backslash", `Asia\Kolkata`, `Did you mean "Asia/Kolkata"?`},
		{"a city alone", "Warsaw", `Did you mean "Europe/Warsaw"?`},
		{"a typing error in a city", "Katmandu2", `Did you mean "Asia/Katmandu"?`},
		{"an offset from CET", "CET+1", "is an offset, which knows no summer time. " + place},
		{"an offset from GMT", "GMT+2", "is an offset"},
		{"an offset in ISO 8601", "+02:00", "is an offset"},
		{"an abbreviation", "PST", place},
		{"a POSIX rule", "CET-1CEST,M3.5.0,M10.5.0/3", place},
		{"a folder", "Europe", place},
		{"a file that is no zone", "zone.tab", place},
		{"a path to a zone", "./UTC", "is not a time zone"},
		{"a path out of the folder", "../../etc/passwd", place},
		{"an absolute path", "/usr/share/zoneinfo/UTC", place},
		{"a slash too many", "Europe//Warsaw", `Did you mean "Europe/Warsaw"?`},
		{"a slash at the end", "Europe/Warsaw/", `Did you mean "Europe/Warsaw"?`},
		{"a line break", "Europe/Warsaw\n", "is not a time zone"},
		{"a very long name", strings.Repeat("Europe/", 1000), "…"},
	} {
		t.Run(row.name, func(t *testing.T) {
			loc, err := wallclock.Zone(row.zone)
			if err == nil {
				t.Fatalf("Zone(%q) = %v, want an error", row.zone, loc)
			}
			if !strings.Contains(err.Error(), row.says) || len(err.Error()) > 250 {
				t.Errorf("Zone(%q) says %q, want %q in it", row.zone, err, row.says)
			}
		})
	}
}

func TestZoneIsTheSameForAll(t *testing.T) {
	var wg sync.WaitGroup
	got := make([]*time.Location, 8)
	for i := range got {
		wg.Go(func() {
			got[i], _ = wallclock.Zone("Antarctica/Troll")
			wallclock.NextHour(time.Unix(0, 0), got[i])
		})
	}
	wg.Wait()
	for _, loc := range got {
		if loc == nil || loc != got[0] {
			t.Fatalf("Zone handed out %p and %p", loc, got[0])
		}
	}
}

// The offsets of the table must be those of package time, at any instant and in any zone.
func TestOffsetAgreesWithPackageTime(t *testing.T) {
	for name, loc := range allZones(t) {
		for sec := int64(-5e9); sec < 5e9; sec += 9_999_991 {
			_, want := time.Unix(sec, 0).In(loc).Zone()
			ahead, until := wallclock.Offset(sec, loc)
			if ahead != int64(want) || until <= sec {
				t.Fatalf("Offset(%d, %s) = %d until %d, want %d", sec, name, ahead, until, want)
			}
			if _, last := time.Unix(until-1, 0).In(loc).Zone(); until < 1<<50 && last != want {
				t.Fatalf("Offset(%d, %s) = %d until %d, but it is %d a second before", sec, name, ahead, until, last)
			}
		}
	}
}

// A location that did not come from Zone, or a year after 2100, takes the slow way.
func TestOffsetOfAnyLocation(t *testing.T) {
	kept := mustZone(t, "Europe/Warsaw")
	foreign, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2250; at = at.Add(99991 * time.Second) {
		if got, want := wallclock.Next(at, eight, foreign, nil), wallclock.Next(at, eight, kept, nil); !got.Equal(want) {
			t.Fatalf("Next(%v) = %v, want %v", at, got, want)
		}
	}
	// ZoneBounds ends leap years a day early: a loop that trusts it never returns.
	lastDay := time.Date(2096, 12, 31, 12, 0, 0, 0, time.UTC)
	if got := wallclock.NextHour(lastDay, foreign); !got.Equal(lastDay.Add(time.Hour)) {
		t.Errorf("NextHour(%v) = %v", lastDay, got)
	}
	if got := wallclock.NextHour(lastDay, time.FixedZone("odd", 1172)); !got.Equal(lastDay.Add(hour - 1172*time.Second)) {
		t.Errorf("NextHour(%v) at an offset of 1172 s = %v", lastDay, got)
	}
}
