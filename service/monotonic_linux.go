package service

import (
	"golang.org/x/sys/unix"
)

// monotonic is the clock that systemd compares by, in nanoseconds.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return t.Nano()
}
