package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

func trusting(pool *x509.CertPool) *tls.Config { return &tls.Config{RootCAs: pool} }

func TestTLSAndLogin(t *testing.T) {
	for _, safety := range []string{"none", "starttls", "tls"} {
		for _, user := range []string{"", "notifier"} {
			r := relay(t, mailtest.Options{TLS: safety, Username: user, Password: "zażółć"})
			c := courier(t, r.Port(), mail.Settings{TLS: safety, Username: user, Password: "zażółć", TLSConfig: trusting(r.Pool()), Connections: 1})
			if err := c.Ready(context.Background()); err != nil {
				t.Fatalf("Ready over %s as %q: %v", safety, user, err)
			}
			deliverAtOnce(t, c, 3, 3)
			for _, g := range r.Got() {
				if g.TLS != (safety != "none") || g.Username != user {
					t.Errorf("over %s as %q the relay got %+v", safety, user, g)
				}
			}
			if got := r.Traffic().Connections; got != 1 {
				t.Errorf("%d connections over %s, want 1", got, safety)
			}
		}
	}
}

func TestLoginIsSpokenAsServersSpeakIt(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, questions := range [][2]string{{"Username:", "Password:"}, {"User Name\x00", "Password\x00"}, {"", ""}} {
		step := 0
		s := serve(t, func(_ int, line string) string {
			switch {
			case strings.HasPrefix(line, "EHLO"):
				return "250-stub.test\r\n250 AUTH CRAM-MD5 LOGIN"
			case line == "AUTH LOGIN":
				step = 1
				return "334 " + b64(questions[0])
			case step == 1:
				step = 2
				return "334 " + b64(questions[1])
			case step == 2:
				step = 0
				return "235 2.7.0 ok"
			}
			return ""
		})
		c := courier(t, s.port, mail.Settings{Username: "notifier", Password: "secret"})
		want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
		if said := s.said(); said[2] != b64("notifier") || said[3] != b64("secret") {
			t.Errorf("said %q", said)
		}
	}
}

func TestALoginThatFailsCostsNobodyAnAttempt(t *testing.T) {
	for _, c := range []struct {
		name, offer, answer string
		code                string
		temporary           bool
	}{
		{"wrong password", "AUTH PLAIN", "535 5.7.8 no", "535 5.7.8", false},
		{"temporary", "AUTH PLAIN LOGIN", "454 4.7.0 later", "454 4.7.0", true},
		{"no login offered", "HELP", "", "", false},
		{"none that we speak", "AUTH DIGEST-MD5 XOAUTH2", "", "", false},
		{"a question too many", "AUTH LOGIN", "334 eA==", "", false},
		{"a question that is no question", "AUTH PLAIN", "334 !", "", false},
		{"an endless question", "AUTH PLAIN", "334", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, func(_ int, line string) string {
				switch {
				case strings.HasPrefix(line, "EHLO"):
					return "250-stub.test\r\n250 " + c.offer
				case line != "" && line != "QUIT":
					return c.answer
				}
				return ""
			})
			courier := courier(t, s.port, mail.Settings{Username: "notifier", Password: "secret"})
			got := courier.Deliver(context.Background(), note("anna@example.org"))
			want(t, got, "", "", "anna@example.org")
			wantFailure(t, got.Failure, message.AuthFailed, c.code, c.temporary)
			if got.Tried {
				t.Error("it was counted as tried")
			}
		})
	}
}

