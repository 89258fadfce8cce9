package network_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"notifier/network"
)

// TestNobodyIsWaitedForWithoutEnd is L2: keepalive and TCP_USER_TIMEOUT are on.
func TestNobodyIsWaitedForWithoutEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := ""
	conn, err := network.Dialer(time.Minute, func(_, address string, _ syscall.RawConn) error { asked = address; return nil }).Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if asked != l.Addr().String() {
		t.Errorf("the control saw %q, want %q", asked, l.Addr())
	}
	option := func(level, name int) (value int) {
		raw, err := conn.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }); err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, row := range []struct {
		name               string
		level, option, got int
	}{
		{"TCP_USER_TIMEOUT in ms", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 10000},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE in s", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 10},
	} {
		if got := option(row.level, row.option); got != row.got {
			t.Errorf("%s is %d, want %d", row.name, got, row.got)
		}
	}
	network.Allow(conn, time.Minute)
	if got := option(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); got != 60000 {
		t.Errorf("TCP_USER_TIMEOUT is %d, want the minute that was allowed", got)
	}
}

func TestAControlMayRefuse(t *testing.T) {
	no := errors.New("not there")
	_, err := network.Dialer(time.Minute, func(string, string, syscall.RawConn) error { return no }).Dial("tcp", "127.0.0.1:1")
	if !errors.Is(err, no) {
		t.Errorf("the dial ended with %v, want %v", err, no)
	}
}
