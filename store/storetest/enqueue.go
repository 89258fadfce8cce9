package storetest

import (
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
)

// Enqueue puts n messages into the queue of the database at that address.
func Enqueue(t *testing.T, url string, n int) []message.Message {
	t.Helper()
	s := Open(t, url)
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := s.AddSite(t.Context(), "default", "UTC", now); err != nil {
		t.Fatal(err)
	}
	var all []message.Message
	for i := range n {
		all = append(all, message.Message{
			ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Direct, Domain: "example.org",
			Envelope: message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.net", i)}}},
			Subject:  fmt.Sprintf("Message %d", i), Text: "A text.", CreatedAt: now, UpdatedAt: now, QueuedAt: now, DueAt: now,
			Status: message.Pending, Reason: message.BySender,
		})
	}
	if _, err := s.Accept(t.Context(), now, request.Tray{Site: "default", Messages: all}); err != nil {
		t.Fatal(err)
	}
	return all
}
