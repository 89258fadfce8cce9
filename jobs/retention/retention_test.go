package retention_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/retention"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// skip puts a message on a site that came to its end at a time.
func skip(t *testing.T, s *store.Store, site string, at time.Time) message.ID {
	t.Helper()
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	m := message.Message{
		ID: message.Earliest(message.MessageIDs, at), Site: site, Type: message.Direct, Subject: "x", Text: "y", Domain: "example.org",
		CreatedAt: at, UpdatedAt: at, Status: message.Skipped, Reason: message.NoAddress,
	}
	if _, err := s.Accept(t.Context(), at, request.Tray{Site: site, Messages: []message.Message{m}}); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// isThere tells whether a message is still kept.
func isThere(t *testing.T, s *store.Store, site string, id message.ID) bool {
	t.Helper()
	_, err := s.Message(t.Context(), site, id)
	if err != nil && !errors.Is(err, message.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// TestASiteKeepsItsMessagesAsLongAsItSays: TE-16, by age and by site.
func TestASiteKeepsItsMessagesAsLongAsItSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keeps := map[string]time.Duration{"default": 30 * day, "acme": 90 * day} // and "ever" for ever
		job := retention.New(s, retention.Options{Keeps: func(site string) time.Duration { return keeps[site] }, From: store.PurgeFrom}, zap.NewNop())
		sent := map[string]message.ID{}
		for _, site := range []string{"default", "acme", "ever"} {
			sent[site] = skip(t, s, site, noon)
		}
		for _, row := range []struct {
			days          int
			default_, own bool
		}{{29, true, true}, {31, false, true}, {89, false, true}, {91, false, false}} {
			if _, err := job.Run(t.Context(), noon.Add(time.Duration(row.days)*day)); err != nil {
				t.Fatal(err)
			}
			if got := isThere(t, s, "default", sent["default"]); got != row.default_ {
				t.Errorf("after %d days: default keeps its message: %t, want %t", row.days, got, row.default_)
			}
			if got := isThere(t, s, "acme", sent["acme"]); got != row.own {
				t.Errorf("after %d days: acme keeps its message: %t, want %t", row.days, got, row.own)
			}
			if !isThere(t, s, "ever", sent["ever"]) {
				t.Errorf("after %d days: a site that keeps all for ever has lost a message", row.days)
			}
		}
	})
}

// TestOneReplicaAnHourPurges: of two replicas, the second in an hour leaves the messages to the first.
func TestOneReplicaAnHourPurges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := retention.Options{Keeps: func(string) time.Duration { return 30 * day }, From: store.PurgeFrom}
		first, second := retention.New(s, o, zap.NewNop()), retention.New(s, o, zap.NewNop())
		at := noon.Add(31*day - time.Minute/2)
		id := skip(t, s, "default", noon)
		if _, err := first.Run(t.Context(), noon.Add(day)); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Run(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		late := skip(t, s, "default", noon.Add(time.Second))
		if isThere(t, s, "default", id) {
			t.Error("a message of 30 days and more is kept")
		}
		if _, err := second.Run(t.Context(), at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if !isThere(t, s, "default", late) {
			t.Error("the second replica purged within the hour of the first")
		}
		if _, err := second.Run(t.Context(), at.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if isThere(t, s, "default", late) {
			t.Error("nobody purged in the next hour")
		}
	})
}
