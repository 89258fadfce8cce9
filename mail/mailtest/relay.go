// Package mailtest is a relay for tests: it takes every mail, shows it, and fails as it is
// told. Beside it stand a real Postfix and a sink that counts.
//
// It knows nothing of messages and queues; what it speaks is SMTP. The program must not
// link it: the mailbox of the demo is mail/mailbox.
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/zap"

	"notifier/rescue"
)

// Options say what kind of relay is started. The zero Options take all mail on a free
// port of the loopback address, without TLS or login.
type Options struct {
	// Listen is "127.0.0.1:0" if empty.
	Listen string
	// TLS is none, starttls (offered) or tls (from the first byte); none if empty.
	TLS string
	// Certificate is a self-made one for localhost and 127.0.0.1 if nil; Pool trusts it.
	Certificate *Certificate
	// Username and Password are asked for, if set; with starttls only once the connection
	// is safe.
	Username, Password string
	// Mechanisms are the logins that are offered: PLAIN and LOGIN if empty. There are also
	// CRAM-MD5, and XOAUTH2, for which Password is the token.
	Mechanisms []string
	// Keep is how many mails are kept, the newest: 500 if zero. KeepBytes bounds their
	// size as well: 64 MiB if zero.
	Keep, KeepBytes int
	// MaxMessageBytes is 25 MiB if zero, MaxRecipients 1000.
	MaxMessageBytes int64
	MaxRecipients   int
	// Timeout is how long a client may be silent: 5 minutes if zero.
	Timeout time.Duration
	// OnMail is told of each mail before its client gets the answer. It must not block.
	OnMail func(Mail)
	// Log is told what goes wrong inside; nothing is logged if nil.
	Log *zap.Logger

	lmtp bool
}

// Mail is what a client handed over.
type Mail struct {
	ID         int    // counts from 1
	Connection int    // which of the relay's connections brought it, from 1
	From       string // of the envelope
	To         []string
	Data       []byte // as received, without the dots of the transport; not to be changed
	ReceivedAt time.Time
	TLS        bool
	Username   string // of the login, if there was one
}

// Relay is an SMTP server that keeps what it gets in memory.
type Relay struct {
	options Options
	server  *smtp.Server
	socket  net.Listener
	pool    *x509.CertPool
	served  chan error
	closed  chan struct{}

	mu      sync.Mutex
	mails   []Mail
	bytes   int
	count   int
	waiters []waiter
	faults  map[Stage][]Fault
	refusal map[string][]int
	traffic Traffic
	conns   map[*conn]bool
}

type waiter struct {
	n    int
	done chan struct{}
}

// Start starts a relay. Close ends it.
func Start(o Options) (*Relay, error) {
	r := &Relay{
		options: withDefaults(o), served: make(chan error, 1), closed: make(chan struct{}),
		faults: map[Stage][]Fault{}, refusal: map[string][]int{}, conns: map[*conn]bool{},
	}
	r.server = r.newServer()
	if err := r.setTLS(); err != nil {
		return nil, err
	}
	var err error
	if r.socket, err = net.Listen("tcp", r.options.Listen); err != nil {
		return nil, fmt.Errorf("start a relay: %w", err)
	}
	var l net.Listener = &listener{Listener: r.socket, relay: r}
	if r.options.TLS == "tls" {
		l = tls.NewListener(l, r.server.TLSConfig)
		r.server.TLSConfig = nil
	}
	rescue.Go(nil, "the relay", func() {
		r.served <- rescue.Try(nil, "the relay", func() error { return r.server.Serve(l) })
	})
	return r, nil
}

