//go:build !race

package wallclock_test

// sample is which share of the zones is walked: all.
const sample = 1
