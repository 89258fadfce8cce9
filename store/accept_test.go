package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func count(t *testing.T, s *store.Store) int {
	t.Helper()
	ms, err := s.Messages(t.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	return len(ms)
}

func TestATrayIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		taken := direct(1)
		accept(t, s, taken)
		for name, tray := range map[string]request.Tray{
			"an id that is taken, among few":  {Messages: []message.Message{direct(2), taken}},
			"an id that is taken, among many": {Messages: []message.Message{direct(2), direct(3), deferred(1), direct(4), direct(5), taken, direct(6)}},
			"a user who has changed":          {Messages: []message.Message{direct(2), deferred(1)}, Seen: map[string]int{"u1": 7}},
			"a user who is gone":              {Messages: []message.Message{direct(2)}, Seen: map[string]int{"nobody": 1}},
		} {
			tray.Site, tray.Key = site, &request.Key{Key: name, Hash: "h", Answer: []byte("{}")}
			if _, err := s.Accept(t.Context(), noon, tray); err == nil {
				t.Errorf("%s: it was taken", name)
			}
			if n := count(t, s); n != 1 {
				t.Errorf("%s: %d messages are kept, want 1", name, n)
			}
			if at, err := s.NextWindow(t.Context(), site); err != nil || !at.IsZero() {
				t.Errorf("%s: a window is open, due %v, %v", name, at, err)
			}
			// The key was not remembered, either.
			tray = request.Tray{Site: site, Key: tray.Key}
			if answer, err := s.Accept(t.Context(), noon, tray); err != nil || answer != nil {
				t.Errorf("%s: the key is remembered: %s, %v", name, answer, err)
			}
		}
	})
}

func TestAKeyMakesARequestSafeToRepeat(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		tray := func(hash, answer string) request.Tray {
			return request.Tray{Site: site, Messages: []message.Message{direct(1)}, Key: &request.Key{Key: "k", Hash: hash, Answer: []byte(answer)}}
		}
		if answer, err := s.Accept(t.Context(), noon, tray("h", "first")); err != nil || answer != nil {
			t.Fatalf("Accept = %s, %v", answer, err)
		}
		if answer, err := s.Accept(t.Context(), noon, tray("h", "second")); err != nil || string(answer) != "first" {
			t.Errorf("again: %s, %v; want the first answer", answer, err)
		}
		if _, err := s.Accept(t.Context(), noon, tray("other", "third")); !errors.Is(err, request.ErrKeyReused) {
			t.Errorf("with another request: %v, want ErrKeyReused", err)
		}
		other := tray("other", "there")
		other.Site = "other"
		other.Messages[0].Site = "other"
		if answer, err := s.Accept(t.Context(), noon, other); err != nil || answer != nil {
			t.Errorf("of another site: %s, %v", answer, err)
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		if n, err := s.ForgetKeys(t.Context(), site, 10, noon); err != nil || n != 0 {
			t.Errorf("ForgetKeys = %d, %v before its time", n, err)
		}
		if n, err := s.ForgetKeys(t.Context(), site, 10, noon.Add(1000)); err != nil || n != 1 {
			t.Errorf("ForgetKeys = %d, %v; want 1", n, err)
		}
		if answer, err := s.Accept(t.Context(), noon, tray("other", "fourth")); err != nil || answer != nil {
			t.Errorf("after it was forgotten: %s, %v", answer, err)
		}
	})
}

func TestCallersWithOneKeyAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		var callers sync.WaitGroup
		answers := make([]string, 16)
		for i := range answers {
			callers.Go(func() {
				mine := fmt.Sprintf("answer %d", i)
				answer, err := s.Accept(t.Context(), noon, request.Tray{
					Site: site, Messages: []message.Message{direct(i)}, Key: &request.Key{Key: "k", Hash: "h", Answer: []byte(mine)},
				})
				if answers[i] = string(answer); answer == nil {
					answers[i] = mine
				}
				if err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			})
		}
		callers.Wait()
		for i, a := range answers {
			if a != answers[0] {
				t.Errorf("caller %d was told %q, the first %q", i, a, answers[0])
			}
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
}

func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		for i := range 5 {
			save(t, s, fmt.Sprintf("u%d", i))
		}
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for i := range 20 {
					tray := request.Tray{Site: site, Messages: []message.Message{direct(i), deferred(i % 5), deferred((i + 3) % 5)}}
					if _, err := s.Accept(t.Context(), noon, tray); err != nil {
						t.Error(err)
					}
				}
			})
		}
		callers.Wait()
		if n := count(t, s); n != 8*20*3 {
			t.Errorf("%d messages, want %d", n, 8*20*3)
		}
	})
}

func TestALargeTray(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		var all []message.Message
		for i := range 2000 {
			all = append(all, direct(i), deferred(i))
		}
		accept(t, s, all...)
		if n := count(t, s); n != 4000 {
			t.Errorf("%d messages, want 4000", n)
		}
	})
}

// AMODIT-21: an event that names another stage or owner ends the deadlines of its case.
func TestATrayThatMovesTheCaseEndsItsDeadlines(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		at := message.Case{ID: "C-1", Stage: "signature", Owner: "anna"}
		for name, row := range map[string]struct {
			of    message.Case
			ended bool
		}{
			"another stage": {message.Case{ID: "C-1", Stage: "review"}, true},
			"another owner": {message.Case{ID: "C-1", Owner: "ben"}, true},
			"the same":      {at, false},
			"none named":    {message.Case{ID: "C-1"}, false},
			"another case":  {message.Case{ID: "C-2", Stage: "review"}, false},
		} {
			d := deadlines.Deadline{Key: "D", Case: row.of, Users: []string{"u1"}, SetAt: noon, FiredAt: noon, NextAt: eight, Terms: deadlines.Terms{DueAt: eight}}
			if _, _, err := s.SaveDeadline(t.Context(), request.Call{Site: site, At: noon.Add(-1)}, nil, d); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Case: at}); err != nil {
				t.Fatal(err)
			}
			if d, err := s.Deadline(t.Context(), site, "D"); err != nil || d.ClearedAt.IsZero() == row.ended {
				t.Errorf("%s: ended at %v, %v; want %t", name, d.ClearedAt, err, row.ended)
			}
		}
	})
}
