//go:build !race

package preferences_test

// sample is which share of the zones is walked: all.
const sample = 1
