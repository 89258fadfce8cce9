package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// promote closes what is due and wants so many users looked at.
func promote(t *testing.T, s *store.Store, at time.Time, users int) {
	t.Helper()
	if n, err := s.Promote(t.Context(), site, at, 100, closing); err != nil || n != users {
		t.Errorf("Promote = %d, %v; want %d users", n, err, users)
	}
}

// statuses says how many messages have each status.
func statuses(t *testing.T, s *store.Store) string {
	t.Helper()
	ms, err := s.Messages(t.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[message.Status]int{}
	for _, m := range ms {
		counts[m.Status]++
	}
	return fmt.Sprint(counts)
}

func TestMessagesOfOneUserAndInstantShareAWindow(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		save(t, s, "u2")
		later := deferred(1)
		later.DueAt = eight.Add(time.Hour)
		ms := []message.Message{deferred(1), deferred(1), deferred(2), later}
		accept(t, s, ms[0])
		accept(t, s, ms[1:]...)
		window := func(i int) message.ID { return read(t, s, ms[i].ID).Window }
		if window(0) != window(1) || window(0) == window(2) || window(0) == window(3) {
			t.Errorf("windows %s, %s, %s, %s", window(0), window(1), window(2), window(3))
		}
		promote(t, s, eight.Add(-time.Microsecond), 0)
		promote(t, s, eight, 2)
		promote(t, s, eight, 0)
		if got := statuses(t, s); got != "map[deferred:1 merged:2 pending:2]" {
			t.Errorf("after it: %s", got)
		}
		// What comes for an instant that has passed waits in a window of its own.
		accept(t, s, deferred(1))
		promote(t, s, eight, 1)
		if got := statuses(t, s); got != "map[deferred:1 merged:2 pending:3]" {
			t.Errorf("after another: %s", got)
		}
	})
}

func cancel(t *testing.T, s *store.Store, id message.ID) {
	t.Helper()
	m := read(t, s, id)
	gone, err := m.Do(message.Cancel, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), m, gone); err != nil {
		t.Fatal(err)
	}
}

func TestWhatLeftTheWindowIsNotMerged(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		ms := []message.Message{deferred(1), deferred(1), deferred(1)}
		accept(t, s, ms...)
		cancel(t, s, ms[0].ID)
		cancel(t, s, ms[1].ID)
		promote(t, s, eight, 1)
		if got := statuses(t, s); got != "map[cancelled:2 pending:1]" {
			t.Errorf("after it: %s", got)
		}
		// All of it left: the window closes without a mail.
		last := deferred(1)
		accept(t, s, last)
		cancel(t, s, last.ID)
		promote(t, s, eight, 1)
		if got := statuses(t, s); got != "map[cancelled:3 pending:1]" {
			t.Errorf("after an empty one: %s", got)
		}
		if at, err := s.NextWindow(t.Context(), site); err != nil || !at.IsZero() {
			t.Errorf("a window is still open: %v, %v", at, err)
		}
	})
}

func TestAMergedMessageCannotBeCancelled(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		accept(t, s, deferred(1), deferred(1))
		ms, err := s.Messages(t.Context(), site, message.Filter{Status: message.Deferred})
		if err != nil || len(ms) != 2 {
			t.Fatal(len(ms), err)
		}
		gone, err := ms[0].Do(message.Cancel, noon)
		if err != nil {
			t.Fatal(err)
		}
		promote(t, s, eight, 1)
		if err := s.Replace(t.Context(), ms[0], gone); !errors.Is(err, message.ErrMoved) {
			t.Errorf("Replace = %v, want ErrMoved", err)
		}
		if got := statuses(t, s); got != "map[merged:2 pending:1]" {
			t.Errorf("after it: %s", got)
		}
	})
}

func TestTheAddressIsThatOfNow(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		m := deferred(1)
		accept(t, s, m)
		moved := user("u1")
		moved.Email, moved.Name, moved.Version = "new@example.org", "Anna", 1
		if err := s.SaveUser(t.Context(), request.Call{Site: site, At: noon}, moved, same); err != nil {
			t.Fatal(err)
		}
		promote(t, s, eight, 1)
		if got := read(t, s, m.ID); got.Recipients() != "new@example.org" || got.To[0].Name != "Anna" {
			t.Errorf("it goes to %+v", got.To)
		}
	})
}

