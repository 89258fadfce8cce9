package mail_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

func TestPostfixAnswersForEachRecipient(t *testing.T) {
	p := startPostfix(t)
	c := courier(t, p.Port(), mail.Settings{})
	handed := p.Count()
	for _, r := range []struct {
		to                          []string
		accepted, rejected, pending string
		category                    message.Category
		code                        string
		temporary                   bool
	}{
		{[]string{"anna"}, "anna", "", "", "", "", false},
		{[]string{"busy450"}, "", "", "busy450", message.Unknown, "450 4.2.1", true},
		{[]string{"later451"}, "", "", "later451", message.Unknown, "451 4.3.0", true},
		{[]string{"gone550"}, "", "gone550", "", message.AddressUnknown, "550 5.1.1", false},
		{[]string{"full552"}, "", "full552", "", message.MailboxFull, "552 5.2.2", false},
		{[]string{"bye421"}, "", "", "bye421", message.ConnectFailed, "421 4.3.2", true},
		{[]string{"gone550", "anna"}, "anna", "gone550", "", message.AddressUnknown, "550 5.1.1", false},
		{[]string{"anna", "busy450"}, "anna", "", "busy450", message.Unknown, "450 4.2.1", true},
		{[]string{"busy450", "full552"}, "", "full552", "busy450", message.MailboxFull, "552 5.2.2", false},
		{[]string{"anna", "bye421", "jan"}, "anna jan", "", "bye421", message.ConnectFailed, "421 4.3.2", true},
		{[]string{"bye421", "gone550", "jan"}, "jan", "gone550", "bye421", message.AddressUnknown, "550 5.1.1", false},
		{
			[]string{"anna", "busy450", "later451", "gone550", "full552", "bye421", "jan"},
			"anna jan", "gone550 full552", "busy450 later451 bye421", message.AddressUnknown, "550 5.1.1", false,
		},
	} {
		t.Run(strings.Join(r.to, " "), func(t *testing.T) {
			m := note()
			for _, a := range r.to {
				m.To = append(m.To, message.Address{Email: a + "@example.org"})
			}
			got := c.Deliver(context.Background(), m)
			sameNames(t, "accepted", got.Accepted, r.accepted)
			sameNames(t, "rejected", got.Rejected, r.rejected)
			sameNames(t, "pending", got.Pending, r.pending)
			if !got.Tried || got.Uncertain {
				t.Errorf("Deliver = %+v", got)
			}
			if len(got.Accepted) > 0 {
				handed++
			}
			if r.category == "" {
				if got.Failure != nil || !strings.HasPrefix(got.Response, "250 2.0.0 Ok: queued as ") {
					t.Errorf("Deliver = %+v, %v", got, got.Failure)
				}
				return
			}
			wantFailure(t, got.Failure, r.category, r.code, r.temporary)
		})
	}
	if err := p.Wait(soon(t), handed); err != nil {
		t.Errorf("%v\n%s", err, p.Log())
	}
}

// sameNames compares local parts, in any order: an address that ends the connection is
// noted before those that were answered for.
func sameNames(t *testing.T, what string, got []string, names string) {
	t.Helper()
	wanted := strings.Fields(names)
	for i := range wanted {
		wanted[i] += "@example.org"
	}
	slices.Sort(wanted)
	if got := slices.Sorted(slices.Values(got)); !slices.Equal(got, wanted) {
		t.Errorf("%s = %q, want %q", what, got, wanted)
	}
}

