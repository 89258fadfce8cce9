package mail

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"notifier/message"
)

// Settings say where an account's mail is handed over, and how. Host and From are needed.
type Settings struct {
	Name string // of the account, for receipts and logs
	Host string
	Port int // if 0: 25, 587 with starttls, 465 with tls
	// TLS is none, starttls (required, never given up) or tls (from the first byte). If
	// empty: starttls, or none if Host is this machine.
	TLS string
	// Username and Password are for the login; without Username there is none. They are
	// only sent over TLS, or to this machine.
	Username, Password string
	// Auth is plain, login, cram-md5 or xoauth2. If empty: xoauth2 where there are Tokens,
	// else the first of plain, login and cram-md5 that the server offers.
	Auth string
	// Tokens are what xoauth2 logs in with instead of the password.
	Tokens Tokens
	// From is the sender, in the header and in the envelope.
	From message.Address
	// Hello is this machine's name in EHLO: its host name if empty, or its address.
	Hello string
	// Connections is how many are open at most: 4 if zero.
	Connections int
	// TLSConfig is the base of what TLS uses, for other root certificates. The server's
	// name is Host if it names none, and the version 1.2 at least.
	TLSConfig *tls.Config
	Timeouts  Timeouts
	// Keys sign the mails of their domains.
	Keys Keys

	overheard func(who, line string) // of each conversation, for Try
}

// Timeouts bound each step of a conversation (RFC 5321 §4.5.3.2). Where one is zero, its
// default holds.
type Timeouts struct {
	Connect time.Duration // to make a connection, and for its TLS handshake: 30 s
	Command time.Duration // for the greeting and the answers to EHLO, AUTH, MAIL and RCPT: 1 min
	Data    time.Duration // for the answer to DATA: 2 min
	Body    time.Duration // for each 64 KiB of a mail to leave: 3 min
	Dot     time.Duration // for the answer to the mail: 5 min
	// Mail bounds everything that is done for one mail, once it is its turn: 10 min. A
	// lease must be longer.
	Mail time.Duration
	// Idle is how long a connection without work is kept: 30 s.
	Idle time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Connect: cmp.Or(t.Connect, 30*time.Second),
		Command: cmp.Or(t.Command, time.Minute),
		Data:    cmp.Or(t.Data, 2*time.Minute),
		Body:    cmp.Or(t.Body, 3*time.Minute),
		Dot:     cmp.Or(t.Dot, 5*time.Minute),
		Mail:    cmp.Or(t.Mail, 10*time.Minute),
		Idle:    cmp.Or(t.Idle, 30*time.Second),
	}
}

// The words of Settings.TLS.
const (
	noTLS    = "none"
	startTLS = "starttls"
	fullTLS  = "tls"
)

// complete fills in the defaults and refuses what cannot work.
func (s Settings) complete() (Settings, error) {
	if s.Host == "" || strings.ContainsFunc(s.Host, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return s, fmt.Errorf("%q is not the host of a mail server", s.Host)
	}
	if err := s.From.Check(); err != nil {
		return s, fmt.Errorf("from: %w", err)
	}
	if _, err := asciiAddress(s.From.Email); err != nil {
		return s, fmt.Errorf("from: %w", err)
	}
	if s.TLS == "" {
		s.TLS = startTLS
		if isLoopback(s.Host) {
			s.TLS = noTLS
		}
	}
	ports := map[string]int{noTLS: 25, startTLS: 587, fullTLS: 465}
	if ports[s.TLS] == 0 {
		return s, fmt.Errorf("tls is none, starttls or tls, not %q", s.TLS)
	}
	if err := s.checkAuth(); err != nil {
		return s, err
	}
	s.Port = cmp.Or(s.Port, ports[s.TLS])
	if s.Port < 1 || s.Port > 65535 {
		return s, fmt.Errorf("%d is not a port", s.Port)
	}
	if strings.ContainsFunc(s.Hello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return s, fmt.Errorf("hello: %q is not the name of a machine", s.Hello)
	}
	if s.Connections <= 0 {
		s.Connections = 4
	}
	s.Timeouts = s.Timeouts.withDefaults()
	config := s.TLSConfig
	if config == nil {
		config = &tls.Config{}
	}
	s.TLSConfig = config.Clone()
	s.TLSConfig.ServerName = cmp.Or(config.ServerName, s.Host)
	s.TLSConfig.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return s, nil
}

// hello is the name in EHLO. A name that is no domain is refused by many servers; the
// address is always right (RFC 5321 §4.1.3).
func (s Settings) hello(local net.Addr) string {
	if s.Hello != "" {
		return s.Hello
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") && message.CheckEmail("x@"+name) == nil && isASCII(name) {
		return name
	}
	host, _, err := net.SplitHostPort(local.String())
	switch ip := net.ParseIP(host); {
	case err != nil || ip == nil:
		return "localhost"
	case ip.To4() == nil:
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + host + "]"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
