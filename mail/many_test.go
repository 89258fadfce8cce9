package mail_test

import (
	"context"
	"strings"
	"testing"

	"notifier/mail"
)

// TestTooManyRecipients is L7: those whom the server does not take into one mail get another
// at once, whatever code says so.
func TestTooManyRecipients(t *testing.T) {
	to := []string{"a@example.org", "b@example.net", "c@example.org", "d@example.net", "e@example.org"}
	for _, answer := range []string{
		"550 5.5.3 Too many recipients", "452 4.5.3 Too many recipients", "552 Too many recipients", "452 Too many recipients", "552", "452", "550 too many RCPTs",
		"552 5.5.3 no more", "550-5.5.3 no\r\n550 5.5.3 more",
	} {
		for _, pipelining := range []string{"PIPELINING", "HELP"} {
			t.Run(answer+" "+pipelining, func(t *testing.T) {
				taken := 0
				s := serve(t, func(_ int, line string) string {
					switch {
					case strings.HasPrefix(line, "EHLO"):
						return "250-stub.test\r\n250 " + pipelining
					case strings.HasPrefix(line, "MAIL"):
						taken = 0
					case strings.HasPrefix(line, "RCPT"):
						if taken++; taken > 2 {
							return answer
						}
					}
					return ""
				})
				got := courier(t, s.port, mail.Settings{Timeouts: quick}).Deliver(context.Background(), note(to...))
				want(t, got, strings.Join(to, " "), "", "")
				if got.Failure != nil {
					t.Errorf("failure = %v", got.Failure)
				}
				mails := 0
				for _, line := range s.said() {
					if line == "." {
						mails++
					}
				}
				if mails != 3 || s.count() != 1 {
					t.Errorf("%d mails over %d connections, want 3 over one", mails, s.count())
				}
			})
		}
	}
}

// TestAFullMailboxIsNoCrowd: of several recipients one whose mailbox is full is refused, and
// one that does not exist.
func TestAFullMailboxIsNoCrowd(t *testing.T) {
	s := serve(t, func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "RCPT TO:<full"):
			return "552 5.2.2 Mailbox full"
		case strings.HasPrefix(line, "RCPT TO:<storage"):
			return "552 Requested mail action aborted: exceeded storage allocation"
		}
		return ""
	})
	got := courier(t, s.port, mail.Settings{}).Deliver(context.Background(), note("a@example.org", "full@example.org", "storage@example.org", "b@example.org"))
	want(t, got, "a@example.org b@example.org", "full@example.org storage@example.org", "")
}

// TestAServerThatLimitsItsConnections is L10: the mail leaves at once over another
// connection, and no attempt is spent.
func TestAServerThatLimitsItsConnections(t *testing.T) {
	for _, answer := range []string{
		"452 4.3.2 message limit of this connection", "421 too many messages in this connection", "421 Max message per connection reached, closing transmission channel",
		"450 4.7.1 too many mails in this session", "421 4.3.2 closing",
	} {
		for _, pipelining := range []string{"PIPELINING", "HELP"} {
			t.Run(answer+" "+pipelining, func(t *testing.T) {
				mails := map[int]int{}
				s := serve(t, func(connection int, line string) string {
					switch {
					case strings.HasPrefix(line, "EHLO"):
						return "250-stub.test\r\n250 " + pipelining
					case strings.HasPrefix(line, "MAIL"):
						if mails[connection]++; mails[connection] > 2 {
							return answer
						}
					}
					return ""
				})
				c := courier(t, s.port, mail.Settings{Timeouts: quick, Connections: 1})
				for range 7 {
					got := c.Deliver(context.Background(), note("anna@example.org"))
					want(t, got, "anna@example.org", "", "")
					if got.Failure != nil {
						t.Errorf("failure = %v", got.Failure)
					}
				}
				if s.count() != 4 {
					t.Errorf("%d connections, want 4 with two mails each", s.count())
				}
			})
		}
	}
}

// TestAServerThatTakesNoMailOverAnyConnection does not keep the courier busy for ever.
func TestAServerThatTakesNoMailOverAnyConnection(t *testing.T) {
	s := serve(t, func(_ int, line string) string {
		if strings.HasPrefix(line, "MAIL") {
			return "452 4.3.2 message limit of this connection"
		}
		return ""
	})
	got := courier(t, s.port, mail.Settings{Timeouts: quick}).Deliver(context.Background(), note("anna@example.org"))
	want(t, got, "", "", "anna@example.org")
	if !got.Failure.Temporary || s.count() > 5 {
		t.Errorf("failure = %v after %d connections", got.Failure, s.count())
	}
}
