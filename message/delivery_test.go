package message_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notifier/message"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// The table of RULES section 5, row by row.
func TestThreeViews(t *testing.T) {
	slow := &message.Failure{Category: message.TooFast}
	for _, c := range []struct {
		m                     message.Message
		state, conquer, chora string
	}{
		{message.Message{Status: message.Scheduled}, "PENDING", "Scheduled", "pending"},
		{message.Message{Status: message.Deferred}, "PENDING", "Scheduled", "pending"},
		{message.Message{Status: message.PendingManual}, "PENDING", "Pending Manual Send", "pending"},
		{message.Message{Status: message.Pending}, "PENDING", "Scheduled", "pending"},
		{message.Message{Status: message.Pending, RetryCount: 1}, "PENDING", "Manual Retry", "pending"},
		{message.Message{Status: message.Sending}, "PROCESSING", "Scheduled", "sending"},
		{message.Message{Status: message.Sending, RetryCount: 2}, "PROCESSING", "Manual Retry", "sending"},
		{message.Message{Status: message.Sending, Error: slow}, "PROCESSING", "Rate Limited", "sending"},
		{message.Message{Status: message.Sending, Error: slow, RetryCount: 1}, "PROCESSING", "Rate Limited", "sending"},
		{message.Message{Status: message.RateLimited, Error: slow}, "PENDING", "Rate Limited", "pending"},
		{message.Message{Status: message.RateLimited, Error: slow, RetryCount: 1}, "PENDING", "Rate Limited", "pending"},
		{message.Message{Status: message.Sent}, "SUCCESS", "Sent", "sent"},
		{message.Message{Status: message.Sent, RetryCount: 1}, "SUCCESS", "Sent", "sent"},
		{message.Message{Status: message.Delivered}, "SUCCESS", "Sent", "delivered"},
		{message.Message{Status: message.Error}, "ERROR", "Error", "error"},
		{message.Message{Status: message.Error, RetryCount: 3}, "ERROR", "Error", "error"},
		{message.Message{Status: message.Skipped}, "ERROR", "Error", "error"},
		{message.Message{Status: message.Cancelled}, "ERROR", "Error", "error"},
		{message.Message{Status: message.Expired}, "ERROR", "Error", "error"},
	} {
		if got := c.m.State(); got != c.state {
			t.Errorf("%s: State = %q, want %q", c.m.Status, got, c.state)
		}
		if got := c.m.ConquerStatus(); got != c.conquer {
			t.Errorf("%s, %d retries: ConquerStatus = %q, want %q", c.m.Status, c.m.RetryCount, got, c.conquer)
		}
		if got := c.m.ChoraStatus(); got != c.chora {
			t.Errorf("%s: ChoraStatus = %q, want %q", c.m.Status, got, c.chora)
		}
	}
}

// Every word that a view uses is one of its source system's (TE-2, CQ-2 to CQ-6, CH-4),
// and from the words together the kind of status can be told again.
func TestViewsGoRound(t *testing.T) {
	dialects := map[string][]string{
		"state":   {"PENDING", "PROCESSING", "SUCCESS", "ERROR"},
		"conquer": {"Scheduled", "Pending Manual Send", "Rate Limited", "Sent", "Error", "Manual Retry"},
		"chora":   {"pending", "sending", "sent", "error", "delivered"},
	}
	back := map[string]string{"sent": "SUCCESS", "delivered": "SUCCESS", "error": "ERROR", "sending": "PROCESSING", "pending": "PENDING"}
	for _, status := range message.Statuses() {
		m := message.Message{Status: status}
		if status == message.Merged {
			m.Status = message.Sent // its digest's
		}
		for dialect, word := range map[string]string{"state": m.State(), "conquer": m.ConquerStatus(), "chora": m.ChoraStatus()} {
			if !slices.Contains(dialects[dialect], word) {
				t.Errorf("%s: %q is no word of %s", status, word, dialect)
			}
		}
		if back[m.ChoraStatus()] != m.State() {
			t.Errorf("%s is %s to chora and %s to Trigger Email", status, m.ChoraStatus(), m.State())
		}
	}
}

