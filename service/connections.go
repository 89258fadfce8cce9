package service

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"notifier/gate"
	"notifier/settings"
)

// doorkeeper is a listener that holds so many connections in all, and so many from one address.
// One that is too many is told so and closed, at once: a queue of them would only hide that
// somebody holds the others. Connections of trusted proxies count in all alone.
type doorkeeper struct {
	net.Listener
	most, mostFrom int // 0: any number
	proxies        gate.Proxies

	mu   sync.Mutex
	all  int
	from map[netip.Prefix]int
}

func newDoorkeeper(l net.Listener, c settings.HTTP) *doorkeeper {
	return &doorkeeper{Listener: l, most: c.Connections, mostFrom: c.ConnectionsPerAddress, proxies: c.Proxies(), from: map[netip.Prefix]int{}}
}

// Accept waits for a connection that there is room for.
func (c *doorkeeper) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		network := networkOf(conn.RemoteAddr())
		if c.enter(network, c.trusts(conn.RemoteAddr())) {
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { c.leave(network) })}, nil
		}
		turnAway(conn)
	}
}

// networkOf is what counts as one address: an IPv4 address, or the /64 that one place has in
// IPv6.
func networkOf(a net.Addr) netip.Prefix {
	tcp, is := a.(*net.TCPAddr)
	if !is {
		return netip.Prefix{}
	}
	return gate.Network(tcp.AddrPort().Addr())
}

// trusts tells whether a connection is a trusted proxy's, or no network's.
func (c *doorkeeper) trusts(a net.Addr) bool {
	tcp, is := a.(*net.TCPAddr)
	return !is || c.proxies.Trust(tcp.AddrPort().Addr())
}

func (c *doorkeeper) enter(network netip.Prefix, trusted bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most > 0 && c.all >= c.most || c.mostFrom > 0 && !trusted && c.from[network] >= c.mostFrom {
		return false
	}
	c.all++
	c.from[network]++
	return true
}

func (c *doorkeeper) leave(network netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.from[network]--; c.from[network] == 0 {
		delete(c.from, network)
	}
}

const crowded = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 78\r\n\r\n" +
	"There are too many connections at this moment. Close some, or try again soon.\n"

func turnAway(conn net.Conn) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // a new connection takes so little at once
	_, _ = conn.Write([]byte(crowded))
	_ = conn.Close()
}

// guest is a connection that makes room when it ends.
type guest struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}

// CloseWrite ends what is written and leaves the rest of a request to be read, so that an
// answer to a request which is too large arrives before the connection is reset.
func (g *guest) CloseWrite() error {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

const (
	// writeTime is how long a reader may take for a piece of an answer.
	writeTime = 30 * time.Second
	// piece is how much of an answer is written by one deadline, in bytes: whoever reads more
	// slowly than that does not read.
	piece = 64 << 10
)

// hurried bounds how long an answer may take to be read, by its progress: a reader that takes
// nothing for the limit is hung up on, however long the answer, and one that goes on reading
// a long export is not. Server-sent events come in pieces, too.
func hurried(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &hurry{ResponseWriter: w, control: http.NewResponseController(w), limit: limit}
		h.extend() // that of the request before on the same connection is over
		defer h.extend()
		next.ServeHTTP(h, r)
	})
}

type hurry struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

func (h *hurry) extend() { _ = h.control.SetWriteDeadline(time.Now().Add(h.limit)) } // tests have writers without

// Unwrap is for http.ResponseController.
func (h *hurry) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// FlushError writes out what was written.
func (h *hurry) FlushError() error {
	h.extend()
	return h.control.Flush()
}

// Write writes a piece at a time.
func (h *hurry) Write(b []byte) (n int, err error) {
	for {
		h.extend()
		written, err := h.ResponseWriter.Write(b[n:min(len(b), n+piece)])
		if n += written; err != nil || n == len(b) {
			return n, err
		}
	}
}
