package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// O2: what is due is asked once: a site that has nothing due is no row of the answer, and no
// statement. One site's many are one row, as another's one is.
func TestDueOnAllSites(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		accept := func(site string, n int, change func(*message.Message)) {
			t.Helper()
			var all []message.Message
			for i := range n {
				m := direct(i)
				m.Site = site
				change(&m)
				all = append(all, m)
			}
			if err := s.AddSite(ctx, site, "UTC", noon); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Accept(ctx, noon, request.Tray{Site: site, Messages: all}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 30 {
			if err := s.AddSite(ctx, fmt.Sprintf("idle-%d", i), "UTC", noon); err != nil {
				t.Fatal(err)
			}
		}
		accept("many", 50, func(*message.Message) {})
		accept("one", 1, func(m *message.Message) { m.Account, m.Priority = "other", message.High })
		accept("later", 1, func(m *message.Message) {
			m.Status, m.DueAt, m.QueuedAt = message.Scheduled, noon.Add(time.Hour), time.Time{}
		})
		accept("expiring", 1, func(m *message.Message) {
			m.Status, m.DueAt, m.QueuedAt, m.ExpiresAt = message.PendingManual, time.Time{}, time.Time{}, noon.Add(time.Minute)
		})

		lanes, err := s.DueLanes(ctx, noon)
		var got []string
		for _, l := range lanes {
			got = append(got, fmt.Sprint(l.Site, "/", l.Account, "/", l.Priority, l.DueAt.Equal(noon)))
		}
		slices.Sort(got)
		want := []string{fmt.Sprint("many//", direct(0).Priority, true), fmt.Sprint("one/other/", message.High, true)}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("DueLanes = %q, %v; want %q", got, err, want)
		}
		if sites, err := s.ExpiringSites(ctx, noon); err != nil || len(sites) != 0 {
			t.Errorf("before it expires: %q, %v", sites, err)
		}
		if sites, err := s.ExpiringSites(ctx, noon.Add(time.Minute)); err != nil || !slices.Equal(sites, []string{"expiring"}) {
			t.Errorf("when it expires: %q, %v", sites, err)
		}
		sites, err := s.WaitingSites(ctx)
		if want := []string{"expiring", "later", "many", "one"}; err != nil || !slices.Equal(sites, want) {
			t.Errorf("WaitingSites = %q, %v; want %q", sites, err, want)
		}
	})
}

// L9: for whatever waits for a time, the store says which time.
func TestNextLeaving(t *testing.T) {
	t.Parallel()
	later := noon.Add(17 * time.Minute)
	for name, wait := range map[string]func(t *testing.T, s *store.Store, m message.Message){
		"send_at": func(t *testing.T, s *store.Store, m message.Message) {
			m.Status, m.DueAt, m.QueuedAt = message.Scheduled, later, time.Time{}
			take(t, s, m)
		},
		"a retry": func(t *testing.T, s *store.Store, m message.Message) { settleWith(t, s, m, message.Postpone, later) },
		"a budget": func(t *testing.T, s *store.Store, m message.Message) {
			settleWith(t, s, m, message.Limit, later)
		},
		"the pause of an account": func(t *testing.T, s *store.Store, m message.Message) {
			take(t, s, m)
			if err := s.Pause(t.Context(), site, message.Pause{Account: "main", Since: noon, Until: later, Failures: 1}); err != nil {
				t.Fatal(err)
			}
		},
		"one that asks a paused account": func(t *testing.T, s *store.Store, m message.Message) {
			take(t, s, m)
			if err := s.Pause(t.Context(), site, message.Pause{Account: "main", Since: noon, Until: noon, ProbedUntil: later, Failures: 1}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
					t.Fatal(err)
				}
				take(t, s, direct(1)) // waits for its turn, and for no time
				if at, err := s.NextLeaving(t.Context(), noon); err != nil || !at.IsZero() {
					t.Errorf("nothing waits for a time, but NextLeaving = %v, %v", at, err)
				}
				wait(t, s, direct(2))
				if at, err := s.NextLeaving(t.Context(), noon); err != nil || !at.Equal(later) {
					t.Errorf("NextLeaving = %v, %v; want %v", at, err, later)
				}
				if at, err := s.NextLeaving(t.Context(), later); err != nil || !at.IsZero() {
					t.Errorf("when it has come, NextLeaving = %v, %v; want none", at, err)
				}
			})
		})
	}
}

func take(t *testing.T, s *store.Store, m message.Message) {
	t.Helper()
	if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: []message.Message{m}}); err != nil {
		t.Fatal(err)
	}
}

// settleWith lets a message be claimed and come back to wait until then.
func settleWith(t *testing.T, s *store.Store, m message.Message, move message.Move, until time.Time) {
	t.Helper()
	take(t, s, m)
	claimed, err := s.Claim(t.Context(), message.Lane{Site: site}, 10, noon, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claimed {
		o := accepted(c)
		o.Move, o.Reached, o.NotBefore = move, false, until
		o.Error = &message.Failure{Category: message.MailboxFull, Temporary: true, Code: "451", Text: "later"}
		if _, err := s.Settle(t.Context(), []message.Outcome{o}); err != nil {
			t.Fatal(err)
		}
	}
}
