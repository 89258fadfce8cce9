package intake_test

import (
	"maps"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
)

// TestRetryOfManyLeavesAlone is L3 and RULES 5: a cron line must not write to dead addresses for ever.
func TestRetryOfManyLeavesAlone(t *testing.T) {
	each(t, func(h *house) {
		steps := func(what string, when time.Time, k request.Many, retried int, left map[request.LeftAlone]int) {
			h.Helper()
			got, _, err := h.RetryAll(ctx, at(when), k)
			if err != nil || got.Retried != retried || !maps.Equal(got.LeftAlone, left) {
				h.Errorf("retry of many, %s: %+v, %v; want %d and %v", what, got, err, retried, left)
			}
		}
		h.send(noon, to("gone@example.net"))
		h.failed(noon, message.AddressUnknown)
		h.send(noon, to("full@example.net"))
		h.send(noon, to("stop@example.net"))
		h.failed(noon, message.MailboxFull)
		if _, err := h.Suppress(ctx, at(noon), message.Suppression{Address: "STOP@example.net"}); err != nil {
			h.Fatal(err)
		}
		steps("the first", noon, request.Many{}, 1, map[request.LeftAlone]int{request.LeftUnknown: 1, request.LeftSuppressed: 1})
		h.failed(noon, message.MailboxFull)
		steps("within the hour", noon.Add(59*time.Minute), request.Many{}, 0, map[request.LeftAlone]int{request.LeftUnknown: 1, request.LeftSuppressed: 1, request.LeftRecent: 1})
		steps("by name", noon.Add(59*time.Minute), request.Many{Category: message.AddressUnknown}, 1, nil)
		h.failed(noon.Add(59*time.Minute), message.AddressUnknown)
		steps("after an hour", noon.Add(time.Hour), request.Many{}, 1, map[request.LeftAlone]int{request.LeftUnknown: 1, request.LeftSuppressed: 1})
		h.failed(noon.Add(time.Hour), message.MailboxFull)
		steps("an hour after the second", noon.Add(2*time.Hour), request.Many{All: true}, 1, map[request.LeftAlone]int{request.LeftSuppressed: 1, request.LeftRecent: 1})
	})
}

// One address of several that is suppressed keeps the others from nothing; a person's retry of
// one message is for whatever it is.
func TestRetryOfManyInPart(t *testing.T) {
	each(t, func(h *house) {
		both := to("full@example.net", "stop@example.net")
		both.OneMail = true
		id := h.send(noon, both)[0].ID
		h.failed(noon, message.MailboxFull)
		if _, err := h.Suppress(ctx, at(noon), message.Suppression{Address: "stop@example.net"}); err != nil {
			h.Fatal(err)
		}
		got, _, err := h.RetryAll(ctx, at(noon), request.Many{})
		if m := h.kept(id); err != nil || got.Retried != 1 || m.Status != message.Pending || !m.LiftedAt.IsZero() {
			h.Errorf("%+v, %v, and it is %s; want it retried for the other address", got, err, m.Status)
		}
		h.failed(noon, message.AddressUnknown)
		if m, _, err := h.Retry(ctx, at(noon.Add(time.Minute)), id, false); err != nil || m.Status != message.Pending || m.LiftedAt.IsZero() {
			h.Errorf("alone it is %s, %v; want it pending, whatever is suppressed", m.Status, err)
		}
	})
}

// What a retry of many waits for doubles, from an hour to a day.
func TestRetryOfManyDoubles(t *testing.T) {
	for n, hours := range []int{1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 24, 7: 24, 100: 24} {
		if n == 0 || hours == 0 {
			continue
		}
		m := message.Message{Status: message.Error, RetryCount: n, RetriedAt: noon}
		next := noon.Add(time.Duration(hours) * time.Hour)
		if early, then := (request.Many{All: true}).Leaves(m, nil, next.Add(-time.Second)), (request.Many{All: true}).Leaves(m, nil, next); early != request.LeftRecent || then != "" {
			t.Errorf("after %d retries: %q a second before %d hours, %q then", n, early, hours, then)
		}
	}
}
