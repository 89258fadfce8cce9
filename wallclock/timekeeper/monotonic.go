package timekeeper

import "time"

var started = time.Now()

// running is the time since the program was started at the instant of a reading, which brings it along.
func running(wall time.Time) time.Duration { return wall.Sub(started) }