func TestAChangedUserIsSavedOnceAndMovesWhatWaits(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		m := deferred(1)
		accept(t, s, m)
		u := user("u1")
		u.Version = 1
		sooner := func(m message.Message) message.Message {
			m.DueAt, m.Setting, m.Reason = noon.Add(time.Hour), "hourly", message.ByPreference+"hourly"
			return m
		}
		if err := s.SaveUser(t.Context(), request.Call{Site: site, At: noon}, u, sooner); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveUser(t.Context(), request.Call{Site: site, At: noon}, u, same); !errors.Is(err, message.ErrMoved) {
			t.Errorf("with the version before: %v, want ErrMoved", err)
		}
		if err := s.SaveUser(t.Context(), request.Call{Site: site, At: noon}, user("u1"), same); !errors.Is(err, message.ErrMoved) {
			t.Errorf("as a new user: %v, want ErrMoved", err)
		}
		got := read(t, s, m.ID)
		if !got.DueAt.Equal(noon.Add(time.Hour)) || got.Setting != "hourly" || got.Reason != message.ByPreference+"hourly" {
			t.Errorf("due %v, %s because of %s", got.DueAt, got.Setting, got.Reason)
		}
		promote(t, s, noon.Add(time.Hour), 1)
	})
}

// Promotion on several replicas, intake and changes of preferences, all at once: each
// message ends in one mail.
func TestWindowsUnderFire(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		const users, rounds = 6, 15
		for i := range users {
			save(t, s, fmt.Sprintf("u%d", i))
		}
		ctx := t.Context()
		var all, busy sync.WaitGroup
		over := make(chan struct{})
		busy.Go(func() {
			for range rounds {
				for i := range users {
					accept(t, s, deferred(i), deferred(i))
				}
			}
		})
		busy.Go(func() {
			for r := range rounds {
				for i := range users {
					move(t, s, fmt.Sprintf("u%d", i), eight.Add(time.Duration(r%3-1)*time.Hour))
				}
			}
		})
		for range 3 {
			all.Go(func() {
				for {
					if _, err := s.Promote(ctx, site, eight.Add(time.Hour), 4, closing); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-over:
						return
					default:
					}
				}
			})
		}
		busy.Wait()
		close(over)
		all.Wait()
		for range users {
			if _, err := s.Promote(ctx, site, eight.Add(time.Hour), 100, closing); err != nil {
				t.Fatal(err)
			}
		}
		wantOneMailEach(t, s, users*rounds*2)
	})
}

// move changes when everything that waits for the user is due, as a change of preferences
// does.
func move(t *testing.T, s *store.Store, id string, due time.Time) {
	t.Helper()
	for {
		users, err := s.Users(t.Context(), site, []string{id})
		if err != nil {
			t.Error(err)
			return
		}
		u := users[id]
		err = s.SaveUser(t.Context(), request.Call{Site: site, At: noon}, u, func(m message.Message) message.Message {
			m.DueAt = due
			return m
		})
		if err == nil {
			return
		}
		if !errors.Is(err, message.ErrMoved) {
			t.Error(err)
			return
		}
	}
}

func wantOneMailEach(t *testing.T, s *store.Store, n int) {
	t.Helper()
	ms, err := s.Messages(t.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	items, in := 0, map[message.ID]int{}
	for _, m := range ms {
		switch {
		case m.Type == message.Digest:
		case m.Status == message.Merged:
			items++
			in[m.Digest]++
		case m.Status == message.Pending:
			items++
		default:
			t.Errorf("%s is %s, due %v", m.ID, m.Status, m.DueAt)
		}
	}
	if items != n {
		t.Errorf("%d messages, want %d", items, n)
	}
	for _, m := range ms {
		if m.Type == message.Digest && in[m.ID] < 2 {
			t.Errorf("a digest of %d messages", in[m.ID])
		}
	}
}
