package webhook_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/webhook"
)

// TestABodyIsShort: less than 20 kB, whatever the message holds (Standard Webhooks, "Payload size").
func TestABodyIsShort(t *testing.T) {
	long := func(n int) string { return strings.Repeat("\U0001F600", n) }
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Type: message.Digest, Subject: long(250), Reference: long(200), UserID: long(200), Domain: "example.org",
		Case: message.Case{ID: long(200), Title: long(200), URL: strings.Repeat("u", 2000), Stage: long(200), Owner: long(200)},
	}
	m.Tags = map[string]string{}
	for i := range 20 {
		m.Tags[fmt.Sprint(i)] = strings.Repeat("t", 100)
	}
	items := make([]message.ID, 10000)
	for i := range items {
		items[i] = message.NewID(message.MessageIDs)
	}
	c := webhook.Callback{Status: message.Error, At: time.Now(), Error: &message.Failure{Category: message.Unknown, Text: long(5000), Code: strings.Repeat("5", 255)}}
	for _, n := range []webhook.Naming{webhook.Standard, webhook.Conquer} {
		body, err := c.Body(n, m, items)
		if err != nil || len(body) >= 20_000 || !json.Valid(body) {
			t.Errorf("%s: a body of %d bytes, %v", n, len(body), err)
		}
	}
}

func TestEveryEventHasItsName(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range message.Statuses() {
		if !webhook.Tells(s) {
			continue
		}
		for _, kind := range []message.Type{message.Direct, message.Digest, message.Reminder} {
			for _, r := range []message.Reason{"", message.AskedAgain} {
				event := webhook.Callback{Status: s, Reason: r}.Event(kind)
				if !slices.Contains(webhook.Events, event) {
					t.Errorf("%s of a %s is %q, which nobody can ask for", s, kind, event)
				}
				if e := (webhook.Endpoint{Events: []string{event}}); !e.Wants(s, r) {
					t.Errorf("whoever wants %s is not told", event)
				}
				seen[event] = true
			}
		}
	}
	for _, event := range webhook.Events {
		if !seen[event] {
			t.Errorf("%s never happens", event)
		}
	}
}
