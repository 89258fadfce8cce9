package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	// eight is when the digests of these tests are due.
	eight = time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
)

// direct is a message that waits to be sent.
func direct(n int) message.Message {
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Domain: "example.org",
		Envelope: message.Envelope{To: []message.Address{{Email: fmt.Sprintf("a%d@example.org", n)}}},
		Subject:  "Hello", Text: "It works", CreatedAt: noon, UpdatedAt: noon, QueuedAt: noon, DueAt: noon,
		Status: message.Pending, Reason: message.BySender,
	}
}

// deferred is a message that waits for the digest of the user u<n>.
func deferred(n int) message.Message {
	user := fmt.Sprintf("u%d", n)
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Single, Kind: message.CaseChanged, Domain: "example.org",
		UserID: user, Envelope: message.Envelope{To: []message.Address{{Email: user + "@example.org", Name: user}}}, Timezone: "UTC", Language: "en",
		Case: message.Case{ID: "C-1", Title: "Lease"}, Summary: "Comment added", OccurredAt: noon, Setting: "daily 08:00",
		CreatedAt: noon, UpdatedAt: noon, DueAt: eight, Status: message.Deferred, Reason: message.ByPreference + "daily",
	}
}

func user(id string) preferences.User {
	return preferences.User{ID: id, Email: id + "@example.org", Name: id, Timezone: "UTC", Language: "en"}
}

func save(t testing.TB, s *store.Store, id string) {
	t.Helper()
	if err := s.SaveUser(context.Background(), request.Call{Site: site, At: noon}, user(id), same); err != nil {
		t.Fatal(err)
	}
}

func same(m message.Message) message.Message { return m }

// closing is what UserNotifications decides, with a digest that says nothing.
func closing(items []message.Message) message.Closing {
	switch {
	case len(items[0].To) == 0:
		return message.Closing{Move: message.Skip}
	case len(items) == 1:
		return message.Closing{Move: message.Promote}
	}
	m := items[0]
	return message.Closing{Move: message.Merge, Digest: message.Message{
		ID: message.NewID(message.DigestIDs), Site: m.Site, Type: message.Digest, UserID: m.UserID, Envelope: m.Envelope, Domain: m.Domain,
		Timezone: m.Timezone, Language: m.Language, Subject: fmt.Sprintf("%d notifications", len(items)), Text: "…",
		CreatedAt: eight, UpdatedAt: eight, QueuedAt: eight, DueAt: eight, Status: message.Pending,
	}}
}

// accepted is the outcome of a claim whose mail the relay took.
func accepted(m message.Message) message.Outcome {
	return message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, Move: message.Accept, At: noon, Reached: true,
		Attempt: &message.Attempt{Claim: m.Claim, Replica: "r1", Receipt: message.Receipt{
			StartedAt: noon, EndedAt: noon, Account: "main", Server: "127.0.0.1:25", Tried: true, Code: 250, Response: "250 ok", Accepted: m.Everyone(),
		}},
	}
}
