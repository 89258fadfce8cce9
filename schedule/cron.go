package schedule

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"notifier/wallclock"
)

// fields are the five fields of a cron line, as sets of bits.
type fields struct {
	minutes, hours, days, months, weekdays uint64
	// eachHour is true if the hours are a wildcard: then the job follows elapsed time.
	eachHour bool
	// eitherDay is true if both the day of the month and the day of the week are
	// restricted: then one of them is enough (the habit of Vixie cron).
	eitherDay bool
	loc       *time.Location
}

// parts are the fields in their order, what they take, and their largest step.
var parts = []struct {
	name, takes string
	step        int
}{
	{"minute", "0 to 59", 59},
	{"hour", "0 to 23", 23},
	{"day of the month", "1 to 31", 30},
	{"month", "1 to 12 or jan to dec", 11},
	{"day of the week", "0 (Sunday) to 6 or sun to sat", 6},
}

// instead of the short names that other crons take.
var named = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

const maxCron = 200 // characters

// parseCron reads the five fields, which are separated by single spaces.
func parseCron(text string) (*fields, error) {
	words := strings.Split(text, " ")
	first := strings.ToLower(words[0])
	switch {
	case len(text) > maxCron:
		return nil, fmt.Errorf("the cron has %d characters; at most %d are taken. Use ranges, as in 1-15", len(text), maxCron)
	case strings.Contains(first, "tz="):
		return nil, fmt.Errorf("%q begins with a time zone. Write it as timezone, a field of its own, or behind the five fields where all is on one line", shorten(text))
	case named[first] != "":
		return nil, fmt.Errorf("%q is not taken. Write %q", shorten(text), named[first])
	case first == "@every" && len(words) == 2:
		return nil, fmt.Errorf("%q is not taken. Leave cron out and write every: %q", shorten(text), shorten(words[1]))
	case strings.HasPrefix(first, "@"):
		return nil, fmt.Errorf(`%q is not taken. Write five fields, as in "0 * * * *"`, shorten(text))
	case len(words) == 6:
		return nil, fmt.Errorf("%q has six fields. Leave out the seconds, and write %q", shorten(text), shorten(strings.Join(words[1:], " ")))
	case len(words) != len(parts):
		return nil, fmt.Errorf("%q has %d of the five fields. Write minute, hour, day of the month, month and day of the week, as in \"0 * * * *\"",
			shorten(text), len(words))
	}
	for i, word := range words {
		if !readable(i, word) {
			return nil, fmt.Errorf("the %s %q is not understood. It takes %s, *, lists, ranges and steps, as in 1,2 or 1-5 or */2",
				parts[i].name, shorten(word), parts[i].takes)
		}
	}
	f, err := read(text)
	if err != nil {
		return nil, err
	}
	if _, comes := f.match(0); !comes {
		return nil, fmt.Errorf("%q never comes: no such month has such a day. Choose another day or month", text)
	}
	return f, nil
}

// readable asks the parser about one field alone, so that the answer can name it. It is
// stricter where the parser reads something else than was meant: "*-5" as "*", "1,,2" as
// "1,2", and "*/90" minutes as once an hour.
func readable(i int, word string) bool {
	for item := range strings.SplitSeq(word, ",") {
		_, step, hasStep := strings.Cut(item, "/")
		n, err := strconv.Atoi(step)
		if item == "" || strings.HasPrefix(item, "*-") || strings.ContainsAny(item, "?=") ||
			hasStep && (err != nil || n > parts[i].step) {
			return false
		}
	}
	line := []string{"*", "*", "*", "*", "*"}
	line[i] = word
	_, err := read(strings.Join(line, " "))
	return err == nil
}

// read has the line parsed. The parser panics on some lines; none of them should come so far.
func read(line string) (f *fields, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf(`%q is not understood. Write five fields, as in "0 * * * *"`, shorten(line))
		}
	}()
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(line)
	if err != nil {
		return nil, err
	}
	s, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q is not a cron of five fields", shorten(line))
	}
	const star = 1 << 63 // the parser's mark; it forgets it on "*/2"
	words := strings.Fields(line)
	wild := func(i int) bool { return strings.HasPrefix(words[i], "*") }
	return &fields{
		minutes: s.Minute &^ star, hours: s.Hour &^ star, days: s.Dom &^ star, months: s.Month &^ star, weekdays: s.Dow &^ star,
		eachHour: wild(1), eitherDay: !wild(2) && !wild(4),
	}, nil
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour

	// horizon is for how many months a day is looked for: a 29 February that must fall on
	// one day of the week may be 40 years away, around the year 2100.
	horizon = 41 * 12
)

