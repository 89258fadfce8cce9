//go:build race

package preferences_test

// sample is which share of the zones is walked: under the race detector, which slows
// arithmetic tenfold and has little to find in it, one in eight. make test runs these
// tests without it, too.
const sample = 8
