package simulate

import (
	"maps"
	"slices"
)

// Backlog is what becomes of mails that leave in these minutes, by their Unix time, where
// no more than limit may leave in one: how many minutes are above it, and how many minutes
// the longest queue takes to go.
func Backlog(minutes map[int64]int, limit int) (above, longest int) {
	if limit < 1 {
		return 0, 0
	}
	waiting, last := 0, int64(0)
	for _, at := range slices.Sorted(maps.Keys(minutes)) {
		passed := int(at-last)/60 - 1 // in which nothing came
		waiting = max(0, waiting-max(0, passed)*limit) + minutes[at] - limit
		if minutes[at] > limit {
			above++
		}
		waiting, last = max(0, waiting), at
		longest = max(longest, (waiting+limit-1)/limit)
	}
	return above, longest
}