func TestPostfixGetsEachMailOnce(t *testing.T) {
	p := startPostfix(t)
	c := courier(t, p.Port(), mail.Settings{Connections: 4})
	before := p.Count()
	deliverAtOnce(t, c, 20, 5)
	if err := p.Wait(soon(t), before+100); err != nil {
		t.Fatalf("%v\n%s", err, p.Log())
	}
	seen := map[string]int{}
	for _, g := range p.Got() {
		if strings.HasPrefix(g.To[0], "u") {
			seen[g.To[0]]++
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d different mails came, want 100: %v", len(seen), seen)
	}
}

func TestTheRelayIsTriedAgainUntilItAccepts(t *testing.T) {
	r := relay(t, mailtest.Options{})
	r.Refuse("anna@example.org", 451, 450, 421)
	c := courier(t, r.Port(), mail.Settings{})
	m := note("anna@example.org", "jan@example.org")
	for i, code := range []string{"451 4.3.0", "450 4.2.1", "421 4.3.2"} {
		got := c.Deliver(context.Background(), m)
		m.Remaining = got.Pending
		accepted := ""
		if i == 0 {
			accepted = "jan@example.org"
		}
		want(t, got, accepted, "", "anna@example.org")
		if got.Failure == nil || got.Failure.Code != code || !got.Failure.Temporary {
			t.Errorf("failure = %v, want %s", got.Failure, code)
		}
	}
	want(t, c.Deliver(context.Background(), m), "anna@example.org", "", "")
	if r.Count() != 2 {
		t.Errorf("%d mails, want 2: jan's and anna's", r.Count())
	}
}

func TestRefusalsAtEachStage(t *testing.T) {
	for _, c := range []struct {
		name      string
		answers   map[string]string // to lines that begin so
		rejected  bool
		category  message.Category
		code      string
		tried     bool
		temporary bool
	}{
		{"4xx at MAIL", map[string]string{"MAIL": "452 4.3.1 Insufficient system storage"}, false, message.Unknown, "452 4.3.1", true, true},
		{"5xx at MAIL", map[string]string{"MAIL": "550 5.7.1 no"}, true, message.RejectedSender, "550 5.7.1", true, false},
		{"not logged in", map[string]string{"MAIL": "530 5.7.0 Authentication required"}, false, message.AuthFailed, "530 5.7.0", false, true},
		{"not safe", map[string]string{"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}, false, message.TLSFailed, "530 5.7.0", false, true},
		{"421 at MAIL", map[string]string{"MAIL": "421 4.7.28 Too many messages"}, false, message.TooFast, "421 4.7.28", false, true},
		{"4xx at RCPT", map[string]string{"RCPT": "451 4.7.1 Greylisted"}, false, message.Unknown, "451 4.7.1", true, true},
		{"4xx at DATA", map[string]string{"DATA": "451 4.3.0 no"}, false, message.Unknown, "451 4.3.0", true, true},
		{"5xx at DATA", map[string]string{"DATA": "554 5.7.1 no"}, true, message.RejectedContent, "554 5.7.1", true, false},
		{"421 at DATA", map[string]string{"DATA": "421 4.3.2 no"}, false, message.ConnectFailed, "421 4.3.2", true, true},
		{"4xx after the mail", map[string]string{".": "450 4.3.0 no"}, false, message.Unknown, "450 4.3.0", true, true},
		{"5xx after the mail", map[string]string{".": "550 5.7.1 spam"}, true, message.RejectedContent, "550 5.7.1", true, false},
		{"421 after the mail", map[string]string{".": "421 4.7.28 rate limit"}, false, message.TooFast, "421 4.7.28", true, true},
		{"554 for nobody", map[string]string{"RCPT": "550 5.1.1 no", "DATA": "554 5.5.1 no valid recipients"}, true, message.AddressUnknown, "550 5.1.1", true, false},
		{"354 for nobody", map[string]string{"RCPT": "550 5.1.1 no", ".": "554 5.5.1 no valid recipients"}, true, message.AddressUnknown, "550 5.1.1", true, false},
		{"250 for nobody", map[string]string{"RCPT": "550 5.1.1 no"}, true, message.AddressUnknown, "550 5.1.1", true, false},
		{"354 after MAIL was refused", map[string]string{"MAIL": "550 5.1.8 no"}, true, message.RejectedSender, "550 5.1.8", true, false},
		{"nonsense at DATA", map[string]string{"DATA": "250 2.0.0 ok"}, false, message.Unknown, "250 2.0.0", true, true},
		{"nonsense after the mail", map[string]string{".": "354 more"}, false, message.ConnectFailed, "", true, true},
	} {
		for _, pipelining := range []string{"PIPELINING", "HELP"} {
			t.Run(c.name+" "+pipelining, func(t *testing.T) {
				failing := true
				s := serve(t, func(_ int, line string) string {
					if strings.HasPrefix(line, "EHLO") {
						return "250-stub.test\r\n250-SIZE 1000000\r\n250 " + pipelining
					}
					verb, _, _ := strings.Cut(line, " ")
					if line != "" && failing {
						return c.answers[verb]
					}
					return ""
				})
				courier := courier(t, s.port, mail.Settings{Timeouts: quick})
				got := courier.Deliver(context.Background(), note("anna@example.org"))
				rejected, pending := "", "anna@example.org"
				if c.rejected {
					rejected, pending = pending, ""
				}
				want(t, got, "", rejected, pending)
				wantFailure(t, got.Failure, c.category, c.code, c.temporary)
				if got.Tried != c.tried {
					t.Errorf("tried = %t, want %t", got.Tried, c.tried)
				}
				failing = false
				want(t, courier.Deliver(context.Background(), note("jan@example.org")), "jan@example.org", "", "")
			})
		}
	}
}

func TestAGreylistingServerIsGivenTime(t *testing.T) {
	s := serve(t, func(_ int, line string) string {
		if strings.HasPrefix(line, "RCPT TO:<anna") {
			return "450 4.7.1 Greylisted, try again later"
		}
		if strings.HasPrefix(line, "RCPT TO:<jan") {
			return "450 4.2.1 busy"
		}
		return ""
	})
	got := courier(t, s.port, mail.Settings{}).Deliver(context.Background(), note("jan@example.org", "anna@example.org"))
	want(t, got, "", "", "jan@example.org anna@example.org")
	if got.Failure.NotBefore != 5*time.Minute {
		t.Errorf("failure = %+v, want the one that must wait 5 minutes", got.Failure)
	}
}

func TestAMailThatIsTooLargeIsNotSent(t *testing.T) {
	r := relay(t, mailtest.Options{MaxMessageBytes: 5000})
	c := courier(t, r.Port(), mail.Settings{})
	m := note("anna@example.org")
	m.Text = strings.Repeat("too much of it\n", 500)
	got := c.Deliver(context.Background(), m)
	want(t, got, "", "anna@example.org", "")
	wantFailure(t, got.Failure, message.TooLarge, "", false)
	want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
	if r.Count() != 1 {
		t.Errorf("%d mails, want 1", r.Count())
	}
}