func withDefaults(o Options) Options {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Keep <= 0 {
		o.Keep = 500
	}
	if o.KeepBytes <= 0 {
		o.KeepBytes = 64 << 20
	}
	if o.MaxMessageBytes <= 0 {
		o.MaxMessageBytes = 25 << 20
	}
	if o.MaxRecipients <= 0 {
		o.MaxRecipients = 1000
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	return o
}

func (r *Relay) newServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(r.newSession))
	s.Domain = "relay.test"
	s.LMTP = r.options.lmtp
	s.MaxMessageBytes = r.options.MaxMessageBytes
	s.MaxRecipients = r.options.MaxRecipients
	s.ReadTimeout, s.WriteTimeout = r.options.Timeout, r.options.Timeout
	s.AllowInsecureAuth = r.options.TLS != "starttls"
	s.ErrorLog = zap.NewStdLog(r.options.Log.Named("relay"))
	return s
}

func (r *Relay) setTLS() error {
	switch r.options.TLS {
	case "", "none":
		return nil
	case "starttls", "tls":
	default:
		return fmt.Errorf("start a relay: tls is none, starttls or tls, not %q", r.options.TLS)
	}
	c := r.options.Certificate
	if c == nil {
		var err error
		if c, err = NewCertificate(time.Now().Add(24*time.Hour), "localhost", "127.0.0.1"); err != nil {
			return fmt.Errorf("start a relay: %w", err)
		}
	}
	r.pool = c.Pool()
	r.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS12}
	return nil
}

// Addr is where the relay listens, as host:port.
func (r *Relay) Addr() string { return r.socket.Addr().String() }

// Port is the port of Addr.
func (r *Relay) Port() int { return r.socket.Addr().(*net.TCPAddr).Port }

// Pool trusts the relay's certificate; nil without TLS.
func (r *Relay) Pool() *x509.CertPool { return r.pool }

// Got lists the mails that are kept, oldest first.
func (r *Relay) Got() []Mail {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mails)
}

// Mail is the mail with that ID, if it is still kept.
func (r *Relay) Mail(id int) (Mail, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.mails {
		if m.ID == id {
			return m, true
		}
	}
	return Mail{}, false
}

// Count is how many mails ever came.
func (r *Relay) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// Wait returns once n mails have come, counted from the start. It fails if ctx ends or
// the relay is closed before.
func (r *Relay) Wait(ctx context.Context, n int) error {
	r.mu.Lock()
	if r.count >= n {
		r.mu.Unlock()
		return nil
	}
	w := waiter{n: n, done: make(chan struct{})}
	r.waiters = append(r.waiters, w)
	r.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %d mails, %d came: %w", n, r.Count(), ctx.Err())
	case <-r.closed:
		return fmt.Errorf("wait for %d mails, %d came: %w", n, r.Count(), net.ErrClosed)
	}
}

// keep takes a mail in and forgets the oldest ones beyond the bounds.
func (r *Relay) keep(m Mail) Mail {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	m.ID = r.count
	r.mails = append(r.mails, m)
	r.bytes += len(m.Data)
	old := 0
	for len(r.mails)-old > r.options.Keep || (r.bytes > r.options.KeepBytes && len(r.mails)-old > 1) {
		r.bytes -= len(r.mails[old].Data)
		old++
	}
	r.mails = slices.Delete(r.mails, 0, old)
	r.waiters = slices.DeleteFunc(r.waiters, func(w waiter) bool {
		if w.n <= r.count {
			close(w.done)
		}
		return w.n <= r.count
	})
	return m
}

// Close ends all connections and returns once the port is free. The mails stay.
func (r *Relay) Close() error {
	r.mu.Lock()
	select {
	case <-r.closed:
		r.mu.Unlock()
		return nil
	default:
	}
	close(r.closed)
	open := make([]*conn, 0, len(r.conns))
	for c := range r.conns {
		open = append(open, c)
	}
	r.mu.Unlock()
	err := r.server.Close()
	// The server does not know its socket yet if it was closed as soon as it was started.
	if again := r.socket.Close(); !errors.Is(again, net.ErrClosed) {
		err = errors.Join(err, again)
	}
	for _, c := range open {
		c.Close()
	}
	if served := <-r.served; served != nil && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}
