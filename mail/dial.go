package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"

	"notifier/message"
)

func (s Settings) server() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// dial makes a connection on behalf of d: greeted, safe as the settings want it, and
// logged in.
func (s Settings) dial(d *delivery) (*conn, *message.Failure) {
	ctx, cancel := context.WithDeadline(d.ctx, within(s.Timeouts.Connect, d.until))
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", s.server())
	if err != nil {
		return nil, networkFailure(message.ConnectFailed, err)
	}
	c := newConn(raw, s.Timeouts)
	if s.TLS == fullTLS {
		if err := c.handshake(ctx, s.TLSConfig); err != nil {
			raw.Close()
			return nil, networkFailure(message.TLSFailed, err)
		}
	}
	release := c.guard(d)
	defer release()
	f := c.greet(s, d.until)
	if f == nil && s.TLS == startTLS {
		f = c.startTLS(d, s)
	}
	if f == nil && s.Username != "" {
		f = c.login(s, d.until)
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
	return nil
}

// login tells the server who we are.
func (c *conn) login(s Settings, until time.Time) *message.Failure {
	refused := func(text string) *message.Failure {
		return &message.Failure{Category: message.AuthFailed, Text: text}
	}
	host, _, _ := net.SplitHostPort(c.raw.RemoteAddr().String())
	if !c.secure && !isLoopback(host) {
		return refused("The password is not sent over a connection that others can read. Set tls to starttls or tls.")
	}
	var client sasl.Client
	switch {
	case slices.Contains(c.mechanisms, sasl.Plain):
		client = sasl.NewPlainClient("", s.Username, s.Password)
	case slices.Contains(c.mechanisms, sasl.Login):
		client = &loginClient{answers: []string{s.Username, s.Password}}
	default:
		return refused("The server offers neither of the logins PLAIN and LOGIN.")
	}
	mechanism, first, err := client.Start()
	if err != nil {
		return refused(err.Error())
	}
	command := "AUTH " + mechanism
	if first != nil {
		command += " " + base64.StdEncoding.EncodeToString(first)
	}
	for {
		r, err := c.ask(command, until)
		switch {
		case err != nil:
			return networkFailure(message.ConnectFailed, fmt.Errorf("no answer to AUTH: %w", err))
		case r.ok():
			return nil
		case r.code != 334:
			return r.failure(atAuth)
		}
		challenge, err := base64.StdEncoding.DecodeString(r.text)
		if err == nil {
			first, err = client.Next(challenge)
		}
		if err != nil {
			return refused(fmt.Sprintf("The server's question %q is not part of %s.", r.text, mechanism))
		}
		command = base64.StdEncoding.EncodeToString(first)
	}
}

// loginClient is AUTH LOGIN as servers really speak it: go-sasl's insists on the words in
// which the password is asked for, and sends the name before it is asked.
type loginClient struct{ answers []string }

// Start names the mechanism.
func (l *loginClient) Start() (string, []byte, error) { return sasl.Login, nil, nil }

// Next is the name, then the password.
func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
