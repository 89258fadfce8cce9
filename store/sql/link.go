package sql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"notifier/network"
	"notifier/rescue"
)

// link is a connection to the database that counts what comes over it. One that brings
// nothing soon after it was made is closed, which also holds for the requests by which pgx
// has a statement cancelled: a host that is frozen takes those, too, and never answers.
type link struct {
	net.Conn
	reads, writes atomic.Int64
	first         *time.Timer // closes it, until something has come
}

func (l *link) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if n > 0 && l.reads.Add(1) == 1 {
		l.first.Stop()
	}
	return n, err
}

func (l *link) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	if n > 0 {
		l.writes.Add(1)
	}
	return n, err
}

func (l *link) Close() error {
	l.first.Stop()
	return l.Conn.Close()
}

// linkOf finds the link below TLS.
func linkOf(conn net.Conn) *link {
	if safe, ok := conn.(*tls.Conn); ok {
		conn = safe.NetConn()
	}
	l, _ := conn.(*link)
	return l
}

// hangUp closes a connection without a farewell, for which its host would be waited for.
func hangUp(conn *pgx.Conn) {
	raw := conn.PgConn().Conn()
	if l := linkOf(raw); l != nil {
		raw = l
	}
	_ = raw.Close() // it is given up anyhow
}

// CloseSoon closes a connection and waits a moment at most.
func CloseSoon(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// errAway is why a host is not asked: it did not answer a moment ago.
var errAway = errors.New("the host did not answer a moment ago")

// dial makes a link to a host, unless that host has just not answered: then the next of the
// URL is tried at once, and callers hear at once that none is there (circuit breaker).
func (g *guard) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	if g.left(address) {
		return nil, &net.OpError{Op: "dial", Net: kind, Err: fmt.Errorf("%s: %w", address, errAway)}
	}
	begun := time.Now()
	conn, err := network.Dialer(g.patience(), nil).DialContext(ctx, kind, address)
	if err != nil {
		if time.Since(begun) >= g.patience()-time.Second {
			g.leave(address)
		}
		return nil, err
	}
	l := &link{Conn: conn}
	l.first = rescue.After(g.patience(), g.log, "leaving a host", func() {
		defer conn.Close()
		g.leave(address)
	})
	return l, nil
}

// patience is how long a host may take to say its first word: a little less than the whole
// of a connection may.
func (g *guard) patience() time.Duration { return g.config.ConnectTimeout - 500*time.Millisecond }

func (g *guard) left(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.away[address])
}

func (g *guard) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away == nil {
		g.away = map[string]time.Time{}
	}
	g.away[address] = time.Now().Add(rest)
}

// answered tells whether an error comes from a host that answers, whatever it says.
func answered(err error) bool {
	if _, said := errors.AsType[*pgconn.PgError](err); said {
		return true
	}
	_, stranger := errors.AsType[*tls.CertificateVerificationError](err) // the name is that of another host of the URL
	return stranger
}
