package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// cast adds the people that messages are sent to: bob has no address.
func (h *house) cast() {
	h.Helper()
	h.people("anna", "jan", "ewa")
	if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "bob"}); err != nil {
		h.Fatal(err)
	}
	for group, users := range map[string][]string{"clerks": {"ewa", "anna", "ewa"}, "empty": {}, "nobodies": {"bob"}} {
		if err := h.SetGroup(ctx, at(noon), group, users); err != nil {
			h.Fatal(err)
		}
	}
}

func TestSendMessage(t *testing.T) {
	draft := func(change func(d *message.Draft), recipients ...string) message.Draft {
		d := to(recipients...)
		if change != nil {
			change(&d)
		}
		return d
	}
	later := noon.Add(time.Hour)
	rows := []struct {
		name  string
		draft message.Draft
		want  string // to and status of each
	}{
		{"AMODIT-10: to a user", to("jan"), "jan@example.org pending"},
		{"AMODIT-11: preferences are not asked, not even never", to("anna"), "anna@example.org pending"},
		{"AMODIT-12: to an outside person", to("guest@example.net"), "guest@example.net pending"},
		{"to an outside person with a name", to("Guest <guest@example.net>"), "guest@example.net pending"},
		{"AMODIT-28: one message per recipient", to("anna", "jan", "guest@example.net"), "anna@example.org pending; jan@example.org pending; guest@example.net pending"},
		{"AMODIT-27: a group is its users", to("clerks"), "ewa@example.org pending; anna@example.org pending"},
		{"whoever is named twice gets one", to("anna", "ANNA@Example.org", "clerks", "anna"), "anna@example.org pending; ewa@example.org pending"},
		{"a user without an address is told of", to("bob", "jan"), "bob skipped no_address; jan@example.org pending"},
		{"and once", to("bob", "nobodies", "bob"), "bob skipped no_address"},
		{"one_mail: one mail for all", draft(func(d *message.Draft) { d.OneMail = true }, "anna", "jan"), "anna@example.org, jan@example.org pending"},
		{"cc makes it one mail", draft(func(d *message.Draft) { d.Cc = list("ewa") }, "anna", "jan"), "anna@example.org, jan@example.org pending"},
		{"bcc makes it one mail", draft(func(d *message.Draft) { d.Bcc = list("ewa") }, "anna"), "anna@example.org pending"},
		{"one mail leaves a record for who has no address", draft(func(d *message.Draft) { d.OneMail = true }, "anna", "bob", "nobodies"), "anna@example.org pending; bob skipped no_address"},
		{"one mail for nobody", draft(func(d *message.Draft) { d.OneMail = true }, "bob"), "bob skipped no_address"},
		{"send_at: scheduled", draft(func(d *message.Draft) { d.SendAt = &later }, "anna"), "anna@example.org scheduled"},
		{"a send_at that has come", draft(func(d *message.Draft) { d.SendAt = pointer(noon) }, "anna"), "anna@example.org pending"},
		{"CQ-3: manual waits for a person", draft(func(d *message.Draft) { d.Manual = true }, "anna"), "anna@example.org pending_manual"},
		{"expires_at", draft(func(d *message.Draft) { d.ExpiresAt = &later }, "anna"), "anna@example.org pending"},
		{"html alone", draft(func(d *message.Draft) { d.Text, d.HTML = "", "<p>It lies on your desk." }, "anna"), "anna@example.org pending"},
		{"a text that looks like SMTP", draft(func(d *message.Draft) { d.Text = "Hello\r\n.\r\nRSET\r\n" }, "anna"), "anna@example.org pending"},
	}
	each(t, func(h *house) {
		h.cast()
		h.choose(noon, "anna", `{"case_received":"never","case_changed":"never"}`)
		for _, row := range rows {
			var got []string
			for _, ticket := range h.send(noon, row.draft) {
				got = append(got, strings.TrimSpace(fmt.Sprint(ticket.To, " ", ticket.Status, " ", ticket.Reason)))
				m := h.kept(ticket.ID)
				if m.Status != ticket.Status || m.Type != message.Direct || m.Subject != row.draft.Subject || m.Text != row.draft.Text || m.HTML != row.draft.HTML {
					h.Errorf("%s: kept as %+v", row.name, m)
				}
			}
			if strings.Join(got, "; ") != row.want {
				h.Errorf("%s:\n%s, want\n%s", row.name, strings.Join(got, "; "), row.want)
			}
		}
	})
}

