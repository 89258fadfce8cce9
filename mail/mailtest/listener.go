package mailtest

import (
	"fmt"
	"net"
	"sync"
)

// Traffic counts what happened on the relay's connections.
type Traffic struct {
	Connections int // ever made
	Open, Peak  int // now, and at most at one time
	Reads       int // reads that brought bytes: about one for each group of commands
}

// Traffic tells what happened so far.
func (r *Relay) Traffic() Traffic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traffic
}

// Disconnect drops all connections without a word, as a relay does that restarts.
func (r *Relay) Disconnect() {
	r.mu.Lock()
	open := make([]*conn, 0, len(r.conns))
	for c := range r.conns {
		open = append(open, c)
	}
	r.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
}

// listener counts the connections.
type listener struct {
	net.Listener
	relay *Relay
}

// Accept waits for a connection.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.relay.welcome(c)
}

func (r *Relay) welcome(inner net.Conn) (net.Conn, error) {
	c := &conn{Conn: inner, relay: r}
	if f, ok := r.fault(AtConnect); ok {
		c.greeting = &f
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed:
		inner.Close()
		return nil, net.ErrClosed
	default:
	}
	r.conns[c] = true
	r.traffic.Connections++
	r.traffic.Open++
	r.traffic.Peak = max(r.traffic.Peak, r.traffic.Open)
	c.number = r.traffic.Connections
	return c, nil
}

// conn is a connection that can be told to end.
type conn struct {
	net.Conn
	relay    *Relay
	number   int
	greeting *Fault // instead of the first write
	ended    sync.Once

	mu   sync.Mutex
	last bool
}

// closeAfterReply lets one more reply through.
func (c *conn) closeAfterReply() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = true
}

// Read counts.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.relay.mu.Lock()
		c.relay.traffic.Reads++
		c.relay.mu.Unlock()
	}
	return n, err
}

// Write writes, and ends the connection if that was the last reply.
func (c *conn) Write(b []byte) (int, error) {
	if f := c.greeting; f != nil {
		c.greeting = nil
		if !c.relay.pause(f.Delay) || !f.passes() {
			if !f.Drop && f.Code != 0 {
				fmt.Fprintf(c.Conn, "%d %s\r\n", f.Code, f.text())
			}
			c.Close()
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	if last {
		c.Close()
	}
	return n, err
}

// Close ends the connection, once. It is not counted any more when the client sees it.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.ended.Do(func() {
		c.relay.mu.Lock()
		delete(c.relay.conns, c)
		c.relay.traffic.Open--
		c.relay.mu.Unlock()
		err = c.Conn.Close()
	})
	return err
}