func in(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func TestDelivery(t *testing.T) {
	started, ended, lease := in(1), in(2), in(3)
	full, reason := "mailbox full", "own_action"
	envelope := message.Envelope{To: []message.Address{{Email: "a@x.test"}, {Email: "b@x.test"}, {Email: "c@x.test"}}}
	first := message.Attempt{Claim: 1, Receipt: message.Receipt{
		Accepted: []string{"a@x.test"}, Rejected: []string{"b@x.test"}, Pending: []string{"c@x.test"}, Code: 250, Response: "250 first",
	}}
	second := message.Attempt{Claim: 2, Receipt: message.Receipt{Accepted: []string{"c@x.test"}, Code: 250, Response: "250 second"}}
	cut := message.Attempt{Claim: 2, Receipt: message.Receipt{Pending: []string{"c@x.test"}, Failure: &message.Failure{Category: message.ConnectFailed}}}
	info := func(accepted, pending []string, response string) *message.DeliveryInfo {
		return &message.DeliveryInfo{MessageID: "<1@d.test>", Accepted: accepted, Rejected: []string{"b@x.test"}, Pending: pending, Response: response}
	}
	for _, c := range []struct {
		name     string
		m        message.Message
		attempts []message.Attempt
		want     message.Delivery
	}{
		{"TE-2: a new document is PENDING", message.Message{Status: message.Pending}, nil, message.Delivery{State: "PENDING"}},
		{
			"TE-4: PROCESSING has a lease",
			message.Message{Status: message.Sending, ClaimedAt: started, LeaseExpiresAt: lease, Attempts: 1},
			nil,
			message.Delivery{State: "PROCESSING", StartTime: &started, LeaseExpireTime: &lease, Attempts: 1},
		},
		{
			"TE-3: after a temporary failure the error stays and the lease goes",
			message.Message{Status: message.Pending, ClaimedAt: started, UpdatedAt: ended, LeaseExpiresAt: lease, Attempts: 1, Error: &message.Failure{Text: full}},
			nil,
			message.Delivery{State: "PENDING", StartTime: &started, Attempts: 1, Error: &full},
		},
		{
			"TE-3: ERROR has an end",
			message.Message{Status: message.Error, ClaimedAt: started, UpdatedAt: ended, Attempts: 2, Error: &message.Failure{Text: full}},
			nil,
			message.Delivery{State: "ERROR", StartTime: &started, EndTime: &ended, Attempts: 2, Error: &full},
		},
		{
			"what was never sent is ERROR with its reason",
			message.Message{Status: message.Skipped, Reason: message.OwnAction, UpdatedAt: ended},
			nil,
			message.Delivery{State: "ERROR", EndTime: &ended, Error: &reason},
		},
		{
			"TE-5: SUCCESS can coexist with rejected addresses",
			message.Message{
				ID: "msg_1", Domain: "d.test", Envelope: envelope, Status: message.Sent, ClaimedAt: started, UpdatedAt: ended, Attempts: 2,
				Reached: true, Rejected: []string{"b@x.test"},
			},
			[]message.Attempt{first, second},
			message.Delivery{State: "SUCCESS", StartTime: &started, EndTime: &ended, Attempts: 2, Info: info([]string{"a@x.test", "c@x.test"}, []string{}, "250 second")},
		},
		{
			"TE-5: info is set once one address was reached, while another waits",
			message.Message{
				ID: "msg_1", Domain: "d.test", Envelope: envelope, Status: message.Pending, ClaimedAt: started, Attempts: 1,
				Reached: true, Rejected: []string{"b@x.test"}, Remaining: []string{"c@x.test"},
			},
			[]message.Attempt{first},
			message.Delivery{State: "PENDING", StartTime: &started, Attempts: 1, Info: info([]string{"a@x.test"}, []string{"c@x.test"}, "250 first")},
		},
		{
			"TE-5: the response is the last that the server gave",
			message.Message{
				ID: "msg_1", Domain: "d.test", Envelope: envelope, Status: message.Pending, Attempts: 2,
				Reached: true, Rejected: []string{"b@x.test"}, Remaining: []string{"c@x.test"},
			},
			[]message.Attempt{first, cut},
			message.Delivery{State: "PENDING", Attempts: 2, Info: info([]string{"a@x.test"}, []string{"c@x.test"}, "250 first")},
		},
		{
			"TE-7: an address that got it twice is named once",
			message.Message{
				ID: "msg_1", Domain: "d.test", Status: message.Sent, UpdatedAt: ended, Attempts: 2, Reached: true, Rejected: []string{"b@x.test"},
			},
			[]message.Attempt{first, first},
			message.Delivery{State: "SUCCESS", EndTime: &ended, Attempts: 2, Info: info([]string{"a@x.test"}, []string{}, "250 first")},
		},
	} {
		if diff := cmp.Diff(c.want, c.m.Delivery(c.attempts)); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// The keys are Trigger Email's, and null where it has null.
func TestDeliveryJSON(t *testing.T) {
	m := message.Message{ID: "msg_1", Domain: "d.test", Status: message.Sent, UpdatedAt: noon, Reached: true, Attempts: 1}
	b, err := json.Marshal(m.Delivery([]message.Attempt{{Receipt: message.Receipt{Accepted: []string{"a@x.test"}, Response: "250 ok"}}}))
	want := `{"state":"SUCCESS","startTime":null,"endTime":"2026-03-02T12:00:00Z","error":null,"attempts":1,"leaseExpireTime":null,` +
		`"info":{"messageId":"\u003c1@d.test\u003e","accepted":["a@x.test"],"rejected":[],"pending":[],"response":"250 ok"}}`
	if err != nil || string(b) != want {
		t.Errorf("Delivery = %s, %v\nwant %s", b, err, want)
	}
}

// Do returns a moved copy: what is handed out later does not change with it.
func TestDeliveryKeepsItsOwnLists(t *testing.T) {
	m := message.Message{Status: message.Sent, Reached: true, Rejected: []string{"b@x.test"}}
	d := m.Delivery(nil)
	d.Info.Rejected[0] = "changed"
	if m.Rejected[0] != "b@x.test" {
		t.Errorf("writing into the record changed the message to %v", m.Rejected)
	}
}
