package mailbox

import (
	"io"
	"time"

	"github.com/emersion/go-smtp"
)

// session is the conversation of one client, which takes every mail but what
// [Server.RefuseOnce] names.
type session struct {
	server *Server
	mail   Mail
}

var unknown = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "User unknown"}

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail = Mail{From: from}
	return nil
}

// Rcpt takes or refuses an address.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.refuses(to) {
		return unknown
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data takes the mail itself. The client is answered only after the mail is kept, so that
// a mail which counts as sent can be seen.
func (s *session) Data(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	m := s.mail
	m.Data, m.ReceivedAt = data, time.Now()
	s.server.keep(m)
	return nil
}

// Reset forgets the mail under way.
func (s *session) Reset() { s.mail = Mail{} }

// Logout ends the conversation.
func (s *session) Logout() error { return nil }
