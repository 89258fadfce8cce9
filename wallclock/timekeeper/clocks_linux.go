package timekeeper

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// elapsed is the time since the machine was started, also while it slept.
func elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil { // kernels have it since 2011
		return time.Since(started)
	}
	return time.Duration(t.Nano())
}

// Boot names this start of the machine: programs for which it is the same have the same clock of
// elapsed time. A container may have a clock of its own (time_namespaces(7)). Empty: nobody knows.
func Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, _ := os.Readlink("/proc/self/ns/time") // kernels have it since 2020
	return strings.TrimSpace(strings.TrimSpace(string(id)) + " " + namespace)
}

// kernel asks whether a server of time keeps the kernel's clock right.
func kernel() (at time.Time, synchronised bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return at, false
	}
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME, &now) != nil {
		return at, false
	}
	return time.Unix(now.Unix()), true
}
