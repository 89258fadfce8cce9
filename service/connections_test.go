package service

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"notifier/settings"
)

// crowdServer serves as the program does, and tells where.
func crowdServer(t *testing.T, c settings.HTTP, limit time.Duration, handle http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: hurried(limit, handle)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(newDoorkeeper(listener, c)) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return listener.Addr().String()
}

// TestReadersThatNeverRead is S3: whoever asks and does not read the answer is let go, and
// whoever reads slowly gets all of it.
func TestReadersThatNeverRead(t *testing.T) {
	const size = 32 << 20
	ended := make(chan error, 20)
	address := crowdServer(t, settings.HTTP{}, 300*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, size)) // in one piece
		ended <- err
	})
	for range 20 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		select {
		case err := <-ended:
			if err == nil {
				t.Error("S3: an answer that nobody reads was written")
			}
		case <-time.After(time.Minute):
			t.Fatalf("S3: %d of 20 connections are held by readers that never read", 20-i)
		}
	}
}

func TestSlowReadersGetAll(t *testing.T) {
	const size = 8 << 20
	address := crowdServer(t, settings.HTTP{}, 10*time.Second, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	})
	for range 2 {
		answer, err := http.Get("http://" + address)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, bufio.NewReaderSize(answer.Body, 4<<10))
		answer.Body.Close()
		if err != nil || n != size {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

// TestConnectionsAreLimited is S3: in all, and for each address that is no proxy.
func TestConnectionsAreLimited(t *testing.T) {
	for name, c := range map[string]settings.HTTP{
		"in all":      {Connections: 3},
		"per address": {ConnectionsPerAddress: 3},
	} {
		t.Run(name, func(t *testing.T) {
			address := crowdServer(t, c, time.Second, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "welcome") })
			ask := func() (net.Conn, string) {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				_ = conn.SetDeadline(time.Now().Add(time.Minute))
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				line, _ := bufio.NewReader(conn).ReadString('\n')
				return conn, strings.TrimSpace(line)
			}
			var held []net.Conn
			for range 3 {
				conn, said := ask()
				if held = append(held, conn); said != "HTTP/1.1 200 OK" {
					t.Fatalf("S3: within the limit: %q", said)
				}
			}
			conn, said := ask()
			conn.Close()
			if said == "HTTP/1.1 200 OK" {
				t.Errorf("S3: a fourth connection was taken")
			}
			held[0].Close()
			until := time.Now().Add(time.Minute)
			for said != "HTTP/1.1 200 OK" && time.Now().Before(until) {
				conn, said = ask()
				conn.Close()
			}
			if said != "HTTP/1.1 200 OK" {
				t.Errorf("S3: no room after one has left: %q", said)
			}
			for _, conn := range held {
				conn.Close()
			}
		})
	}
	trusted := settings.HTTP{ConnectionsPerAddress: 1, TrustedProxies: []string{"127.0.0.0/8"}}
	address := crowdServer(t, trusted, time.Second, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "welcome") })
	for range 5 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
			t.Errorf("S3: a proxy has %q, %v", line, err)
		}
	}
}

// S3: a proxy is trusted by its address, not by that of its network.
func TestATrustedProxyOfIPv6(t *testing.T) {
	d := newDoorkeeper(nil, settings.HTTP{TrustedProxies: []string{"2001:db8::5/128", "10.0.0.5/32"}})
	for address, want := range map[string]bool{"2001:db8::5": true, "2001:db8::6": false, "10.0.0.5": true, "::ffff:10.0.0.5": true, "10.0.0.6": false} {
		if got := d.trusts(&net.TCPAddr{IP: net.ParseIP(address)}); got != want {
			t.Errorf("S3: %s is trusted: %t, want %t", address, got, want)
		}
	}
}
