//go:build race

package access

// The race detector watches each of the 19 MiB, for a second a password, and finds nothing
// there. Nobody runs the service with it.
const (
	memory = 64 // in KiB
	passes = 1
)