func TestWhatIsKeptOfADirectMessage(t *testing.T) {
	each(t, func(h *house) {
		h.cast()
		if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Email: "anna@example.org", Name: "Anna", Language: "pl", Timezone: "Asia/Tokyo"}); err != nil {
			h.Fatal(err)
		}
		d := to("anna")
		later, end := noon.Add(time.Hour), noon.Add(2*time.Hour)
		d.Reference, d.SendAt, d.ExpiresAt, d.Case = "m1", &later, &end, &message.Case{ID: "A-1", Title: "Lease", URL: "https://bpm.example.org/A-1"}
		m := h.kept(h.send(noon, d)[0].ID)
		if m.Reference != "m1" || m.Case != *d.Case || !m.DueAt.Equal(later) || !m.ExpiresAt.Equal(end) || !m.CreatedAt.Equal(noon) || m.Reason != message.BySender {
			h.Errorf("kept as %+v", m)
		}
		if m.UserID != "anna" || m.Language != "" || m.Timezone != "Asia/Tokyo" || m.To[0].Name != "Anna" || m.Domain != "example.org" {
			h.Errorf("kept for %q, language %q, zone %q, to %v, domain %q", m.UserID, m.Language, m.Timezone, m.To, m.Domain)
		}
		d.Language = "pt_br" // T7: the words are the caller's, and who reads pl gets them as they are
		if m = h.kept(h.send(noon, d)[0].ID); m.Language != "pt-BR" {
			h.Errorf("T7: language %q, want pt-BR", m.Language)
		}
		d = to("anna", "Guest <guest@example.net>")
		d.Cc, d.Bcc = list("jan", "clerks"), list("boss@example.net", "anna")
		d.ReplyTo = message.Recipients{{ID: "ewa"}}
		m = h.kept(h.send(noon, d)[0].ID)
		want := `{["Anna" <anna@example.org> "Guest" <guest@example.net>] ["Jan" <jan@example.org> "Ewa" <ewa@example.org> "Anna" <anna@example.org>] [boss@example.net "Anna" <anna@example.org>] ["Ewa" <ewa@example.org>]}`
		if got := fmt.Sprint(m.Envelope); got != want {
			h.Errorf("one mail goes to %s, want %s", got, want)
		}
		if got := m.Everyone(); len(got) != 5 {
			h.Errorf("it is handed over for %v, want each address once", got)
		}
		d = to("anna") // a mail of her own has it, too
		d.ReplyTo = message.Recipients{{Address: message.Address{Email: "clerk@example.net"}}}
		if m = h.kept(h.send(noon, d)[0].ID); m.ReplyTo[0].Email != "clerk@example.net" || m.Recipients() != "anna@example.org" {
			h.Errorf("to %s, answers to %s", m.Recipients(), m.ReplyTo)
		}
	})
}

// TestWhatElseAMessageHas: AMODIT-29 and its kin.
func TestWhatElseAMessageHas(t *testing.T) {
	no := false
	lease := &message.Case{ID: "A-1", Title: "Lease", URL: "https://bpm.example.org/?c=1&d=2"}
	each(t, func(h *house) {
		h.cast()
		d := to("anna", "jan@example.net")
		d.Sender, d.Priority, d.Language, d.Case = &message.Recipient{ID: "ewa"}, message.High, "pt-BR", lease
		d.Text, d.HTML = "Come.\n", "<html><body><p>Come.</body></html>"
		d.Tags, d.Headers = map[string]string{"process": "lease"}, map[string]message.Values{"x-b": {"2"}, "X-A": {"1"}}
		d.Attachments = []message.File{{Filename: "a.csv", Content: []byte("1;2")}}
		for _, ticket := range h.send(noon, d) {
			m := h.kept(ticket.ID)
			if m.Sender.Email != "ewa@example.org" || m.Priority != message.High || m.Language != "pt-BR" || m.Tags["process"] != "lease" {
				h.Errorf("kept as %+v", m)
			}
			if fmt.Sprint(m.Headers) != "[{X-A 1} {X-B 2}]" || len(m.Attachments) != 1 || m.Attachments[0].ContentType != "text/csv" {
				h.Errorf("headers %v, attachments %v", m.Headers, m.Attachments)
			}
			if m.Subject != "A-1 "+d.Subject || m.Text != "Come.\n\nA-1 Lease\nhttps://bpm.example.org/?c=1&d=2\n" ||
				m.HTML != "<html><body><p>Come.<p><a href=\"https://bpm.example.org/?c=1&amp;d=2\">Open the case</a> A-1 Lease</p>\n</body></html>" {
				h.Errorf("it reads %q, %q, %q", m.Subject, m.Text, m.HTML)
			}
		}
		for _, row := range []struct {
			name   string
			change func()
		}{
			{"asked not to", func() { d.AddCaseID, d.AddURL = &no, &no }},
			{"there already", func() {
				d.AddCaseID, d.AddURL = nil, nil
				d.Subject, d.Text, d.HTML = "Re A-1", "See https://bpm.example.org/?c=1&d=2", "<a href='https://bpm.example.org/?c=1&amp;d=2'>"
			}},
			{"no address of it", func() { d.Case = &message.Case{ID: "A-1"} }},
		} {
			row.change()
			d.OneMail = true
			m := h.kept(h.send(noon, d)[0].ID)
			if m.Subject != d.Subject || m.Text != d.Text || m.HTML != d.HTML {
				h.Errorf("%s: it reads %q, %q, %q", row.name, m.Subject, m.Text, m.HTML)
			}
		}
	})
}

