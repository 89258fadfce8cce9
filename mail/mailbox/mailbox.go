// Package mailbox is a mail server that delivers nothing: it keeps the newest mails in
// memory and shows them to whoever asks. "notifier dev" sends to it.
//
// It offers neither TLS nor a login and knows nothing of messages and queues. The relay
// of the tests, which also fails as told, is mail/mailtest and not part of the program.
package mailbox

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"notifier/rescue"
)

// The bounds of what is kept: the memory of the demo must not grow with its age. The
// newest mail is kept even if it alone is larger.
const (
	keepMails = 500
	keepBytes = 64 << 20
)

// What a client may ask for, and how long it may be silent.
const (
	maxMessageBytes = 25 << 20
	maxRecipients   = 1000
	timeout         = 5 * time.Minute
)

// Mail is what a client handed over.
type Mail struct {
	ID         int    // counts from 1
	From       string // of the envelope
	To         []string
	Data       []byte // as received, without the dots of the transport; not to be changed
	ReceivedAt time.Time
}

// Server is a running mail server. Its mails can be read from several goroutines.
type Server struct {
	smtp   *smtp.Server
	socket net.Listener
	served chan error

	mu      sync.Mutex
	mails   []Mail // oldest first
	bytes   int    // of their Data
	count   int    // of all that ever came
	refused map[string]bool
}

// Start starts a server at an address, for example "127.0.0.1:2525". Close ends it.
func Start(listen string) (*Server, error) {
	socket, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("start the mailbox: %w", err)
	}
	s := &Server{socket: socket, served: make(chan error, 1), refused: map[string]bool{}}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{server: s}, nil
	}))
	s.smtp.Domain = "relay.test"
	s.smtp.MaxMessageBytes, s.smtp.MaxRecipients = maxMessageBytes, maxRecipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = timeout, timeout
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // the program sees each failure at its own end
	rescue.Go(nil, "the mailbox", func() {
		s.served <- rescue.Try(nil, "the mailbox", func() error { return s.smtp.Serve(socket) })
	})
	return s, nil
}

// Addr is where the server listens, as host:port.
func (s *Server) Addr() string { return s.socket.Addr().String() }

// RefuseOnce answers the next RCPT for an address with 550 5.1.1; after that the address
// is accepted. Upper and lower case are the same.
func (s *Server) RefuseOnce(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[strings.ToLower(address)] = true
}

// refuses tells whether an address is refused now, and forgets that it was to be.
func (s *Server) refuses(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(address)
	once := s.refused[key]
	delete(s.refused, key)
	return once
}

// Mails lists the mails that are kept, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Mail is the mail with that ID, if it is still kept.
func (s *Server) Mail(id int) (Mail, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return s.mails[i], true
}

// keep gives a mail its ID and forgets the oldest ones beyond the bounds.
func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	m.ID = s.count
	s.mails = append(s.mails, m)
	s.bytes += len(m.Data)
	old := 0
	for len(s.mails)-old > keepMails || (s.bytes > keepBytes && len(s.mails)-old > 1) {
		s.bytes -= len(s.mails[old].Data)
		old++
	}
	s.mails = slices.Delete(s.mails, 0, old)
}

// Close ends all connections and returns once the port is free. The mails stay.
func (s *Server) Close() error {
	err := s.smtp.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil // closed before
	}
	// The server does not know its socket yet if it is closed as soon as it is started.
	if again := s.socket.Close(); !errors.Is(again, net.ErrClosed) {
		err = errors.Join(err, again)
	}
	return errors.Join(err, <-s.served)
}
