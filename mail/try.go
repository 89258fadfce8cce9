package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"notifier/message"
)

// Who says a line of a conversation. A note is about the connection.
const (
	we        = "we"
	theServer = "server"
	aNote     = "note"
)

// Try makes a connection of its own, as for a mail, and asks whether the server would take
// one from the account's sender. It returns the conversation; the failure is nil if all
// went well. Nothing is sent.
func (c *Courier) Try(ctx context.Context) (lines []message.Said, f *message.Failure) {
	s := c.settings
	s.overheard = func(who, text string) { lines = append(lines, message.Said{Who: who, Text: text}) }
	d := &delivery{ctx: ctx}
	d.begin(min(s.Timeouts.Mail, time.Minute))
	conn, f := s.dial(d)
	if f != nil {
		return lines, f
	}
	conn.guard(d)
	defer conn.release()
	defer conn.quit()
	r, err := conn.ask("MAIL FROM:<"+c.from+">", d.until)
	switch {
	case err != nil:
		return lines, d.broken(err)
	case !r.ok():
		return lines, r.failure(atMail)
	}
	if _, err := conn.ask("RSET", d.until); err != nil {
		return lines, d.broken(err)
	}
	return lines, nil
}

// speak tells who listens what we say.
func (c *conn) speak(command string) {
	if c.overheard != nil && !c.hushed {
		c.overheard(we, command)
	}
}

func (c *conn) note(format string, args ...any) {
	if c.overheard != nil {
		c.overheard(aNote, fmt.Sprintf(format, args...))
	}
}

// noteTLS tells how safe the connection is, and by whose word.
func (c *conn) noteTLS(s tls.ConnectionState) {
	text := tls.VersionName(s.Version)
	if len(s.PeerCertificates) > 0 {
		leaf := s.PeerCertificates[0]
		text += fmt.Sprintf(", certificate for %s until %s", strings.Join(append(leaf.DNSNames, texts(leaf.IPAddresses)...), ", "), leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	c.note("%s", text)
}

func texts[T fmt.Stringer](all []T) []string {
	var list []string
	for _, v := range all {
		list = append(list, v.String())
	}
	return list
}

// Server is where the account hands mail over, and how safely.
func (c *Courier) Server() (address, tls string) { return c.settings.server(), c.settings.TLS }
