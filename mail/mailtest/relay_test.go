package mailtest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"notifier/mail/mailtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func start(t *testing.T, o mailtest.Options) *mailtest.Relay {
	t.Helper()
	r, err := mailtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func dial(t *testing.T, r *mailtest.Relay) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// send says all that belongs to a mail, and returns the first refusal.
func send(c *smtp.Client, body string, to ...string) error {
	if err := c.Mail("jan@example.org", nil); err != nil {
		return err
	}
	for _, a := range to {
		if err := c.Rcpt(a, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	io.WriteString(w, body)
	return w.Close()
}

// code is the reply code of a refusal; 0 if the connection was lost instead.
func code(err error) int {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return e.Code
	}
	return 0
}

func TestRelayKeepsWhatItGets(t *testing.T) {
	var seen []int
	r := start(t, mailtest.Options{OnMail: func(m mailtest.Mail) { seen = append(seen, m.ID) }})
	c := dial(t, r)
	for i := range 3 {
		if err := send(c, fmt.Sprintf("Subject: %d\r\n\r\n.dot\r\n", i), "anna@example.org", "jan@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	got := r.Got()
	if len(got) != 3 || r.Count() != 3 || len(seen) != 3 {
		t.Fatalf("%d mails, count %d, seen %v; want 3", len(got), r.Count(), seen)
	}
	for i, m := range got {
		if m.ID != i+1 || m.Connection != 1 || m.From != "jan@example.org" || len(m.To) != 2 || m.TLS || m.ReceivedAt.IsZero() {
			t.Errorf("mail %d = %+v", i, m)
		}
		if want := fmt.Sprintf("Subject: %d\r\n\r\n.dot\r\n", i); string(m.Data) != want {
			t.Errorf("data = %q, want %q", m.Data, want)
		}
	}
	if m, ok := r.Mail(2); !ok || m.ID != 2 {
		t.Errorf("Mail(2) = %+v, %t", m, ok)
	}
	if _, ok := r.Mail(4); ok {
		t.Error("Mail(4) was found")
	}
}

func TestRelayForgetsTheOldest(t *testing.T) {
	for name, o := range map[string]mailtest.Options{"number": {Keep: 5}, "size": {KeepBytes: 5 * 102}} {
		r := start(t, o)
		c := dial(t, r)
		for range 12 {
			if err := send(c, strings.Repeat("x", 100)+"\r\n", "anna@example.org"); err != nil {
				t.Fatal(err)
			}
		}
		got := r.Got()
		if len(got) != 5 || got[0].ID != 8 || got[4].ID != 12 || r.Count() != 12 {
			t.Errorf("by %s: %d mails from %d on, count %d; want the last 5 of 12", name, len(got), got[0].ID, r.Count())
		}
		if _, ok := r.Mail(7); ok {
			t.Errorf("by %s: the seventh is still there", name)
		}
	}
}

func TestRelayRefusesInTurn(t *testing.T) {
	r := start(t, mailtest.Options{})
	r.Refuse("gone@example.org", 451, 0, 550)
	c := dial(t, r)
	for i, want := range []int{451, 0, 550, 0} {
		err := send(c, "x\r\n", "GONE@example.org")
		if code(err) != want || (want == 0) != (err == nil) {
			t.Errorf("answer %d = %v, want %d", i, err, want)
		}
		c.Reset()
	}
	r.Refuse("gone@example.org", 421)
	if err := send(c, "x\r\n", "gone@example.org"); code(err) != 421 {
		t.Errorf("answer = %v, want 421", err)
	}
	if err := c.Noop(); err == nil {
		t.Error("after a 421 the connection is open")
	}
}

func TestRelayFailsAsTold(t *testing.T) {
	for _, f := range []struct {
		at    mailtest.Stage
		fault mailtest.Fault
		code  int
		mails int
	}{
		{mailtest.AtConnect, mailtest.Fault{Code: 554, Text: "5.3.2 not here"}, 554, 0},
		{mailtest.AtConnect, mailtest.Fault{Drop: true}, 0, 0},
		{mailtest.AtMail, mailtest.Fault{Code: 451, Text: "4.7.1 Greylisted"}, 451, 0},
		{mailtest.AtMail, mailtest.Fault{Drop: true}, 0, 0},
		{mailtest.AtRcpt, mailtest.Fault{Code: 452}, 452, 0},
		{mailtest.AtRcpt, mailtest.Fault{Drop: true}, 0, 0},
		{mailtest.AtData, mailtest.Fault{Code: 554}, 554, 0},
		{mailtest.AtData, mailtest.Fault{Drop: true}, 0, 0},
		{mailtest.AtDot, mailtest.Fault{Code: 450}, 450, 0},
		{mailtest.AtDot, mailtest.Fault{Code: 421}, 421, 0},
		{mailtest.AtDot, mailtest.Fault{Drop: true}, 0, 0},
		{mailtest.AtDot, mailtest.Fault{Drop: true, Store: true}, 0, 1},
	} {
		for _, safety := range []string{"none", "starttls"} {
			t.Run(fmt.Sprintf("%s %+v %s", f.at, f.fault, safety), func(t *testing.T) {
				r := start(t, mailtest.Options{TLS: safety})
				r.Fail(f.at, f.fault)
				try := func() error {
					var c *smtp.Client
					var err error
					if safety == "none" {
						c, err = smtp.Dial(r.Addr())
					} else {
						c, err = smtp.DialStartTLS(r.Addr(), &tls.Config{ServerName: "127.0.0.1", RootCAs: r.Pool()})
					}
					if err != nil {
						return err
					}
					defer c.Close()
					return send(c, "x\r\n", "anna@example.org")
				}
				if err := try(); err == nil || code(err) != f.code {
					t.Errorf("the first time: %v, want %d", err, f.code)
				}
				if r.Count() != f.mails {
					t.Errorf("%d mails, want %d", r.Count(), f.mails)
				}
				if err := try(); err != nil || r.Count() != f.mails+1 {
					t.Errorf("the second time: %v, %d mails", err, r.Count())
				}
			})
		}
	}
}

func TestRelayDelays(t *testing.T) {
	r := start(t, mailtest.Options{})
	r.Fail(mailtest.AtDot, mailtest.Fault{Delay: 50 * time.Millisecond})
	begin := time.Now()
	if err := send(dial(t, r), "x\r\n", "anna@example.org"); err != nil || time.Since(begin) < 50*time.Millisecond || r.Count() != 1 {
		t.Errorf("sent in %s: %v, %d mails", time.Since(begin), err, r.Count())
	}
	r.Fail(mailtest.AtConnect, mailtest.Fault{Delay: time.Hour})
	c, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r.Close() // an hour is not waited for
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("Read = %d, want the end", n)
	}
}

func TestRelayAsksForALogin(t *testing.T) {
	r := start(t, mailtest.Options{TLS: "starttls", Username: "notifier", Password: "secret"})
	config := &tls.Config{ServerName: "localhost", RootCAs: r.Pool()}
	if err := send(dial(t, r), "x\r\n", "anna@example.org"); code(err) != 530 {
		t.Errorf("without login: %v, want 530", err)
	}
	for _, login := range []struct {
		client sasl.Client
		code   int
	}{
		{sasl.NewPlainClient("", "notifier", "wrong"), 535},
		{sasl.NewPlainClient("", "notifier", "secret"), 0},
		{sasl.NewLoginClient("notifier", "secret"), 0},
		{sasl.NewLoginClient("somebody", "secret"), 535},
		{sasl.NewAnonymousClient("x"), 504},
	} {
		c, err := smtp.DialStartTLS(r.Addr(), config)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Auth(login.client)
		if code(err) != login.code || (err == nil) != (login.code == 0) {
			t.Errorf("login = %v, want %d", err, login.code)
		}
		if err == nil {
			if err := send(c, "x\r\n", "anna@example.org"); err != nil {
				t.Error(err)
			}
		}
		c.Close()
	}
	for _, m := range r.Got() {
		if !m.TLS || m.Username != "notifier" {
			t.Errorf("mail = %+v", m)
		}
	}
	r.Fail(mailtest.AtAuth, mailtest.Fault{Code: 454, Text: "4.7.0 later"})
	c, err := smtp.DialStartTLS(r.Addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", "notifier", "secret")); code(err) != 454 {
		t.Errorf("login = %v, want 454", err)
	}
}

func TestRelaySpeaksTLSFromTheFirstByte(t *testing.T) {
	r := start(t, mailtest.Options{TLS: "tls", Log: zap.NewNop()})
	c, err := smtp.DialTLS(r.Addr(), &tls.Config{ServerName: "127.0.0.1", RootCAs: r.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := send(c, "x\r\n", "anna@example.org"); err != nil || !r.Got()[0].TLS {
		t.Errorf("sent: %v, %+v", err, r.Got())
	}
}

func TestRelayCountsItsConnections(t *testing.T) {
	r := start(t, mailtest.Options{})
	first, second := dial(t, r), dial(t, r)
	for _, c := range []*smtp.Client{first, second} {
		if err := send(c, "x\r\n", "anna@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	first.Quit()
	if got := r.Traffic(); got.Connections != 2 || got.Peak != 2 || got.Open != 1 || got.Reads < 8 {
		t.Errorf("traffic = %+v", got)
	}
	r.Disconnect()
	if err := second.Noop(); err == nil {
		t.Error("after Disconnect the connection is open")
	}
}

func TestWait(t *testing.T) {
	r := start(t, mailtest.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var waiting sync.WaitGroup
	for n := range 4 {
		waiting.Go(func() {
			if err := r.Wait(ctx, n); err != nil {
				t.Errorf("Wait(%d) = %v", n, err)
			}
		})
	}
	c := dial(t, r)
	for range 3 {
		if err := send(c, "x\r\n", "anna@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	waiting.Wait()
	over, end := context.WithCancel(ctx)
	end()
	if err := r.Wait(over, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait(4) = %v, want canceled", err)
	}
	waiting.Go(func() {
		if err := r.Wait(ctx, 4); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Wait(4) = %v, want closed", err)
		}
	})
	r.Close()
	waiting.Wait()
	if err := r.Close(); err != nil || r.Count() != 3 {
		t.Errorf("Close again = %v, %d mails", err, r.Count())
	}
	if _, err := net.Dial("tcp", r.Addr()); err == nil {
		t.Error("after Close it listens")
	}
}

func TestRelayStandsABusyDay(t *testing.T) {
	r := start(t, mailtest.Options{Keep: 10})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c, err := smtp.Dial(r.Addr())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for range 10 {
				r.Refuse(fmt.Sprintf("u%d@example.org", i), 450)
				send(c, "x\r\n", fmt.Sprintf("u%d@example.org", i))
				c.Reset()
				if err := send(c, "x\r\n", fmt.Sprintf("u%d@example.org", i)); err != nil {
					t.Error(err)
				}
				r.Got()
				r.Traffic()
			}
		})
	}
	all.Wait()
	if r.Count() != 200 || len(r.Got()) != 10 {
		t.Errorf("%d mails, %d kept; want 200, 10", r.Count(), len(r.Got()))
	}
}

func TestStartRefusesWhatItCannotDo(t *testing.T) {
	for name, o := range map[string]mailtest.Options{"TLS": {TLS: "perhaps"}, "address": {Listen: "256.0.0.1:0"}} {
		if _, err := mailtest.Start(o); err == nil {
			t.Errorf("Start with a bad %s = nil", name)
		}
	}
}

func TestARelayMayBeClosedAsSoonAsItIsStarted(t *testing.T) {
	for range 500 {
		r, err := mailtest.Start(mailtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
