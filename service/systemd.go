package service

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"go.uber.org/zap"
)

// supervisor is systemd, where it has started us with Type=notify; else nobody, as on Windows
// and macOS, whose service managers ask a program for nothing.
type supervisor struct {
	socket string
	// watchdog is after how long of silence we are taken for dead; 0: never.
	watchdog time.Duration
	log      *zap.Logger
}

func newSupervisor(log *zap.Logger) supervisor {
	s := supervisor{socket: os.Getenv("NOTIFY_SOCKET"), log: log.Named("systemd")}
	micros, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if pid := os.Getenv("WATCHDOG_PID"); err == nil && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.watchdog = time.Duration(micros) * time.Microsecond
	}
	return s
}

// tell says how we stand (sd_notify). That nobody listens is no reason to stop.
func (s supervisor) tell(state string) {
	if s.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // a supervisor that does not read holds nobody up
		_, err = conn.Write([]byte(state))
		_ = conn.Close()
	}
	if err != nil {
		s.log.Warn("systemd could not be told", zap.String("state", state), zap.Error(err))
	}
}

// lives says so, twice as often as is asked for, until ctx ends.
func (s supervisor) lives(ctx context.Context) {
	if s.socket == "" || s.watchdog == 0 {
		return
	}
	beat := time.NewTicker(s.watchdog / 2)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			s.tell("WATCHDOG=1")
		}
	}
}

// reloading says that the configuration is being read, until the returned function is
// called.
func (s supervisor) reloading() (done func()) {
	s.tell(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", monotonic()/int64(time.Microsecond)))
	return func() { s.tell("READY=1") }
}
