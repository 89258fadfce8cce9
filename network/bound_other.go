//go:build !linux

package network

import (
	"syscall"
	"time"
)

// bound does nothing: only Linux has TCP_USER_TIMEOUT. Keepalive and deadlines remain.
func bound(syscall.RawConn, time.Duration) error { return nil }