// match is the first reading of a wall clock, from that one on, that the fields ask for.
// Readings are counted in seconds as if the wall were in UTC.
func (f *fields) match(from int64) (reading int64, comes bool) {
	from += floorMod(-from, minute)
	date, first := floorDiv(from, day), int(floorMod(from, day)/minute)
	for range horizon {
		year, month, dayOfMonth := time.Unix(date*day, 0).UTC().Date()
		length := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
		for d := dayOfMonth; d <= length && f.months>>month&1 != 0; d++ {
			if f.on(d, date) {
				if m, ok := f.inDay(first); ok {
					return date*day + int64(m)*minute, true
				}
			}
			date++
			first = 0
		}
		date, first = time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC).Unix()/day, 0
	}
	return 0, false
}

// on tells whether the fields ask for that day.
func (f *fields) on(dayOfMonth int, date int64) bool {
	inMonth := f.days>>dayOfMonth&1 != 0
	inWeek := f.weekdays>>floorMod(date+int64(time.Thursday), 7)&1 != 0
	if f.eitherDay {
		return inMonth || inWeek
	}
	return inMonth && inWeek
}

// inDay is the first minute of a day, from that one on, that the fields ask for.
func (f *fields) inDay(from int) (minuteOfDay int, ok bool) {
	h := from / 60
	if f.hours>>h&1 != 0 {
		if rest := f.minutes >> (from % 60); rest != 0 {
			return from + bits.TrailingZeros64(rest), true
		}
	}
	later := f.hours >> (h + 1)
	if later == 0 || f.minutes == 0 {
		return 0, false
	}
	return (h+1+bits.TrailingZeros64(later))*60 + bits.TrailingZeros64(f.minutes), true
}

// forever is later than any change of clocks.
const forever = int64(1) << 60

// next is the first run strictly after that instant.
//
// It goes from one change of the clocks to the next. With wildcard hours the job runs
// whenever the wall gives a matching reading. With fixed hours it runs when the wall gives
// it for the first time, and what is skipped runs at the change.
func (f *fields) next(after time.Time) time.Time {
	from := after.Unix() + 1 // Unix rounds down, so this is after it
	for {
		before, _ := wallclock.Offset(from-1, f.loc)
		ahead, until := wallclock.Offset(from, f.loc)
		if ahead > before && !f.eachHour && f.skipped(from, before, ahead) {
			return time.Unix(from, 0).UTC()
		}
		reading, comes := f.match(from + ahead)
		for comes && reading-ahead < until {
			if at := time.Unix(reading-ahead, 0).UTC(); f.eachHour || f.instantOf(reading).Equal(at) {
				return at
			}
			reading, comes = f.match(reading + minute)
		}
		if !comes || until >= forever {
			return time.Time{}
		}
		// From until on, no wall reads anything earlier than UTC did a day before. So the
		// periods in which nothing can match are passed over at once.
		reading, _ = f.match(until - day)
		from = max(until, reading-day)
	}
}

// skipped tells whether the clocks jump over a matching reading at that change.
func (f *fields) skipped(change, before, ahead int64) bool {
	reading, comes := f.match(change + before)
	for comes && reading < change+ahead {
		if f.instantOf(reading).Unix() == change {
			return true
		}
		reading, comes = f.match(reading + minute)
	}
	return false
}

// instantOf is when the wall gives that reading first, or jumps over it.
func (f *fields) instantOf(reading int64) time.Time {
	wall := time.Unix(reading, 0).UTC()
	at, exists := wallclock.At(wallclock.DateOf(wall, time.UTC), wallclock.Time{Hour: wall.Hour(), Minute: wall.Minute()}, f.loc)
	if !exists {
		return time.Time{}
	}
	return at
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
