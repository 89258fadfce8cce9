package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

// TestNoSafeConnectionNoMail is docs/failures.md, 18, with a real Postfix and
// with smtp-sink: a certificate that is not trusted, one for another name, and no STARTTLS
// at all. Nothing falls back, and nothing is said about the message.
func TestNoSafeConnectionNoMail(t *testing.T) {
	p := startPostfix(t)
	sink, err := mailtest.StartSink(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	handed := p.Count()
	for _, row := range []struct {
		name string
		port int
		s    mail.Settings
		safe bool
	}{
		{"a trusted certificate", p.Port(), mail.Settings{Host: "localhost", TLS: "starttls", TLSConfig: &tls.Config{RootCAs: p.Pool()}}, true},
		{"a certificate that is not trusted", p.Port(), mail.Settings{TLS: "starttls", TLSConfig: &tls.Config{RootCAs: x509.NewCertPool()}}, false},
		{"a certificate for another name", p.Port(), mail.Settings{TLS: "starttls", TLSConfig: &tls.Config{RootCAs: p.Pool(), ServerName: "mail.example.org"}}, false},
		{"no STARTTLS", sink.Port(), mail.Settings{TLS: "starttls"}, false},
		{"TLS from the first byte where there is none", sink.Port(), mail.Settings{TLS: "tls", Timeouts: quick}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := courier(t, row.port, row.s).Deliver(context.Background(), note("anna@example.org"))
			if row.safe {
				want(t, got, "anna@example.org", "", "")
				return
			}
			want(t, got, "", "", "anna@example.org")
			if got.Tried || got.Failure == nil || got.Failure.Category != message.TLSFailed && got.Failure.Category != message.ConnectFailed {
				t.Errorf("Deliver = %+v, %v; want nothing tried, and tls_failed", got, got.Failure)
			}
		})
	}
	if err := p.Wait(soon(t), handed+1); err != nil {
		t.Error(err)
	}
	if mails, err := sink.Mails(); err != nil || len(mails) > 0 || p.Count() != handed+1 {
		t.Errorf("%d mails came without TLS, and %d with it, %v; want none and one", len(mails), p.Count()-handed, err)
	}
}
