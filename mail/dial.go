package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"notifier/message"
	"notifier/network"
)

func (s Settings) server() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// dial makes a connection on behalf of d: greeted, safe as the settings want it, and
// logged in.
func (s Settings) dial(d *delivery) (*conn, *message.Failure) {
	ctx, cancel := context.WithDeadline(d.ctx, within(s.Timeouts.Connect, d.until))
	defer cancel()
	raw, err := network.Dialer(s.Timeouts.Connect, nil).DialContext(ctx, "tcp", s.server())
	if err != nil {
		return nil, networkFailure(message.ConnectFailed, err)
	}
	c := newConn(raw, s.Timeouts)
	c.overheard = s.overheard
	c.note("connected to %s", raw.RemoteAddr())
	if s.TLS == fullTLS {
		if err := c.handshake(ctx, s.TLSConfig); err != nil {
			raw.Close()
			return nil, networkFailure(message.TLSFailed, err)
		}
	}
	c.guard(d)
	defer c.release()
	f := c.greet(s, d.until)
	if f == nil && s.TLS == startTLS {
		f = c.startTLS(d, s)
	}
	if f == nil && s.Username != "" {
		f = c.login(ctx, s, d.until)
	}
	if f != nil {
		c.hangUp()
		return nil, f
	}
	return c, nil
}

// greet hears the greeting and says hello.
func (c *conn) greet(s Settings, until time.Time) *message.Failure {
	r, err := c.read(c.limits.Command, until)
	if err != nil {
		return networkFailure(message.ConnectFailed, fmt.Errorf("no greeting: %w", err))
	}
	if !r.ok() {
		return r.failure(atConnect)
	}
	return c.hello(s, until)
}

func (c *conn) hello(s Settings, until time.Time) *message.Failure {
	name := s.hello(c.raw.LocalAddr())
	r, err := c.ask("EHLO "+name, until)
	if err == nil && (r.code == 500 || r.code == 502) { // a server from before 1995
		r, err = c.ask("HELO "+name, until)
	}
	if err != nil {
		return networkFailure(message.ConnectFailed, fmt.Errorf("no answer to EHLO: %w", err))
	}
	if !r.ok() {
		return r.failure(atConnect)
	}
	c.heed(r)
	return nil
}

// startTLS makes the connection safe or fails. It never goes on without.
func (c *conn) startTLS(d *delivery, s Settings) *message.Failure {
	if !c.offersTLS {
		return networkFailure(message.TLSFailed, errors.New("the server does not offer STARTTLS"))
	}
	r, err := c.ask("STARTTLS", d.until)
	if err != nil {
		return networkFailure(message.TLSFailed, err)
	}
	if !r.ok() {
		return r.failure(atTLS)
	}
	if c.r.Buffered() > 0 {
		// Somebody on the way wants these words to be taken for the server's own.
		return networkFailure(message.TLSFailed, errors.New("the server went on in plain text after STARTTLS"))
	}
	ctx, cancel := context.WithDeadline(d.ctx, within(s.Timeouts.Connect, d.until))
	defer cancel()
	if err := c.handshake(ctx, s.TLSConfig); err != nil {
		return networkFailure(message.TLSFailed, err)
	}
	return c.hello(s, d.until)
}

func (c *conn) handshake(ctx context.Context, config *tls.Config) error {
	safe := tls.Client(c.raw, config)
	if err := safe.HandshakeContext(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	c.raw = safe
	c.mu.Unlock()
	c.r.Reset(safe)
	c.secure = true
	c.noteTLS(safe.ConnectionState())
	return nil
}
