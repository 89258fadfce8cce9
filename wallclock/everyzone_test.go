package wallclock_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/wallclock"
)

const day = 86400

var (
	epoch  = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	finish = time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// stretch is a time during which a zone keeps one offset, as package time tells it.
type stretch struct{ start, end, ahead int64 }

func stretchesOf(loc *time.Location, from, to int64) []stretch {
	var all []stretch
	for at := from; at < to; {
		_, ahead := time.Unix(at, 0).In(loc).Zone()
		_, bound := time.Unix(at, 0).In(loc).ZoneBounds()
		end := to
		if !bound.IsZero() && bound.Unix() < to {
			end = bound.Unix()
		}
		if end <= at { // on the last day of a leap year: see TestOffsetOfAnyLocation
			end = at + day
		}
		if n := len(all); n > 0 && all[n-1].ahead == int64(ahead) {
			all[n-1].end = end
		} else {
			all = append(all, stretch{at, end, int64(ahead)})
		}
		at = end
	}
	return all
}

var loaded = sync.OnceValue(func() map[string]*time.Location {
	zones, seen := map[string]*time.Location{}, map[string]bool{}
	for _, name := range wallclock.Names() {
		loc, err := wallclock.Zone(name)
		if err != nil {
			panic(err)
		}
		if print := fmt.Sprint(stretchesOf(loc, epoch, finish)); !seen[print] {
			seen[print], zones[name] = true, loc
		}
	}
	return zones
})

// allZones is every zone of the IANA list; of those that agree since 1970, only one.
func allZones(tb testing.TB) map[string]*time.Location {
	tb.Helper()
	if n := len(loaded()); n < 250 {
		tb.Fatalf("only %d different zones", n)
	}
	return loaded()
}

// forAllZones runs f for each zone of the sample, on all processors.
func forAllZones(t *testing.T, f func(t *testing.T, loc *time.Location)) {
	names := []string{}
	for name := range allZones(t) {
		names = append(names, name)
	}
	slices.Sort(names)
	const shares = 8
	for share := range shares {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			for i := share * sample; i < len(names); i += shares * sample {
				f(t, loaded()[names[i]])
			}
		})
	}
}

// none stands for a date that has no instant.
const none = int64(-1 << 62)

// expected is the instant of that wall time on each local date from first on, found the
// other way round: not from the date to the instant, but by reading all the clocks.
func expected(all []stretch, wall int64) (first int64, instants []int64) {
	latest := all[len(all)-1]
	first = floorDiv(all[0].start+all[0].ahead, day)
	dates := make([]bool, floorDiv(latest.end+latest.ahead, day)-first+3)
	instants = slices.Repeat([]int64{none}, len(dates))
	for _, s := range all {
		for d := floorDiv(s.start+s.ahead, day); d*day < s.end+s.ahead; d++ {
			dates[d-first] = true
			reading := d*day + wall - s.ahead
			if instants[d-first] == none && s.start <= reading && reading < s.end {
				instants[d-first] = reading
			}
		}
	}
	for i, exists := range dates {
		w := (first+int64(i))*day + wall
		for k := 1; k < len(all) && exists && instants[i] == none; k++ {
			if all[k-1].end+all[k-1].ahead <= w && w < all[k].start+all[k].ahead {
				instants[i] = all[k].start
			}
		}
	}
	return first, instants
}

// RULES section 2: exactly one due time on every local date that exists.
func TestOneDailyInstantOnEveryLocalDateOfEveryZone(t *testing.T) {
	forAllZones(t, func(t *testing.T, loc *time.Location) {
		all := stretchesOf(loc, epoch, finish)
		for _, at := range []wallclock.Time{{}, {Hour: 2, Minute: 30}, {Hour: 8}, {Hour: 23, Minute: 59}} {
			first, want := expected(all, int64(at.Hour*3600+at.Minute*60))
			after := time.Unix(want[1]-1, 0)
			for i := 1; i < len(want)-5; i++ { // the dates at both ends are cut
				date := wallclock.Date{Year: 1970, Month: 1, Day: int(first) + i + 1}
				got, ok := wallclock.At(date, at, loc)
				if ok != (want[i] != none) || ok && got.Unix() != want[i] {
					t.Fatalf("%s: At(%s, %s) = %v, %v; want %v", loc, date.AddDays(0), at, got, ok, time.Unix(want[i], 0).UTC())
				}
				if !ok {
					continue
				}
				if next := wallclock.Next(after, at, loc, nil); !next.Equal(got) {
					t.Fatalf("%s: Next(%v, %s) = %v, want %v", loc, after.UTC(), at, next, got)
				}
				after = got
			}
		}
	})
}

