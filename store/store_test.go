package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func direct(n int) message.Message {
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Direct, Domain: "example.org",
		Envelope: message.Envelope{To: []message.Address{{Email: fmt.Sprintf("a%d@example.org", n)}}},
		Subject:  "Hello", Text: "It works", CreatedAt: noon, UpdatedAt: noon, QueuedAt: noon, DueAt: noon,
		Status: message.Pending, Reason: message.BySender,
	}
}

func TestSmoke(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		var ms []message.Message
		for i := range 20 {
			ms = append(ms, direct(i))
		}
		if _, err := s.Accept(ctx, noon, message.Tray{Site: "default", Messages: ms}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Claim(ctx, "default", 10, noon, noon.Add(time.Minute))
		if err != nil || len(got) != 10 {
			t.Fatalf("Claim = %d messages, %v", len(got), err)
		}
		o := message.Outcome{
			Site: "default", ID: got[0].ID, Claim: got[0].Claim, Move: message.Accept, At: noon, Reached: true,
			Attempt: &message.Attempt{Claim: 1, Replica: "r", Receipt: message.Receipt{StartedAt: noon, EndedAt: noon, Tried: true, Code: 250, Response: "250 ok", Accepted: []string{"a"}}},
		}
		n, err := s.Settle(ctx, []message.Outcome{o})
		if err != nil || n != 1 {
			t.Fatalf("Settle = %d, %v", n, err)
		}
	})
}
