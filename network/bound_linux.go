package network

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// bound ends the connection when what was sent stays without an acknowledgement for so long
// (TCP_USER_TIMEOUT, RFC 5482). Sockets that are not TCP have no such option.
func bound(c syscall.RawConn, silence time.Duration) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds()))
	})
}
