package mailbox_test

import (
	"fmt"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"notifier/mail/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *mailbox.Server {
	t.Helper()
	s, err := mailbox.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return s
}

func send(s *mailbox.Server, body string, to ...string) error {
	return smtp.SendMail(s.Addr(), nil, "workflow@example.org", to, []byte(body))
}

func TestTheMailboxKeepsWhatItGets(t *testing.T) {
	s := start(t)
	if err := send(s, "Subject: Lease\r\n\r\nJan commented\r\n.\r\n", "anna@example.net", "ewa@example.net"); err != nil {
		t.Fatal(err)
	}
	m, found := s.Mail(1)
	if !found || m.From != "workflow@example.org" || strings.Join(m.To, " ") != "anna@example.net ewa@example.net" {
		t.Errorf("Mail(1) = %+v, %v", m, found)
	}
	if got, want := string(m.Data), "Subject: Lease\r\n\r\nJan commented\r\n.\r\n"; got != want {
		t.Errorf("the mail is %q, want %q", got, want)
	}
	if _, found := s.Mail(2); found {
		t.Error("Mail(2) is there after one mail")
	}
}

func TestTheMailboxRefusesOnce(t *testing.T) {
	s := start(t)
	s.RefuseOnce("Refused@example.net")
	err := send(s, "Subject: 1\r\n\r\n", "refused@example.net")
	if refusal, is := err.(*textproto.Error); !is || refusal.Code != 550 || refusal.Msg != "5.1.1 User unknown" {
		t.Errorf("the first mail: %v, want 550 5.1.1 User unknown", err)
	}
	if err := send(s, "Subject: 2\r\n\r\n", "refused@example.net"); err != nil {
		t.Errorf("the second mail: %v", err)
	}
	if n := len(s.Mails()); n != 1 {
		t.Errorf("%d mails are kept, want 1", n)
	}
}

// The demo may run for weeks: 500 mails and 64 MiB are kept, whichever is less.
func TestTheMailboxForgetsTheOldest(t *testing.T) {
	ids := func(s *mailbox.Server) string {
		mails := s.Mails()
		return fmt.Sprintf("%d: %d to %d", len(mails), mails[0].ID, mails[len(mails)-1].ID)
	}
	t.Run("by number", func(t *testing.T) {
		s := start(t)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for range 126 {
					if err := send(s, "Subject: x\r\n\r\n", "anna@example.net"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Wait()
		if got, want := ids(s), "500: 5 to 504"; got != want {
			t.Errorf("kept %s, want %s", got, want)
		}
	})
	t.Run("by size", func(t *testing.T) {
		s := start(t)
		line := strings.Repeat("x", 998) + "\r\n"
		for range 3 {
			if err := send(s, "Subject: x\r\n\r\n"+strings.Repeat(line, 24<<10), "anna@example.net"); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := ids(s), "2: 2 to 3"; got != want {
			t.Errorf("kept %s, want %s", got, want)
		}
	})
}

func TestTheMailboxSaysWhyItDoesNotStart(t *testing.T) {
	s := start(t)
	if _, err := mailbox.Start(s.Addr()); err == nil || !strings.Contains(err.Error(), "start the mailbox") {
		t.Errorf("a second one on the same address: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	again, err := mailbox.Start(s.Addr())
	if err != nil {
		t.Fatalf("the port is not free after Close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Errorf("closed as soon as it was started: %v", err)
	}
}
