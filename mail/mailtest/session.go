package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// errDropped answers a client that is not there any more.
var errDropped = errors.New("the connection was dropped")

// session is one client's conversation.
type session struct {
	relay    *Relay
	conn     *conn
	tls      bool
	username string
	dropped  bool
	mail     Mail
}

func (r *Relay) newSession(c *smtp.Conn) (smtp.Session, error) {
	s := &session{relay: r}
	outer := c.Conn()
	if t, ok := outer.(*tls.Conn); ok {
		s.tls = true
		outer = t.NetConn()
	}
	s.conn = outer.(*conn)
	return s, nil
}

// AuthMechanisms is empty if the relay asks for no login.
func (s *session) AuthMechanisms() []string {
	if s.relay.options.Username == "" {
		return nil
	}
	if offered := s.relay.options.Mechanisms; len(offered) > 0 {
		return offered
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth begins a login.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	check := func(username string, right bool) error {
		if err := s.meet(AtAuth); err != nil {
			return err
		}
		if username != s.relay.options.Username || !right {
			return smtp.ErrAuthFailed
		}
		s.username = username
		return nil
	}
	return loginServer(mechanism, s.relay.options.Password, check)
}

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.meet(AtMail); err != nil {
		return err
	}
	if s.relay.options.Username != "" && s.username == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.mail = Mail{From: from, TLS: s.tls, Username: s.username, Connection: s.conn.number}
	return nil
}

// Rcpt takes or refuses an address.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.meet(AtRcpt); err != nil {
		return err
	}
	if code, ok := s.relay.refusalOf(to); ok {
		return s.answer(Fault{Code: code})
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data takes the mail itself.
func (s *session) Data(body io.Reader) error {
	if err := s.meet(AtData); err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	fault, failed := s.relay.fault(AtDot)
	if !failed || fault.Store || fault.passes() {
		m := s.mail
		m.Data, m.ReceivedAt = data, time.Now()
		m = s.relay.keep(m)
		if s.relay.options.OnMail != nil {
			s.relay.options.OnMail(m)
		}
	}
	if failed {
		return s.answer(fault)
	}
	return nil
}

// Reset forgets the mail under way.
func (s *session) Reset() { s.mail = Mail{} }

// Logout ends the conversation.
func (s *session) Logout() error { return nil }

// meet does what the relay was told to do at that stage.
func (s *session) meet(at Stage) error {
	if s.dropped {
		return errDropped
	}
	f, ok := s.relay.fault(at)
	if !ok {
		return nil
	}
	return s.answer(f)
}

// answer fails as told; nil means that all goes on as usual.
func (s *session) answer(f Fault) error {
	if !s.relay.pause(f.Delay) {
		f = Fault{Drop: true}
	}
	if f.passes() {
		return nil
	}
	s.dropped = f.Drop || f.Code == 421
	if f.Drop {
		s.conn.Close()
		return errDropped
	}
	if f.Code == 421 {
		s.conn.closeAfterReply()
	}
	return f.reply()
}