// RULES section 2: hourly is the first instant after t at which the wall reads hh:00:00.
func TestNextHourIsTheFirstFullHourInEveryZone(t *testing.T) {
	forAllZones(t, func(t *testing.T, loc *time.Location) {
		all := stretchesOf(loc, epoch, finish)
		check := func(sec, nano int64) {
			t.Helper()
			got := wallclock.NextHour(time.Unix(sec, nano), loc)
			if want := fullHour(all, sec+1); got.Unix() != want || got.Nanosecond() != 0 {
				t.Fatalf("%s: NextHour(%v) = %v, want %v", loc, time.Unix(sec, nano).UTC(), got, time.Unix(want, 0).UTC())
			}
		}
		for _, s := range all[:len(all)-1] {
			for sec := s.end - 4*3600; sec < s.end+4*3600; sec += 419 {
				check(sec, 0)
				check(sec, 1)
			}
			check(s.end-1, 0)
			check(s.end, 0)
		}
		for sec := epoch; sec < finish-day; sec += 999_983 {
			check(sec, 0)
		}
	})
}

// fullHour is the first second from that one on at which the wall reads a full hour.
func fullHour(all []stretch, from int64) int64 {
	i, _ := slices.BinarySearchFunc(all, from, func(s stretch, sec int64) int { return cmp.Compare(s.end, sec+1) })
	for _, s := range all[i:] {
		start := max(s.start, from)
		if full := start + floorMod(-(start+s.ahead), 3600); full < s.end {
			return full
		}
	}
	return none
}

// inventedZone changes its clocks as no country did so far: back and forth within hours.
func inventedZone(r *rapid.T) (*time.Location, int64, int64) {
	at := time.Date(2020, 1, 10, 0, 0, 0, 0, time.UTC).Unix()
	ahead := rapid.Int64Range(-8*60, 8*60).Draw(r, "ahead") * 60
	whens, offsets := []int64{}, []int64{ahead}
	for range rapid.IntRange(1, 5).Draw(r, "changes") {
		at += rapid.Int64Range(1, 40*60).Draw(r, "later") * 60
		ahead += rapid.Int64Range(-150, 150).Draw(r, "change") * 60
		whens, offsets = append(whens, at), append(offsets, ahead)
	}
	be := binary.BigEndian
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []int{0, 0, 0, len(whens), len(offsets), 2} {
		b = be.AppendUint32(b, uint32(n))
	}
	for _, w := range whens {
		b = be.AppendUint32(b, uint32(w))
	}
	for i := range whens {
		b = append(b, byte(i+1))
	}
	for _, o := range offsets {
		b = append(be.AppendUint32(b, uint32(int32(o))), 0, 0)
	}
	loc, err := time.LoadLocationFromTZData("Invented", append(b, 'X', 0))
	if err != nil {
		r.Fatal(err)
	}
	return loc, whens[0], at
}

// Clocks that change twice within hours: every minute of the wall is compared.
func TestAtAndNextInInventedZones(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		loc, first, last := inventedZone(r)
		at := wallclock.Time{Hour: rapid.IntRange(0, 23).Draw(r, "hour"), Minute: rapid.IntRange(0, 59).Draw(r, "minute")}
		all := stretchesOf(loc, first-7*day, last+7*day)
		start, want := expected(all, int64(at.Hour*3600+at.Minute*60))
		after := first - 2*day + rapid.Int64Range(0, last-first+4*day).Draw(r, "after")
		earliest := int64(1 << 62)
		for i := 1; i < len(want)-5; i++ {
			date := wallclock.Date{Year: 1970, Month: 1, Day: int(start) + i + 1}
			got, ok := wallclock.At(date, at, loc)
			if ok != (want[i] != none) || ok && got.Unix() != want[i] {
				r.Fatalf("At(%s, %s) = %v, %v; want %v in %v", date, at, got, ok, time.Unix(want[i], 0).UTC(), all)
			}
			if want[i] > after {
				earliest = min(earliest, want[i])
			}
		}
		if got := wallclock.Next(time.Unix(after, 0), at, loc, nil); got.Unix() != earliest {
			r.Fatalf("Next(%v, %s) = %v, want %v in %v", time.Unix(after, 0).UTC(), at, got, time.Unix(earliest, 0).UTC(), all)
		}
		if got, want := wallclock.NextHour(time.Unix(after, 0), loc).Unix(), fullHour(all, after+1); got != want {
			r.Fatalf("NextHour(%v) = %v, want %v in %v", time.Unix(after, 0).UTC(), time.Unix(got, 0).UTC(), time.Unix(want, 0).UTC(), all)
		}
	})
}

func floorDiv(a, b int64) int64 { return (a - floorMod(a, b)) / b }

func floorMod(a, b int64) int64 { return (a%b + b) % b }
