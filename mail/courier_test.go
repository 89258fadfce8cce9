package mail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

func TestDeliverHandsTheMailOver(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{})
	m := note("anna@example.org")
	m.Cc = []message.Address{{Email: "jan@example.org"}}
	m.Bcc = []message.Address{{Email: "hidden@example.org"}}
	got := c.Deliver(context.Background(), m)
	want(t, got, "anna@example.org jan@example.org hidden@example.org", "", "")
	if !got.Tried || got.Uncertain || got.Failure != nil || got.Code != 250 || got.Response != "250 2.0.0 OK: queued" {
		t.Errorf("Deliver = %+v", got)
	}
	if got.Server != r.Addr() || got.Account != "main" || got.StartedAt.IsZero() || got.EndedAt.Before(got.StartedAt) {
		t.Errorf("Deliver = %+v", got)
	}
	g, raw := r.Got()[0], composed(t, m)
	if g.From != workflow.Email || !slices.Equal(g.To, got.Accepted) || string(g.Data) != raw {
		t.Errorf("the relay got %+v, want\n%s", g, raw)
	}
	if strings.Contains(raw, "hidden") {
		t.Errorf("bcc is not hidden:\n%s", raw)
	}
}

func composed(t testing.TB, m message.Message) string {
	t.Helper()
	raw, err := mail.Compose(m, workflow)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestDeliverIsForThoseWhoHaveNotGotItYet(t *testing.T) {
	r := relay(t, mailtest.Options{})
	m := note("anna@example.org", "jan@example.org")
	m.Remaining = []string{"jan@example.org"}
	want(t, courier(t, r.Port(), mail.Settings{}).Deliver(context.Background(), m), "jan@example.org", "", "")
	if g := r.Got()[0]; len(g.To) != 1 || !strings.Contains(string(g.Data), "To: anna@example.org, jan@example.org") {
		t.Errorf("the relay got %v\n%s", g.To, g.Data)
	}
}

func TestDeliverConvertsDomainsToASCII(t *testing.T) {
	r := relay(t, mailtest.Options{})
	m := note("anna@łódź.example")
	want(t, courier(t, r.Port(), mail.Settings{}).Deliver(context.Background(), m), "anna@łódź.example", "", "")
	if g := r.Got()[0]; g.To[0] != "anna@xn--d-uga0v4h.example" || !strings.Contains(string(g.Data), "To: anna@xn--d-uga0v4h.example\r\n") {
		t.Errorf("the relay got %v\n%s", g.To, g.Data)
	}
}

func TestDeliverRefusesWhatCannotBecomeAMail(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{})
	m := note("anna@example.org")
	m.Subject = "a\r\nBcc: evil@example.net"
	got := c.Deliver(context.Background(), m)
	want(t, got, "", "anna@example.org", "")
	wantFailure(t, got.Failure, message.TemplateFailed, "", false)
	if !got.Tried {
		t.Error("it was not counted as tried: it would come again for ever")
	}

	m = note("anna@example.org")
	m.Bcc = []message.Address{{Email: "no path>\r\n@example.org"}} // it is in no header
	got = c.Deliver(context.Background(), m)
	want(t, got, "anna@example.org", "no path>\r\n@example.org", "")
	wantFailure(t, got.Failure, message.AddressUnknown, "", false)

	got = c.Deliver(context.Background(), note())
	wantFailure(t, got.Failure, message.TemplateFailed, "", false)
	if r.Count() != 1 {
		t.Errorf("the relay got %d mails, want 1", r.Count())
	}
}

func TestConnectionsAreKept(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{})
	if err := c.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
	}
	if err := c.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := r.Traffic().Connections; got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}

func TestNeverMoreConnectionsThanAllowed(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{Connections: 4})
	deliverAtOnce(t, c, 200, 5)
	if got := r.Traffic(); got.Peak > 4 || got.Connections > 4 || r.Count() != 1000 {
		t.Errorf("traffic = %+v, %d mails; want 4 connections at most, 1000 mails", got, r.Count())
	}
	seen := map[string]bool{}
	for _, g := range r.Got() {
		seen[g.To[0]] = true
	}
	if len(seen) != 500 { // the relay keeps so many
		t.Errorf("%d mails are different, want 500", len(seen))
	}
}

// deliverAtOnce lets so many goroutines deliver so many mails each, to addresses that are
// all different.
func deliverAtOnce(t *testing.T, c *mail.Courier, goroutines, each int) {
	t.Helper()
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for i := range each {
				to := fmt.Sprintf("u%d.%d@example.org", g, i)
				if r := c.Deliver(context.Background(), note(to)); !slices.Equal(r.Accepted, []string{to}) {
					t.Errorf("Deliver to %s = %+v, %v", to, r, r.Failure)
				}
			}
		})
	}
	all.Wait()
}

func TestABusyLaneNeedsOneRoundTripAMail(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{Connections: 1})
	if err := c.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := r.Traffic().Reads
	for range 20 {
		c.Deliver(context.Background(), note("anna@example.org"))
	}
	if got := r.Traffic().Reads - before; got > 44 {
		t.Errorf("one after the other: %d reads for 20 mails, want 40: the commands, then the mail", got)
	}
	before = r.Traffic().Reads
	deliverAtOnce(t, c, 50, 4)
	if got := r.Traffic().Reads - before; got > 230 {
		t.Errorf("many at once: %d reads for 200 mails, want about 201", got)
	}
}

