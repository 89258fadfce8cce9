package preferences_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
)

const day = 86400

var (
	epoch  = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	finish = time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// place is a zone and every local date that it has between epoch and finish, as days
// since 1970-01-01.
type place struct {
	loc  *time.Location
	days []int64
}

// places are the zones of the IANA list; of those that agree since 1970, only one.
func places(t *testing.T) []place {
	var all []place
	seen := map[string]bool{}
	for _, name := range wallclock.Names() {
		p := place{}
		var err error
		if p.loc, err = wallclock.Zone(name); err != nil {
			t.Fatal(err)
		}
		var changes []int64
		for at := epoch; at < finish; {
			ahead, until := wallclock.Offset(at, p.loc)
			until = min(until, finish)
			changes = append(changes, at, ahead)
			for d := (at + ahead) / day; d*day < until+ahead; d++ {
				if n := len(p.days); n == 0 || p.days[n-1] < d {
					p.days = append(p.days, d)
				}
			}
			at = until
		}
		if print := fmt.Sprint(changes); !seen[print] {
			seen[print] = true
			all = append(all, p)
		}
	}
	if len(all) < 250 {
		t.Fatalf("only %d different zones", len(all))
	}
	return all
}

// RULES section 2: a user has exactly one due time on every local date that exists, on
// 23- and 25-hour days too.
func TestOneDueTimeOnEveryLocalDateOfEveryZone(t *testing.T) {
	all := places(t)
	const shares = 8
	for share := range shares {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			for i := share * sample; i < len(all); i += shares * sample {
				zone, days := all[i].loc, all[i].days[2:len(all[i].days)-3]
				for _, hour := range []wallclock.Time{{}, {Hour: 2, Minute: 30}, {Hour: 8}, {Hour: 23, Minute: 59}} {
					checkDigests(t, choose("daily", in(zone.String()), at(hour.Hour, hour.Minute)), zone, days)
				}
				var fridays []int64
				for _, d := range days {
					if d%7 == 1 { // 1970-01-02 was one
						fridays = append(fridays, d)
					}
				}
				checkDigests(t, choose("weekly", in(zone.String()), on("friday"), at(2, 30)), zone, fridays)
			}
		})
	}
}

// checkDigests goes from one digest to the next: each must be that of the next day.
func checkDigests(t *testing.T, p preferences.Preferences, zone *time.Location, days []int64) {
	t.Helper()
	ahead, _ := wallclock.Offset(days[0]*day, zone)
	due := time.Unix(days[0]*day-ahead-1, 0) // the last second of the day before
	for _, d := range days {
		due, _, _ = p.Due(message.CaseChanged, due)
		if !meant(zone, due.Unix(), d, *p.DailyAt) {
			t.Fatalf("%s: the mail of %s (%s) is due at %v", zone,
				time.Unix(d*day, 0).UTC().Format(time.DateOnly), p.Setting(message.CaseChanged), due.In(zone))
		}
	}
}

// meant tells whether the instant is that of the hour on that day: either the wall reads
// it, or jumps over it.
func meant(zone *time.Location, sec, d int64, hour wallclock.Time) bool {
	wanted := d*day + int64(hour.Hour)*3600 + int64(hour.Minute)*60
	ahead, _ := wallclock.Offset(sec, zone)
	before, _ := wallclock.Offset(sec-1, zone)
	return sec+ahead == wanted || sec-1+before < wanted && wanted < sec+ahead
}

// RULES section 2: hourly is the first instant after the event at which the user's wall
// reads hh:00:00.
func TestHourlyReadsAFullHourInEveryZone(t *testing.T) {
	for _, place := range places(t) {
		p := choose("hourly", in(place.loc.String()))
		for sec := epoch; sec < finish; sec += 3_999_971 {
			due, _, _ := p.Due(message.CaseChanged, time.Unix(sec, 0))
			ahead, _ := wallclock.Offset(due.Unix(), place.loc)
			if (due.Unix()+ahead)%3600 != 0 || due.Unix() <= sec || due.Unix() > sec+2*3600 {
				t.Fatalf("%s: the hourly mail after %v is due at %v", place.loc, time.Unix(sec, 0).UTC(), due.In(place.loc))
			}
		}
	}
}
