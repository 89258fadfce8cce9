// Package network makes connections to others, so that none of them is waited for without end.
//
// A host that vanishes says nothing. Keepalive finds that where nothing is under way, and
// TCP_USER_TIMEOUT where something is. Neither finds a host that is frozen while its kernel
// still answers: for that, whoever waits needs a deadline of its own.
package network

import (
	"net"
	"syscall"
	"time"
)

// Silence is how long the other side may leave what we sent without an acknowledgement.
const Silence = 10 * time.Second

// Dialer makes connections that notice when the other side has vanished. Dialling itself
// takes no longer than limit. A control, if there is one, looks at each address first.
func Dialer(limit time.Duration, control func(network, address string, c syscall.RawConn) error) *net.Dialer {
	return &net.Dialer{
		Timeout:         limit,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: Silence, Interval: 3 * time.Second, Count: 3},
		Control: func(network, address string, c syscall.RawConn) error {
			if control != nil {
				if err := control(network, address, c); err != nil {
					return err
				}
			}
			return bound(c, Silence)
		},
	}
}

// Allow lets the other side take its time to acknowledge, as a mail server may that reads
// slowly. Where the system has no such bound, nothing happens.
func Allow(conn net.Conn, silence time.Duration) {
	if safe, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = safe.NetConn()
	}
	if raw, ok := conn.(syscall.Conn); ok {
		if c, err := raw.SyscallConn(); err == nil {
			_ = bound(c, silence) // it is a courtesy: the deadline of the write still holds
		}
	}
}
