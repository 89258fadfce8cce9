package servicetest

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"notifier/mail/mailtest"
)

// Mail is a mail as its recipients got it.
type Mail struct {
	From        string   // the address in From
	To          []string // whom it was handed over for
	Subject     string
	Text, HTML  string
	Attachments map[string][]byte // by file name
	Header      map[string][]string
	Raw         []byte
}

// Sent sends what is pending now, and lists every mail since the start, oldest first.
func (s *Server) Sent() []Mail {
	s.RunJobs(time.Now())
	var all []Mail
	for _, caught := range s.relay.Got() {
		all = append(all, s.read(caught))
	}
	return all
}

// SentTo is Sent for one address.
func (s *Server) SentTo(address string) []Mail {
	var own []Mail
	for _, m := range s.Sent() {
		for _, to := range m.To {
			if strings.EqualFold(to, address) {
				own = append(own, m)
			}
		}
	}
	return own
}

func (s *Server) read(caught mailtest.Mail) Mail {
	m := Mail{To: caught.To, Raw: caught.Data, Attachments: map[string][]byte{}, Header: map[string][]string{}}
	reader, err := mail.CreateReader(bytes.NewReader(caught.Data))
	if err != nil {
		s.fail("read a mail", err)
	}
	m.Subject, _ = reader.Header.Subject()
	if from, err := reader.Header.AddressList("From"); err == nil && len(from) > 0 {
		m.From = from[0].Address
	}
	for fields := reader.Header.Fields(); fields.Next(); {
		value, _ := fields.Text()
		m.Header[fields.Key()] = append(m.Header[fields.Key()], value)
	}
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return m
		}
		if err != nil {
			s.fail("read a mail", err)
		}
		content, err := io.ReadAll(part.Body)
		if err != nil {
			s.fail("read a mail", err)
		}
		switch h := part.Header.(type) {
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			m.Attachments[name] = content
		case *mail.InlineHeader:
			if kind, _, _ := h.ContentType(); kind == "text/html" {
				m.HTML = string(content)
			} else if kind == "text/plain" {
				m.Text = string(content)
			}
		}
	}
}
