//go:build !linux

package service

// monotonic is asked for by systemd alone, which is nowhere but on Linux.
func monotonic() int64 { return 0 }