func TestDraftRefused(t *testing.T) {
	crowd := func(d message.Draft, n int) message.Draft {
		for i := range n {
			d.To = append(d.To, message.ParseRecipient(fmt.Sprintf("a%d@example.net", i)))
		}
		return d
	}
	draft := func(change func(d *message.Draft)) message.Draft {
		d := to("anna")
		change(&d)
		return d
	}
	rows := []struct {
		name  string
		draft message.Draft
		want  string
	}{
		{"nobody", to(), "/to missing"},
		{"an unknown user, strictly", to("anna", "ana"), "/to/1 unknown_user"},
		{"unknown users in every list, strictly", draft(func(d *message.Draft) { d.Cc, d.Bcc = list("x", "jan"), list("y") }), "/cc/0 unknown_user\n/bcc/0 unknown_user"},
		{"answers to an unknown user", draft(func(d *message.Draft) { d.ReplyTo = message.Recipients{{ID: "x"}} }), "/reply_to unknown_user"},
		{"answers to a group", draft(func(d *message.Draft) { d.ReplyTo = message.Recipients{{ID: "clerks"}} }), "/reply_to not_a_user"},
		{"answers to a user without an address", draft(func(d *message.Draft) { d.ReplyTo = message.Recipients{{ID: "bob"}} }), "/reply_to no_address"},
		{"a group without users", to("empty"), "/to nobody"},
		{"groups without users as one mail", draft(func(d *message.Draft) { d.To, d.Cc = list("empty"), list("empty") }), "/to nobody"},
		{"no address", to("anna@"), "/to/0 bad_address"},
		{"a header in a name", draft(func(d *message.Draft) {
			d.To[0].ID, d.To[0].Email, d.To[0].Name = "", "a@example.net", "A\r\nBcc: b@example.net"
		}), "/to/0 bad_address"},
		{"a header in the subject", draft(func(d *message.Draft) { d.Subject = "Hello\r\nBcc: b@example.net" }), "/subject bad_text"},
		{"no subject, no text", message.Draft{To: list("anna")}, "/subject missing\n/text missing"},
		{"a text of more than 1 MiB", draft(func(d *message.Draft) { d.Text = strings.Repeat("x", 1<<20+1) }), "/text bad_text"},
		{"more than 10,000 recipients", crowd(to(), 10001), "/to too_many"},
		{"one mail for more than 100", crowd(draft(func(d *message.Draft) { d.OneMail = true }), 100), "/to too_many"},
		{"one mail for a group of more than 100", draft(func(d *message.Draft) { d.To, d.OneMail = list("crowd"), true }), "/to too_many"},
		{"groups of more than 10,000 together", crowd(to("crowd"), 9900), "/to too_many"},
		{"expired already", draft(func(d *message.Draft) { d.ExpiresAt = pointer(noon) }), "/expires_at in_the_past"},
		{"expired before it leaves", draft(func(d *message.Draft) {
			d.SendAt, d.ExpiresAt = pointer(noon.Add(2*time.Hour)), pointer(noon.Add(time.Hour))
		}), "/expires_at before_send_at"},
		{"manual with a time", draft(func(d *message.Draft) { d.Manual, d.SendAt = true, pointer(noon.Add(time.Hour)) }), "/send_at not_allowed"},
	}
	each(t, func(h *house) {
		h.cast()
		var many []string
		for i := range 101 {
			many = append(many, fmt.Sprintf("user%d", i))
		}
		h.people(many...)
		if err := h.SetGroup(ctx, at(noon), "crowd", many); err != nil {
			h.Fatal(err)
		}
		for _, row := range rows {
			_, _, err := h.SendMessage(ctx, asNamed(row.name), row.draft)
			if got := h.faults(err); got != row.want {
				h.Errorf("%s: faults\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
		h.untouched(0)
		if n := h.woken.Load(); n != 0 {
			h.Errorf("the flush was woken %d times for nothing", n)
		}
	})
}

// TestManyRecipients: all of a request or nothing, in one transaction.
func TestManyRecipients(t *testing.T) {
	each(t, func(h *house) {
		d := to()
		for i := range 1000 {
			d.To = append(d.To, message.ParseRecipient(fmt.Sprintf("a%d@example.net", i)))
		}
		tickets := h.send(noon, d)
		if len(tickets) != 1000 || tickets[999].To != "a999@example.net" {
			h.Fatalf("%d tickets, the last for %s", len(tickets), tickets[len(tickets)-1].To)
		}
		h.untouched(1000)
		if n := h.woken.Load(); n != 1 {
			h.Errorf("the flush was woken %d times, want once", n)
		}
	})
}

// TestOneAddressInTwoSpellings: L11. It gets one mail, and a request that spells it otherwise is the same.
func TestOneAddressInTwoSpellings(t *testing.T) {
	each(t, func(h *house) {
		h.cast()
		if all := h.send(noon, to("guest@łódź.example", "Guest@xn--d-uga0v4h.example", "guest@ŁÓDŹ。example")); len(all) != 1 || all[0].To != "guest@łódź.example" {
			h.Errorf("%d messages: %v", len(all), all)
		}
		first, _, err := h.SendMessage(ctx, keyed("spelled"), to("guest@łódź.example"))
		again, replayed, err2 := h.SendMessage(ctx, keyed("spelled"), to("GUEST@xn--d-uga0v4h.example"))
		if err != nil || err2 != nil || !replayed || again.Messages[0].ID != first.Messages[0].ID {
			h.Errorf("%v, %v: replayed = %t", err, err2, replayed)
		}
	})
}

// TestATextThatIsAUsersID: T10 and RULES 4. Ids may be addresses: then the text means the user, an
// object the address, and after an erasure nobody.
func TestATextThatIsAUsersID(t *testing.T) {
	each(t, func(h *house) {
		h.cast()
		for _, id := range []string{"olga@directory.example", "a/b?c"} {
			if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: id, Email: "olga@example.org"}); err != nil {
				h.Fatalf("%s: %v", id, err)
			}
		}
		mean := func(r message.Recipient) request.Ticket {
			h.Helper()
			d := to()
			d.To = []message.Recipient{r}
			return h.send(noon, d)[0]
		}
		text := message.ParseRecipient("olga@directory.example")
		if got := mean(text); got.To != "olga@example.org" || got.User != "olga@directory.example" {
			h.Errorf("the text means %+v, want the user", got)
		}
		address := message.Recipient{Address: message.Address{Email: "olga@directory.example"}}
		if got := mean(address); got.To != "olga@directory.example" || got.User != "" {
			h.Errorf("the object means %+v, want the address", got)
		}
		if got := mean(message.Recipient{ID: "a/b?c"}); got.User != "a/b?c" {
			h.Errorf("an id with a slash means %+v", got)
		}
		if _, err := h.EraseUser(ctx, at(noon), "olga@directory.example"); err != nil {
			h.Fatal(err)
		}
		d := to()
		d.To = []message.Recipient{text}
		if _, _, err := h.SendMessage(ctx, at(noon), d); h.faults(err) != "/to/0 unknown_user" {
			h.Errorf("the id of an erased user: %v, want unknown_user", err)
		}
		if got := mean(address); got.To != "olga@directory.example" {
			h.Errorf("the address means %+v", got)
		}
	})
}
