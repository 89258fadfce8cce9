package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// told lists what was decided of a message, with who did.
func told(t *testing.T, s *store.Store, m message.Message) (all []string) {
	t.Helper()
	decisions, err := s.Decisions(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range decisions {
		if d.Message != m.ID || d.ID == "" || d.At.IsZero() {
			t.Errorf("a decision about %s is %+v", m.ID, d)
		}
		all = append(all, fmt.Sprint(d.What, " by ", d.By, " ", d.Details))
	}
	return all
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestDecisionsAreKeptWithWhoTookThem(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		m := direct(1)
		accept(t, s, m)
		want(t, "a plain message", told(t, s, m))
		gone, err := m.Do(message.Cancel, noon)
		if err != nil {
			t.Fatal(err)
		}
		why := message.Decided{Message: m.ID, At: noon, What: message.DidCancel, By: "ola", Details: map[string]string{"note": "a\x1f„b”"}}
		if err := s.Replace(t.Context(), m, gone, why); err != nil {
			t.Fatal(err)
		}
		if err := s.Replace(t.Context(), m, gone, why); err == nil {
			t.Error("the same move was made twice")
		}
		want(t, "a cancelled message", told(t, s, m), "cancelled by ola map[note:a\x1f„b”]")

		save(t, s, "u2")
		waits := deferred(2)
		accept(t, s, waits)
		u := user("u2")
		u.Version = 1
		later := func(m message.Message) message.Message {
			m.DueAt, m.Setting = eight.Add(time.Hour), "daily 09:00"
			return m
		}
		if err := s.SaveUser(t.Context(), request.Call{Site: site, At: noon, By: "anna"}, u, later); err != nil {
			t.Fatal(err)
		}
		want(t, "a deferred message", told(t, s, waits), "rescheduled by anna map[due:2026-03-03T09:00:00Z due_before:2026-03-03T08:00:00Z setting:daily 09:00 setting_before:daily 08:00]")
	})
}

func TestRemindersTellWhyTheyWereWithdrawn(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		call := request.Call{Site: site, At: noon, By: "engine"}
		set := func(due time.Time) deadlines.Deadline {
			d, _, err := s.SaveDeadline(t.Context(), call, nil, deadlines.Deadline{
				Key: "C-1", Case: message.Case{ID: "C-1", Stage: "1"}, Users: []string{"u1"}, SetAt: noon, FiredAt: noon, NextAt: due, Terms: deadlines.Terms{DueAt: due},
			})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		remind := func(d deadlines.Deadline) message.Message {
			m := direct(1)
			m.Type, m.Kind, m.Reference, m.Reason = message.Reminder, message.Deadline, "C-1", message.ByDeadline
			if err := s.Remind(t.Context(), site, d, stepped(d, noon, time.Time{}), []message.Message{m}); err != nil {
				t.Fatal(err)
			}
			return m
		}
		moved := remind(set(noon))
		met := remind(set(eight))
		want(t, "moved", told(t, s, moved), "deadline_moved by engine map[deadline_due:2026-03-03T08:00:00Z]")
		for range 2 {
			if err := s.ClearDeadline(t.Context(), call, "C-1"); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "met", told(t, s, met), "deadline_cleared by engine map[]")
		left := remind(set(eight))
		if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, By: "jan", Case: message.Case{ID: "C-1", Stage: "2"}}); err != nil {
			t.Fatal(err)
		}
		want(t, "the case moved on", told(t, s, left), "case_moved_on by jan map[]")
		all, err := s.ChangesOf(t.Context(), site, message.OfDeadline+"C-1", 10)
		if err != nil {
			t.Fatal(err)
		}
		var what []string
		for _, c := range all {
			what = append(what, string(c.What)+" by "+c.By)
		}
		want(t, "changes", what, "clear_deadline by jan", "set_deadline by engine", "clear_deadline by engine", "set_deadline by engine", "set_deadline by engine")
	})
}

func TestChangesAreKeptInOrder(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		call := request.Call{Site: site, At: noon, By: "ola"}
		u := user("anna")
		for u.Version = range 3 {
			u.Preferences.Frequencies = map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Frequencies()[u.Version]}
			if err := s.SaveUser(t.Context(), call, u, same); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SaveUser(t.Context(), call, u, same); err == nil {
			t.Error("an old version was saved")
		}
		if err := s.SaveProcess(t.Context(), call, preferences.Process{ID: "lease", Muted: []message.Kind{message.CaseReceived}}); err != nil {
			t.Fatal(err)
		}
		all, err := s.Changes(t.Context(), site, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range all {
			var content struct{ Preferences map[string]string }
			if err := json.Unmarshal(c.Content, &content); err != nil || c.By != "ola" || !c.At.Equal(noon) {
				t.Errorf("a change is %+v, %v", c, err)
			}
			got = append(got, fmt.Sprint(c.Subject, " ", content.Preferences))
		}
		want(t, "changes", got, "user:anna map[case_changed:immediately]", "user:anna map[case_changed:hourly]", "user:anna map[case_changed:daily]", "process:lease map[]")

		forgotten, err := s.ForgetChanges(t.Context(), site, 100, time.Now().Add(time.Hour))
		rest, unread := s.Changes(t.Context(), site, "", 100)
		if err != nil || unread != nil || forgotten != 2 || len(rest) != 2 || rest[0].ID != all[2].ID {
			t.Errorf("ForgetChanges = %d, %v; %d are left, want the last of each subject: %v", forgotten, err, len(rest), unread)
		}
		if page, err := s.Changes(t.Context(), site, rest[0].ID, 1); err != nil || len(page) != 1 || page[0].ID != rest[1].ID {
			t.Errorf("the page after the first is %+v, %v", page, err)
		}
	})
}
