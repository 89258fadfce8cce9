package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/smtp"
	"time"
)

// Server is a mail server whose certificate is looked at.
type Server struct {
	Name, Address string
	// TLS is tls or starttls.
	TLS    string
	Config *tls.Config
	Hello  string
}

// soon is before the end of a certificate when it should have been replaced.
const soon = 21 * 24 * time.Hour

// Certificate tells for how long the certificate of a mail server counts.
func Certificate(ctx context.Context, s Server, now time.Time) Finding {
	check := "certificate of " + s.Name
	state, err := s.handshake(ctx)
	if err != nil {
		return Finding{check, Failed, err.Error(), "Try notifier account test " + s.Name + ", which shows the conversation."}
	}
	leaf := state.PeerCertificates[0]
	left := leaf.NotAfter.Sub(now)
	until := fmt.Sprintf("it counts until %s, for %d days more", leaf.NotAfter.UTC().Format(time.DateOnly), int(left.Hours()/24))
	if left < soon {
		return Finding{check, Warning, until, "Have the mail server's certificate renewed."}
	}
	return OK(check, "%s", until)
}

// handshake begins a conversation up to the point where it is safe.
func (s Server) handshake(ctx context.Context) (tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	config := s.Config.Clone()
	config.ServerName = host
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return tls.ConnectionState{}, err
	}
	if s.TLS == "tls" {
		safe := tls.Client(conn, config)
		err := safe.HandshakeContext(ctx)
		return safe.ConnectionState(), err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	if s.Hello != "" {
		if err := c.Hello(s.Hello); err != nil {
			return tls.ConnectionState{}, err
		}
	}
	if err := c.StartTLS(config); err != nil {
		return tls.ConnectionState{}, err
	}
	state, _ := c.TLSConnectionState()
	return state, c.Quit()
}