func TestWithoutPipeliningEachCommandWaitsForItsAnswer(t *testing.T) {
	s := serve(t, func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "EHLO"):
			return "250-stub.test\r\n250 HELP"
		case line == "RCPT TO:<gone@example.org>":
			return "550 5.1.1 no such user"
		case line == "RCPT TO:<alone@example.org>":
			return "550 5.1.1 no such user"
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{Connections: 1, Hello: "workflow.example.org"})
	want(t, c.Deliver(context.Background(), note("alone@example.org")), "", "alone@example.org", "")
	want(t, c.Deliver(context.Background(), note("anna@example.org", "gone@example.org")), "anna@example.org", "gone@example.org", "")
	wanted := []string{
		"EHLO workflow.example.org",
		"MAIL FROM:<workflow@example.org>", "RCPT TO:<alone@example.org>", "RSET",
		"MAIL FROM:<workflow@example.org>", "RCPT TO:<anna@example.org>", "RCPT TO:<gone@example.org>", "DATA", ".",
	}
	if got := s.said(); !slices.Equal(got, wanted) {
		t.Errorf("said %q, want %q", got, wanted)
	}
}

func TestTheServerIsToldTheSize(t *testing.T) {
	for _, offer := range []string{"SIZE", "SIZE 0", "size 100000"} {
		s := serve(t, func(_ int, line string) string {
			if strings.HasPrefix(line, "EHLO") {
				return "250-stub.test\r\n250 " + offer
			}
			return ""
		})
		m := note("anna@example.org")
		want(t, courier(t, s.port, mail.Settings{}).Deliver(context.Background(), m), "anna@example.org", "", "")
		if got, wanted := s.said()[1], fmt.Sprintf("MAIL FROM:<workflow@example.org> SIZE=%d", len(composed(t, m))); got != wanted {
			t.Errorf("after %q it said %q, want %q", offer, got, wanted)
		}
	}
}

func TestAnOldServerIsToldHELO(t *testing.T) {
	s := serve(t, func(_ int, line string) string {
		if strings.HasPrefix(line, "EHLO") {
			return "502 5.5.1 what?"
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{})
	want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
	if got := s.said(); got[1] != "HELO [127.0.0.1]" && !strings.Contains(got[1], ".") {
		t.Errorf("said %q", got)
	}
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	r := relay(t, mailtest.Options{}) // outside: its clock goes on
	synctest.Test(t, func(t *testing.T) {
		c := courier(t, r.Port(), mail.Settings{})
		want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
		time.Sleep(29 * time.Second)
		want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
		if got := r.Traffic(); got.Connections != 1 || got.Open != 1 {
			t.Errorf("after 29 s: %+v, want one connection, open", got)
		}
		time.Sleep(31 * time.Second)
		if got := r.Traffic(); got.Open != 0 {
			t.Errorf("after 31 s more: %+v, want none open", got)
		}
		want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
		if got := r.Traffic(); got.Connections != 2 {
			t.Errorf("then: %+v, want a second connection", got)
		}
	})
}

func TestCloseFinishesWhatIsUnderWay(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{})
	r := relay(t, mailtest.Options{OnMail: func(mailtest.Mail) {
		arrived <- struct{}{}
		<-release
	}})
	c := courier(t, r.Port(), mail.Settings{Connections: 1})
	receipts := make(chan message.Receipt, 1)
	go func() { receipts <- c.Deliver(context.Background(), note("anna@example.org")) }()
	<-arrived
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	close(release)
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
	want(t, <-receipts, "anna@example.org", "", "")
	late := c.Deliver(context.Background(), note("jan@example.org"))
	want(t, late, "", "", "jan@example.org")
	if late.Tried {
		t.Error("after Close a message was tried")
	}
	if err := c.Ready(context.Background()); err == nil {
		t.Error("Ready after Close = nil")
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close again = %v", err)
	}
}

func TestManyRecipientsGoInSeveralMails(t *testing.T) {
	r := relay(t, mailtest.Options{MaxRecipients: 40})
	m := note()
	for i := range 130 {
		m.To = append(m.To, message.Address{Email: fmt.Sprintf("u%d@example.org", i)})
	}
	r.Refuse("u77@example.org", 550)
	got := courier(t, r.Port(), mail.Settings{}).Deliver(context.Background(), m)
	if len(got.Accepted) != 129 || len(got.Rejected) != 1 || len(got.Pending) != 0 || r.Count() != 4 {
		t.Errorf("Deliver = %d accepted, %v, %v in %d mails; want 129, one, none in 4", len(got.Accepted), got.Rejected, got.Pending, r.Count())
	}
}

func TestTooManyRecipientsForTheServerGetAMailOfTheirOwn(t *testing.T) {
	taken := 0
	s := serve(t, func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "MAIL"):
			taken = 0
		case strings.HasPrefix(line, "RCPT"):
			if taken++; taken > 2 {
				return "452 4.5.3 Too many recipients"
			}
		}
		return ""
	})
	got := courier(t, s.port, mail.Settings{}).Deliver(context.Background(), note("a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"))
	want(t, got, "a@example.org b@example.org c@example.org d@example.org e@example.org", "", "")
	if got.Failure != nil {
		t.Errorf("failure = %v", got.Failure)
	}
}

func TestNewRefusesSettingsThatCannotWork(t *testing.T) {
	for name, s := range map[string]mail.Settings{
		"no host":         {From: workflow},
		"a broken host":   {Host: "a\r\nb", From: workflow},
		"no sender":       {Host: "mail.example.org"},
		"a broken sender": {Host: "mail.example.org", From: message.Address{Email: "a@b>\r\nRSET"}},
		"TLS":             {Host: "mail.example.org", From: workflow, TLS: "perhaps"},
		"port":            {Host: "mail.example.org", From: workflow, Port: 70000},
		"hello":           {Host: "mail.example.org", From: workflow, Hello: "a\r\nMAIL FROM:<>"},
	} {
		if _, err := mail.New(s, nil); err == nil {
			t.Errorf("New with %s = nil", name)
		}
	}
}
