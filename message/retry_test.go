package message_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notifier/message"
)

func TestAgain(t *testing.T) {
	to := message.Envelope{To: []message.Address{{Email: "a@x.test"}, {Email: "b@x.test"}}, Cc: []message.Address{{Email: "c@x.test"}}}
	for _, c := range []struct {
		name        string
		m           message.Message
		outstanding []string
	}{
		{"nobody was reached: all get it", message.Message{Status: message.Error, Rejected: []string{"a@x.test"}, Remaining: []string{"b@x.test"}}, []string{"a@x.test", "b@x.test", "c@x.test"}},
		{"some were reached: those who were not get it", message.Message{Status: message.Error, Reached: true, Rejected: []string{"a@x.test"}, Remaining: []string{"c@x.test"}}, []string{"a@x.test", "c@x.test"}},
		{"TE-5: sent, and one was rejected: that one gets it", message.Message{Status: message.Sent, Reached: true, Rejected: []string{"b@x.test"}}, []string{"b@x.test"}},
		{"TE-7: sent to all, and asked for again: all get it", message.Message{Status: message.Sent, Reached: true}, []string{"a@x.test", "b@x.test", "c@x.test"}},
	} {
		before := c.m
		before.Envelope, before.QueuedAt, before.Attempts, before.Tries, before.RetryCount = to, noon, 7, 3, 1
		before.Error = &message.Failure{Category: message.MailboxFull}
		after, err := before.Again(in(60))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := after.Outstanding(); !slices.Equal(got, c.outstanding) {
			t.Errorf("%s: Outstanding = %v, want %v", c.name, got, c.outstanding)
		}
		// CQ-12, CQ-14: counted, wiped, due at once; what it is and what was done stays.
		want := before
		want.Status, want.Reason, want.UpdatedAt, want.DueAt, want.RetriedAt = message.Pending, message.AskedAgain, in(60), in(60), in(60)
		want.LiftedAt = in(60)
		want.RetryCount, want.Tries, want.Error, want.Rejected, want.Remaining = 2, 0, nil, nil, after.Remaining
		if diff := cmp.Diff(want, after); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestAgainIsRefused(t *testing.T) {
	for _, status := range message.Statuses() {
		if status == message.Error || status == message.Sent {
			continue
		}
		m, err := message.Message{Status: status, Tries: 2}.Again(noon)
		var refused *message.MoveError
		if !errors.As(err, &refused) || m.Status != status || m.Tries != 2 || m.RetryCount != 0 {
			t.Errorf("Again of a message that is %s = %+v, %v; want it as it was and a MoveError", status, m, err)
		}
	}
}

func TestAgainLeavesTheOldListsAlone(t *testing.T) {
	rejected := make([]string, 1, 8)
	rejected[0] = "a@x.test"
	before := message.Message{Status: message.Error, Reached: true, Rejected: rejected, Remaining: []string{"b@x.test"}}
	after, err := before.Again(noon)
	if err != nil {
		t.Fatal(err)
	}
	after.Remaining[0], after.Remaining[1] = "x", "y"
	if before.Rejected[0] != "a@x.test" || rejected[:2][1] != "" || before.Remaining[0] != "b@x.test" {
		t.Errorf("Again wrote into the message that it came from: %v, %v", before.Rejected, before.Remaining)
	}
}

func TestEveryone(t *testing.T) {
	e := message.Envelope{
		To:  []message.Address{{Email: "a@x.test"}, {Email: "A@X.test"}, {Email: "b@x.test"}},
		Cc:  []message.Address{{Email: "b@x.TEST"}, {Email: "c@x.test"}},
		Bcc: []message.Address{{Email: "a@x.test"}, {Email: "d@x.test"}},
	}
	if got, want := e.Everyone(), []string{"a@x.test", "b@x.test", "c@x.test", "d@x.test"}; !slices.Equal(got, want) {
		t.Errorf("Everyone = %v, want %v", got, want)
	}
	if got := e.Recipients(); got != "a@x.test, A@X.test, b@x.test" {
		t.Errorf("Recipients = %q", got)
	}
	if got := (message.Envelope{}).Everyone(); got != nil {
		t.Errorf("Everyone of nobody = %v", got)
	}
}

func TestOutstanding(t *testing.T) {
	m := message.Message{Envelope: message.Envelope{To: []message.Address{{Email: "a@x.test"}}}}
	if got := m.Outstanding(); !slices.Equal(got, []string{"a@x.test"}) {
		t.Errorf("Outstanding at first = %v, want everyone", got)
	}
	m.Remaining = []string{}
	if got := m.Outstanding(); len(got) != 0 {
		t.Errorf("Outstanding when nobody remains = %v", got)
	}
}

func TestMessageIDStaysTheSame(t *testing.T) {
	m := message.Message{ID: "msg_06f3n5mmmt1fq2r6s0hj0v7k9c", Domain: "example.org", Status: message.Error}
	const want = "<06f3n5mmmt1fq2r6s0hj0v7k9c@example.org>"
	again, err := m.Again(noon)
	if got := m.MessageID(); got != want || err != nil || again.MessageID() != want {
		t.Errorf("MessageID = %s, after a retry %s (%v), want %s", got, again.MessageID(), err, want)
	}
}

func TestPersonAddress(t *testing.T) {
	m := message.Person{ID: "anna", Email: "anna@x.test", Name: "Anna", Timezone: "Europe/Warsaw", Language: "pl"}.Address(message.Message{Subject: "S"})
	want := message.Message{
		Subject: "S", UserID: "anna", Timezone: "Europe/Warsaw", Language: "pl",
		Envelope: message.Envelope{To: []message.Address{{Email: "anna@x.test", Name: "Anna"}}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if m = (message.Person{ID: "jan"}).Address(m); m.To != nil || m.UserID != "jan" || m.Timezone != "" {
		t.Errorf("without an address there is still %+v", m)
	}
}

func TestCaseName(t *testing.T) {
	for _, c := range []struct {
		c    message.Case
		want string
	}{
		{message.Case{}, ""},
		{message.Case{ID: "C-1"}, "C-1"},
		{message.Case{Title: "Lease"}, "Lease"},
		{message.Case{ID: "C-1", Title: "Lease"}, "C-1 Lease"},
		{message.Case{ID: "C-1", Title: "Lease (C-1)"}, "Lease (C-1)"},
	} {
		if got := c.c.Name(); got != c.want {
			t.Errorf("Name of %+v = %q, want %q", c.c, got, c.want)
		}
	}
}

func TestOccurred(t *testing.T) {
	at := noon.Add(123 * time.Nanosecond)
	warsaw := time.FixedZone("", 3600)
	early, late := time.Date(2026, 3, 2, 9, 0, 0, 1999, warsaw), noon.Add(time.Minute)
	for _, c := range []struct {
		name string
		when *time.Time
		want time.Time
	}{
		{"not told: now", nil, at},
		{"told: then, in UTC, to the microsecond", &early, time.Date(2026, 3, 2, 8, 0, 0, 1000, time.UTC)},
		{"a little ahead: now", &late, at},
	} {
		if got := (message.Event{OccurredAt: c.when}).Occurred(at); got != c.want {
			t.Errorf("%s: Occurred = %v, want %v", c.name, got, c.want)
		}
	}
}
