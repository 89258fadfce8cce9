package wallclock

import (
	"sort"
	"sync"
	"time"
)

const (
	hour = 3600
	day  = 24 * hour

	// forever is later than any instant that this package is asked about, and still
	// far enough from the end of int64 to add and subtract a few days.
	forever = int64(1) << 60

	// calm is so long that nothing that happened before it matters: no two offsets
	// are further apart (the largest are -15:56 and +15:14), so a wall time that is
	// read after calm without a change was never read before.
	calm = 2 * day
)

// Offset is by how many seconds the wall clocks of loc are ahead of UTC at that Unix
// time, and until which Unix time it stays so at least.
func Offset(sec int64, loc *time.Location) (ahead, until int64) {
	if loc == time.UTC {
		return 0, forever
	}
	if found, ok := tables.Load(loc); ok {
		if t := found.(*table); sec < t.until {
			return t.offset(sec)
		}
	}
	return offset(sec, loc)
}

// offset asks package time, which takes up to half a microsecond for the years that a
// zone describes by a rule.
func offset(sec int64, loc *time.Location) (ahead, until int64) {
	at := time.Unix(sec, 0).In(loc)
	_, n := at.Zone()
	_, end := at.ZoneBounds() // the start is wrong in the year in which such a rule begins
	switch {
	case end.IsZero():
		return int64(n), forever
	case end.Unix() <= sec:
		// In such years ZoneBounds ends every year after 365 days, also leap years.
		return int64(n), (floorDiv(sec, day) + 1) * day
	}
	return int64(n), end.Unix()
}

// table holds the changes of a zone from the beginning until the year 2100.
type table struct {
	changes []change
	until   int64
}

type change struct{ at, ahead int64 }

// tables holds one table for each zone that Zone has handed out.
var tables sync.Map // *time.Location → *table

func newTable(loc *time.Location) *table {
	t := &table{until: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix()}
	for at := -forever >> 16; at < t.until; { // some 500,000 years ago
		ahead, until := offset(at, loc)
		if n := len(t.changes); n == 0 || t.changes[n-1].ahead != ahead {
			t.changes = append(t.changes, change{at, ahead})
		}
		if until == forever {
			t.until = forever
			break
		}
		at = until
	}
	return t
}

func (t *table) offset(sec int64) (ahead, until int64) {
	n := sort.Search(len(t.changes), func(i int) bool { return t.changes[i].at > sec })
	until = t.until
	if n < len(t.changes) {
		until = t.changes[n].at
	}
	return t.changes[max(n-1, 0)].ahead, until
}