func TestTLSThatCannotBeTrustedIsNoTLS(t *testing.T) {
	now := time.Now()
	certificate := func(until time.Time, names ...string) *mailtest.Certificate {
		c, err := mailtest.NewCertificate(until, names...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	good := certificate(now.Add(time.Hour), "127.0.0.1")
	expired := certificate(now.Add(-time.Hour), "127.0.0.1")
	for name, c := range map[string]struct {
		served *mailtest.Certificate
		pool   *x509.CertPool
		why    string
	}{
		"wrong name": {certificate(now.Add(time.Hour), "mail.example.org"), nil, "127.0.0.1"},
		"expired":    {expired, expired.Pool(), "expired"},
		"unknown":    {good, x509.NewCertPool(), "unknown authority"},
	} {
		for _, safety := range []string{"starttls", "tls"} {
			t.Run(name+" "+safety, func(t *testing.T) {
				r := relay(t, mailtest.Options{TLS: safety, Certificate: c.served})
				if c.pool == nil {
					c.pool = c.served.Pool()
				}
				untried(t, courier(t, r.Port(), mail.Settings{TLS: safety, TLSConfig: trusting(c.pool)}), message.TLSFailed, c.why)
			})
		}
	}
}

// untried checks that a mail is not sent, is not counted, and why.
func untried(t *testing.T, c *mail.Courier, category message.Category, why string) {
	t.Helper()
	got := c.Deliver(context.Background(), note("anna@example.org"))
	want(t, got, "", "", "anna@example.org")
	if got.Tried || got.Failure == nil || got.Failure.Category != category || !strings.Contains(got.Failure.Text, why) {
		t.Errorf("Deliver = %+v, %v; want %s because of %q", got, got.Failure, category, why)
	}
}

func TestSTARTTLSIsNeverGivenUp(t *testing.T) {
	for name, c := range map[string]struct{ ehlo, answer, why string }{
		"not offered": {"250 PIPELINING", "", "STARTTLS"},
		"refused":     {"250 STARTTLS", "454 4.7.0 TLS not available", "not available"},
		"injected":    {"250 STARTTLS", "220 2.0.0 go on\r\n250 2.0.0 trust me", "plain text"},
		"no TLS":      {"250 STARTTLS", "220 2.0.0 go on", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ int, line string) string {
				switch {
				case strings.HasPrefix(line, "EHLO"):
					return "250-stub.test\r\n" + c.ehlo
				case line == "STARTTLS":
					return c.answer
				}
				return ""
			})
			courier := courier(t, s.port, mail.Settings{TLS: "starttls", Username: "notifier", Password: "secret", Timeouts: quick})
			untried(t, courier, message.TLSFailed, c.why)
			for _, line := range s.said() {
				if strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, "AUTH") {
					t.Errorf("without TLS it said %q", line)
				}
			}
		})
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	c, err := mailtest.NewCertificate(time.Now().Add(time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "220 hi\r\n")
			c.Close()
		}
	}()
	untried(t, courier(t, l.Addr().(*net.TCPAddr).Port, mail.Settings{TLS: "tls", TLSConfig: trusting(c.Pool())}), message.TLSFailed, "version")
	l.Close()
	<-served
}

// smuggled are bodies that end early for a server that takes a lone CR or LF for a line
// end (CVE-2023-51764 to -51766).
func smuggled() []string {
	const rest = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n.\r\n"
	var all []string
	for _, end := range []string{"\r\n.\r\n", "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\n.\r", "\r\n.\r", "\r\n\x00.\r\n", "\r\r\n.\r\r\n", "\n\n.\n\n", "\u0085.\u0085"} {
		all = append(all, "begin"+end+rest+"end\r\n", end+rest, strings.TrimSuffix(end+rest, "\r\n"))
	}
	return all
}

func TestNoMailIsSmuggledThroughTheRelay(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{Connections: 1})
	sent := 0
	for _, body := range smuggled() {
		m := note("anna@example.org")
		m.Text = body
		got := c.Deliver(context.Background(), m)
		if strings.Contains(body, "\x00") {
			want(t, got, "", "anna@example.org", "")
			continue
		}
		sent++
		want(t, got, "anna@example.org", "", "")
		if g := r.Got()[r.Count()-1]; r.Count() != sent || string(g.Data) != composed(t, m) || len(g.To) != 1 {
			t.Errorf("%d mails after %d were sent; the last is %q", r.Count(), sent, g.Data)
		}
	}
}

func TestNoMailIsSmuggledThroughPostfix(t *testing.T) {
	p := startPostfix(t)
	c := courier(t, p.Port(), mail.Settings{TLS: "starttls", TLSConfig: trusting(p.Pool())})
	before := p.Count()
	bodies := map[string]string{}
	for _, body := range smuggled() {
		m := note("anna@example.org")
		m.Text = body
		if got := c.Deliver(context.Background(), m); len(got.Accepted) == 1 {
			_, bodies[string(m.ID)], _ = strings.Cut(composed(t, m), "\r\n\r\n")
		} else if !strings.Contains(body, "\x00") {
			t.Errorf("Deliver = %+v, %v", got, got.Failure)
		}
	}
	// One more, so that a smuggled mail would have come before it.
	if got := c.Deliver(context.Background(), note("last@example.org")); len(got.Accepted) != 1 {
		t.Errorf("Deliver = %+v, %v", got, got.Failure)
	}
	if err := p.Wait(soon(t), before+len(bodies)+1); err != nil {
		t.Fatalf("%v\n%s", err, p.Log())
	}
	if got := p.Count() - before; got != len(bodies)+1 {
		t.Errorf("%d mails came, want %d", got, len(bodies)+1)
	}
	for _, g := range p.Got() {
		head, body, _ := bytes.Cut(g.Data, []byte("\r\n\r\n"))
		for s := bufio.NewScanner(bytes.NewReader(head)); s.Scan(); {
			id, found := strings.CutPrefix(s.Text(), "X-Notifier-Id: ")
			if sent, ours := bodies[id]; found && ours && strings.TrimRight(string(body), "\r\n") != strings.TrimRight(sent, "\r\n") {
				t.Errorf("body = %q, want %q", body, sent)
			}
		}
		if strings.Contains(g.From+strings.Join(g.To, ""), "evil") || strings.Contains(strings.Join(g.To, ""), "victim") {
			t.Errorf("a mail was smuggled: %+v", g)
		}
	}
}
