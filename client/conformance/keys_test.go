package conformance_test

import (
	"errors"
	"testing"
	"time"

	"notifier/client"
)

// A step of a workflow that runs again, however late, changes nothing a second time.
func TestStepsThatRunAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	if err := s.SetUser(ctx, client.User{ID: "anna", Email: "anna@example.org"}); err != nil {
		t.Fatal(err)
	}
	d := client.Deadline{Key: "A-1", Users: []string{"anna"}, Terms: client.Terms{DueAt: time.Now().Add(30 * time.Hour).UTC()}}
	set, err := s.SetDeadline(ctx, d, "case/A-1/step-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ClearDeadline(ctx, "A-1"); err != nil {
		t.Fatal(err)
	}
	again, err := s.SetDeadline(ctx, d, "case/A-1/step-1")
	if err != nil || !again.SetAt.Equal(set.SetAt) || again.Sequence != set.Sequence {
		t.Errorf("set again: %+v, %v, want %+v", again, err, set)
	}
	if now, err := s.Deadline(ctx, "A-1"); err != nil || now.ClearedAt.IsZero() {
		t.Errorf("a late repetition has set the deadline that was met: %+v, %v", now, err)
	}
	d.DueAt = d.DueAt.Add(time.Hour)
	if _, err := s.SetDeadline(ctx, d, "case/A-1/step-1"); !errors.Is(err, client.ErrKeyReused) {
		t.Errorf("another deadline with the key: %v", err)
	}
	taken, err := s.SendMessage(ctx, client.Draft{To: []client.Recipient{client.ParseRecipient("anna")}, Subject: "x", Text: "y", SendAt: new(time.Now().Add(time.Hour))}, client.Once)
	if err != nil {
		t.Fatal(err)
	}
	id := taken.Messages[0].ID
	for _, step := range []struct {
		name string
		do   func() (client.Message, error)
	}{
		{"hold", func() (client.Message, error) { return s.Hold(ctx, id, "hold") }},
		{"hold again", func() (client.Message, error) { return s.Hold(ctx, id, "hold") }},
		{"release", func() (client.Message, error) { return s.Release(ctx, id, "release") }},
		{"release again", func() (client.Message, error) { return s.Release(ctx, id, "release") }},
	} {
		if _, err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if m, err := s.Message(ctx, id); err != nil || m.Status != client.Scheduled {
		t.Errorf("after hold and release it is %s, %v, want scheduled as before", m.Status, err)
	}
	if sent, err := s.SendDigest(ctx, "anna", "digest"); err != nil || sent.Messages != 0 {
		t.Errorf("SendDigest = %+v, %v, though nothing waits", sent, err)
	}
}
