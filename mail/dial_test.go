package mail

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"notifier/message"
)

func TestAPasswordIsNeverSentInTheClear(t *testing.T) {
	ours, theirs := net.Pipe() // its address is not the loopback's; nobody reads at the other end
	defer ours.Close()
	defer theirs.Close()
	c := newConn(ours, Timeouts{}.withDefaults())
	c.heed(reply{code: 250, text: "mail.example.org\nAUTH PLAIN LOGIN"})
	f := c.login(t.Context(), Settings{Username: "notifier", Password: "secret"}, time.Now().Add(time.Minute))
	if f == nil || f.Category != message.AuthFailed || f.Temporary || !strings.Contains(f.Text, "Set tls") {
		t.Errorf("login = %+v, want a sentence that says what to do", f)
	}
}

func TestWhatAServerOffersBeforeTLSIsForgotten(t *testing.T) {
	c := newConn(nil, Timeouts{})
	c.heed(reply{code: 250, text: "mail.example.org\nPIPELINING\nSTARTTLS\nAUTH PLAIN\nSIZE 10\nLIMITS MAILMAX=3 RCPTMAX=5"})
	if !c.pipelining || !c.offersTLS || c.maxSize != 10 || len(c.mechanisms) != 1 || c.maxRecipients != 5 {
		t.Errorf("offers = %+v", c)
	}
	c.heed(reply{code: 250, text: "mail.example.org\n\nsize"})
	if c.pipelining || c.offersTLS || c.maxSize != 0 || c.mechanisms != nil {
		t.Errorf("offers = %+v", c)
	}
}

// TestAllThatAServerOffersCounts: W5. Keywords come twice, and AUTH in the form of old servers.
func TestAllThatAServerOffersCounts(t *testing.T) {
	for text, want := range map[string]string{
		"AUTH PLAIN\nAUTH LOGIN":                    "PLAIN LOGIN",
		"AUTH LOGIN PLAIN\nAUTH=LOGIN":              "LOGIN PLAIN",
		"AUTH=PLAIN LOGIN":                          "PLAIN LOGIN",
		"auth=plain\nAuth = cram-md5\nauth XOAUTH2": "PLAIN CRAM-MD5 XOAUTH2",
		"AUTH":               "",
		"AUTHENTICATE PLAIN": "",
	} {
		c := newConn(nil, Timeouts{})
		c.heed(reply{code: 250, text: "mail.example.org\n" + text})
		if got := strings.Join(c.mechanisms, " "); got != want {
			t.Errorf("%q offers %q, want %q", text, got, want)
		}
	}
	c := newConn(nil, Timeouts{})
	c.heed(reply{code: 250, text: "mail.example.org\nSIZE 500\nSIZE 200\nSIZE\nLIMITS RCPTMAX=9\nLIMITS RCPTMAX=7"})
	if c.maxSize != 200 || c.maxRecipients != 7 {
		t.Errorf("size %d, recipients %d; want the smallest", c.maxSize, c.maxRecipients)
	}
}

// FuzzHeed: whatever a server offers, nothing of it breaks.
func FuzzHeed(f *testing.F) {
	f.Add("AUTH=PLAIN\nAUTH\nSIZE -1\nLIMITS RCPTMAX=0")
	f.Fuzz(func(t *testing.T, text string) {
		c := newConn(nil, Timeouts{})
		if c.heed(reply{code: 250, text: text}); c.maxSize < 0 || c.maxRecipients < 1 {
			t.Errorf("%q: size %d, recipients %d", text, c.maxSize, c.maxRecipients)
		}
	})
}

func TestTheDefaultsAreSafe(t *testing.T) {
	from := message.Address{Email: "workflow@example.org"}
	for _, c := range []struct {
		host, tls string
		port      int
	}{{"mail.example.org", startTLS, 587}, {"192.0.2.1", startTLS, 587}, {"localhost", noTLS, 25}, {"127.0.0.1", noTLS, 25}, {"::1", noTLS, 25}} {
		s, err := Settings{Host: c.host, From: from}.complete()
		if err != nil || s.TLS != c.tls || s.Port != c.port || s.Connections != 4 || s.TLSConfig.ServerName != c.host || s.TLSConfig.InsecureSkipVerify {
			t.Errorf("complete(%s) = %+v, %v; want %s on %d", c.host, s, err, c.tls, c.port)
		}
		if s.Timeouts.Connect != 30*time.Second || s.Timeouts.Dot != 5*time.Minute {
			t.Errorf("timeouts = %+v", s.Timeouts)
		}
	}
}

func TestHelloIsANameOrAnAddress(t *testing.T) {
	for _, a := range []net.Addr{&net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 9}, &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 9}, &net.UnixAddr{Name: "x"}} {
		name := Settings{}.hello(a)
		if name != "[192.0.2.7]" && name != "[IPv6:2001:db8::7]" && name != "localhost" && !strings.Contains(name, ".") {
			t.Errorf("hello(%v) = %q", a, name)
		}
	}
	if got := (Settings{Hello: "workflow.example.org"}).hello(nil); got != "workflow.example.org" {
		t.Errorf("hello = %q", got)
	}
}

func TestADeliveryThatIsOverDoesNotDial(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := &delivery{ctx: ctx, until: time.Now().Add(time.Minute)}
	if c, f := (Settings{Host: "127.0.0.1", Port: 1}).dial(d); c != nil || f.Category != message.ConnectFailed || !f.Temporary {
		t.Errorf("dial = %v, %v", c, f)
	}
}
