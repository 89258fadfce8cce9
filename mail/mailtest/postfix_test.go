package mailtest_test

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"notifier/mail/mailtest"
)

func TestPostfixAnswersByTheLocalPart(t *testing.T) {
	p, err := mailtest.StartPostfix("", mailtest.PostfixOptions{TLS: true, Settings: []string{"message_size_limit = 20000"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := smtp.Dial(p.Addr()); err == nil {
			t.Error("after Stop it listens")
		}
	}()
	c, err := smtp.DialStartTLS(p.Addr(), &tls.Config{ServerName: "localhost", RootCAs: p.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if limit, ok := c.MaxMessageSize(); !ok || limit != 20000 {
		t.Errorf("size limit = %d, want 20000", limit)
	}
	for local, want := range map[string]int{"busy450": 450, "later451": 451, "gone550": 550, "full552": 552, "anna": 0} {
		if err := send(c, "Subject: hello\r\n\r\nHello.\r\n", local+"@example.org"); code(err) != want || (err == nil) != (want == 0) {
			t.Errorf("%s: %v, want %d", local, err, want)
		}
		c.Reset()
	}
	if err := send(c, "", "bye421@example.org"); code(err) != 421 {
		t.Errorf("bye421: %v, want 421", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := p.Wait(ctx, 1); err != nil {
		t.Fatalf("%v\n%s", err, p.Log())
	}
	if g := p.Got()[0]; p.Count() != 1 || g.From != "jan@example.org" || g.To[0] != "anna@example.org" || !strings.HasSuffix(string(g.Data), "\r\n\r\nHello.\r\n") {
		t.Errorf("it delivered %+v\n%s", g, g.Data)
	}
	if !strings.Contains(p.Log(), "daemon started") {
		t.Errorf("log = %q", p.Log())
	}
}

func TestPostfixWithABadConfigurationDoesNotStart(t *testing.T) {
	_, err := mailtest.StartPostfix("", mailtest.PostfixOptions{Settings: []string{"queue_directory = /nonexistent"}})
	if err == nil || !strings.Contains(err.Error(), "nonexistent") {
		t.Errorf("StartPostfix = %v, want what Postfix said", err)
	}
}
